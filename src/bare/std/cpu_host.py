"""The host: what programs need of a machine, as CPython models it. Compiled code has no such thing here."""

from __future__ import annotations

from typing import NoReturn

from bare import u64
from bare.unsafe import hardware, instructions


@instructions(lambda code: code)
def power_off(status: u64) -> NoReturn:
    """Ends the interpreter."""
    raise SystemExit(int(status))


@instructions(lambda code: code)
def put(byte: u64) -> None:
    """To standard output."""
    import sys
    sys.stdout.buffer.write(bytes([int(byte)]))
    sys.stdout.buffer.flush()


@instructions(lambda code: code)
def frame_pointer() -> u64:
    hardware()
