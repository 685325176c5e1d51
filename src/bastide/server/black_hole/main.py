"""black_hole: services whose sessions swallow all that they get, for components that need one to be there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from bastide.base import Env
from bastide.lib.report_writer import ReportWriter
from bastide.lib.rom_module import Module
from bastide.server.black_hole.audio import Beat, BlackIn, BlackOut, BlackPlay, BlackRecord
from bastide.server.black_hole.devices import BlackCapture, BlackEvent, BlackGpu, BlackUsb
from bastide.server.black_hole.network import BlackDevice, BlackNic, BlackUplink
from bastide.server.black_hole.text import BlackLog, BlackTerminal
from bastide.session.audio import AudioInSession, AudioOutSession
from bastide.session.capture import CaptureSession
from bastide.session.event import EventSession
from bastide.session.gpu import GpuSession
from bastide.session.log import LogSession
from bastide.session.nic import NicSession
from bastide.session.play import PlaySession
from bastide.session.record import RecordSession
from bastide.session.report import ReportSession
from bastide.session.rom import RomSession
from bastide.session.terminal import TerminalSession
from bastide.session.uplink import UplinkSession
from bastide.session.usb import UsbSession

EMPTY = b"<empty/>"


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._empty = env, Module(EMPTY)
        begin: dict[str, Callable[[], object]] = {
            "audio_in": lambda: AudioInSession.announce(env, lambda request: BlackIn(self._beat, request)),
            "audio_out": lambda: AudioOutSession.announce(env, lambda request: BlackOut(self._beat, request)),
            "capture": lambda: CaptureSession.announce(env, BlackCapture),
            "event": lambda: EventSession.announce(env, BlackEvent),
            "gpu": lambda: GpuSession.announce(env, BlackGpu),
            "log": lambda: LogSession.announce(env, lambda request: BlackLog()),
            "nic": lambda: NicSession.announce(env, lambda request: BlackNic(env, request)),
            "play": lambda: PlaySession.announce(env, BlackPlay),
            "record": lambda: RecordSession.announce(env, BlackRecord),
            "report": lambda: ReportSession.announce(env, lambda request: ReportWriter(request, lambda *report: None)),
            "rom": lambda: RomSession.announce(env, lambda request: self._empty.open(request.account)),
            "terminal": lambda: TerminalSession.announce(env, BlackTerminal),
            "uplink": lambda: UplinkSession.announce(env, lambda request: BlackUplink(env, request)),
            "uplink_client": lambda: self._device,
            "usb": lambda: UsbSession.announce(env, lambda request: BlackUsb(env, request)),
        }
        for node in env.config.node.sub_nodes():
            if node.type in begin:
                begin[node.type]()
            else:
                env.log.warning(f"{node.place}: there is no '{node.type}' to be swallowed, but {', '.join(begin)}")

    @cached_property
    def _beat(self) -> Beat:
        """The first stream of the older kind brings it to life, so that others need no Timer."""
        return Beat(self._env)

    @cached_property
    def _device(self) -> BlackDevice:
        return BlackDevice(self._env)


construct = Main
