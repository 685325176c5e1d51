"""What the black hole takes at once: one function for each service, which fails if something comes back."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Attached, Env, Node, Rom, milliseconds
from bastide.session.capture import Area, CaptureSession, Rect
from bastide.session.event import CAPACITY, EventSession
from bastide.session.gpu import GpuSession
from bastide.session.log import LogSession
from bastide.session.play import PlaySession, Window
from bastide.session.record import RecordSession
from bastide.session.report import ReportSession
from bastide.session.terminal import TerminalSession
from bastide.session.usb import UsbSession

SIZE = 100
LABEL = "swallowed"


def expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)


def use_log(env: Env) -> None:
    with LogSession.connect(env, LABEL) as log:
        log.write("nobody reads this\n")


def use_rom(env: Env) -> None:
    rom = Rom(env, LABEL)
    expect(rom.text == b"<empty/>", f"the ROM is not empty, but {rom.text!r}")
    rom.close()


def use_report(env: Env) -> None:
    with ReportSession.connect(env, LABEL) as report:
        buffer, text = Attached(env.account, report.dataspace()), b"nobody reads this"
        buffer.store(text)
        report.submit(len(text))
        buffer.close()
        expect(report.obtain_response() == 0, "the report was answered")


def use_capture(env: Env) -> None:
    with CaptureSession.connect(env) as capture:
        capture.buffer(Area(1, 1), Area(0, 0), Rect(0, 0, 1, 1))
        expect(capture.dataspace() is not None and capture.capture_at(0, 0) == (), "the picture changed")


def use_event(env: Env) -> None:
    with EventSession.connect(env) as events:
        Attached(env.account, events.dataspace()).close()
        events.submit_batch(CAPACITY)


def use_terminal(env: Env) -> None:
    with TerminalSession.connect(env) as terminal:
        expect(terminal.write(SIZE) == SIZE and not terminal.avail(), "the terminal answered")


def use_usb(env: Env) -> None:
    with UsbSession.connect(env) as usb:
        content = usb.devices_rom().client().dataspace()
        assert content is not None, "nothing tells which devices there are"
        text = env.kernel.read(content.handle).partition(b"\0")[0]
        expect(not Node.parse(text, "devices").children, "there is a device")
        expect(usb.acquire_device("usb-1-1") is None and usb.acquire_single_device() is None, "a device was acquired")


def use_gpu(env: Env) -> None:
    with GpuSession.connect(env) as gpu:
        Attached(env.account, gpu.alloc_vram(1, SIZE)).close()
        expect(gpu.map_gpu(1, SIZE, 0, 0) and gpu.complete(gpu.execute(1, 0)), "commands are not complete")
        gpu.free_vram(1)


def use_play(env: Env) -> None:
    with PlaySession.connect(env, "left") as play:
        first = play.schedule(Window(), milliseconds(10), SIZE)
        second = play.schedule(first, milliseconds(10), SIZE)
        expect(first.end == second.start and first.start < first.end < second.end, "time does not go on")
        play.stop()


def use_record(env: Env) -> None:
    with RecordSession.connect(env, "left") as recording:
        expect(recording.record(SIZE) is not None, "there is not even silence")
        window = Attached(env.account, recording.dataspace(), writeable=False)
        expect(not any(window.view), "there is more than silence")
        window.close()


USES: dict[str, Callable[[Env], None]] = {
    "log": use_log, "rom": use_rom, "capture": use_capture, "event": use_event, "usb": use_usb, "gpu": use_gpu,
    "report": use_report, "terminal": use_terminal, "play": use_play, "record": use_record,
}
"""By the name that the service has in the config of the black hole."""

OPTIONAL = ("report", "terminal", "play", "record")
"""Used if somebody serves them."""
