"""Runs programs on the machines that QEMU emulates, and says what they printed and how they ended.

Owns QEMU's command lines, the collection of the serial console under limits of time and size, and the meaning of the
exit codes. The program's side of the protocol is `bare_power_off`, in `bare.boot`.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bare.link import Image
from bare.target import TARGETS, Target

OUTPUT_LIMIT = 16 << 20                 # bytes of console output
_FIRMWARE_END = b"Boot HART MEDELEG"    # begins the last line that OpenSBI prints before a program starts
_PACKAGES = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm", "riscv64": "qemu-system-misc"}
_MACHINES = {
    "x86_64": ("-machine", "pc", "-cpu", "max", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
    "aarch64": ("-machine", "virt", "-cpu", "cortex-a72", "-semihosting-config", "enable=on,target=native"),
    "riscv64": ("-machine", "virt"),
}


class MissingEmulator(Exception):
    """There is no QEMU for the target; the text says what helps."""


@dataclass(frozen=True)
class Run:
    """What a program did."""

    output: str                         # of its serial console
    status: int | None                  # that it powered off with; None: it did not
    reason: str                         # why it ended, if it did not power off

    @property
    def ok(self) -> bool:
        return self.status == 0


def missing_emulators() -> list[str]:
    """The targets that can't be run here."""
    return [target.name for target in TARGETS.values() if shutil.which(_program(target)) is None]


def command(target: Target, kernel: Path, *, memory: int = 128, options: Sequence[str] = ()) -> list[str]:
    """The command line that boots a file with its console on stdout; `memory` in MiB. Raises MissingEmulator."""
    program = shutil.which(_program(target))
    if program is None:
        raise MissingEmulator(f"bare: to run programs for {target} needs {_program(target)}, which is not in PATH; "
                              f"what helps on Debian or Ubuntu: apt install {_PACKAGES[target.name]}")
    return [program, *_MACHINES[target.name], "-m", str(memory), "-display", "none", "-no-reboot", "-serial", "stdio",
            "-monitor", "none", "-net", "none", *options, "-kernel", str(kernel)]


def run(image: Image, target: Target, *, timeout: float = 60.0, memory: int = 128, options: Sequence[str] = (),
        on_line: Callable[[str], None] | None = None, flat: bool = False) -> Run:
    """Boot an image and wait until it ends, but no longer than `timeout` seconds. Raises MissingEmulator.

    `on_line` hears of each line of output as it comes. `flat` boots the flat image, on x86_64 by multiboot.
    """
    with tempfile.TemporaryDirectory(prefix="bare-") as folder:
        kernel = Path(folder) / "kernel"
        kernel.write_bytes(image.flat() if flat else image.elf())
        errors = Path(folder) / "errors"
        with errors.open("wb") as stderr, _started(command(target, kernel, memory=memory, options=options),
                                                   stderr.fileno()) as process:
            console = _Console(target.name == "riscv64", on_line)
            reason = _collect(process, timeout, console)
            console.end()
            if reason:
                process.kill()
            code = process.wait()
        said = errors.read_text(errors="replace").strip()
    status = None if reason else _status(target, code, said)
    if status is None and not reason:
        reason = f"QEMU ended with {code}" + (f": {said}" if said else "")
    return Run(console.text(), status, reason)


def _program(target: Target) -> str:
    return f"qemu-system-{target.name}"


@contextlib.contextmanager
def _started(words: Sequence[str], stderr: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the block."""
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


class _Console:
    """What a machine prints, without what its firmware printed first."""

    def __init__(self, firmware: bool, on_line: Callable[[str], None] | None) -> None:
        self.data = bytearray()
        self._firmware = firmware
        self._on_line = on_line
        self._told = 0                  # where the first line begins of which nobody heard yet

    def feed(self, piece: bytes) -> None:
        self.data += piece
        while (end := self.data.find(b"\n", self._told)) >= 0:
            line = self.data[self._told:end]
            self._told = end + 1
            if self._firmware:
                self._firmware = not line.startswith(_FIRMWARE_END)
                if not self._firmware:
                    del self.data[:self._told]
                    self._told = 0
            elif self._on_line is not None:
                self._on_line(_text(line))

    def end(self) -> None:
        """Tell the last line, if it was not ended."""
        if self._on_line is not None and not self._firmware and self._told < len(self.data):
            self._on_line(_text(self.data[self._told:]))

    def text(self) -> str:
        return _text(self.data)


def _collect(process: subprocess.Popen[bytes], timeout: float, console: _Console) -> str:
    """Read until the process ends its output; the result is the limit that it broke, if it did."""
    assert process.stdout is not None
    end = time.monotonic() + timeout
    while (left := end - time.monotonic()) > 0:
        if select.select([process.stdout], [], [], left)[0]:
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return ""
            console.feed(piece)
        if len(console.data) > OUTPUT_LIMIT:
            return f"more output than {OUTPUT_LIMIT >> 10} KiB"
    return f"no end within {timeout:g} s"


def _text(data: bytes | bytearray) -> str:
    return data.decode(errors="backslashreplace").replace("\r", "")


def _status(target: Target, code: int, errors: str) -> int | None:
    """The status that the program gave, from QEMU's exit code; 1 is also that of QEMU's own complaints."""
    if code < 0 or (code == 1 and errors):
        return None
    if target.name == "x86_64":         # isa-debug-exit makes 2n + 1 of n, and the program adds 1 to its status
        return (code >> 1) - 1 if code & 1 and code > 1 else None
    return code
