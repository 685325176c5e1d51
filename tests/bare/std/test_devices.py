"""Drivers of serial ports under CPython, with ports that a test plays."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from bare import u8, u32, u64
from bare.std import uart_aarch64, uart_riscv64
from bare.unsafe import simulate


class Port:
    """A register of a busy serial port: says so a few times, and keeps what is written."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.written: list[Any] = []

    def read(self) -> Any:
        return self.answers.pop(0)

    def write(self, value: Any) -> None:
        assert not self.answers, "a byte was written before there was room"
        self.written.append(value)


@pytest.mark.parametrize(("put", "base", "flags", "busy", "free", "byte"), [
    (uart_aarch64.put, uart_aarch64.BASE, "flags", u32(0x20), u32(0), u32(65)),
    (uart_riscv64.put, uart_riscv64.BASE, "status", u8(0), u8(0x60), u8(65)),
], ids=["PL011", "16550"])
def test_a_byte_waits_until_there_is_room(put: Callable[[u64], None], base: int, flags: str, busy: Any, free: Any,
                                          byte: Any) -> None:
    port = Port([busy, busy, free])
    with simulate(base, SimpleNamespace(**{flags: port, "data": port})):
        put(u64(65))
    assert port.written == [byte]
