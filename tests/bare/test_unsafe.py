"""Memory at addresses: simulated under CPython, real when compiled."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Literal

import pytest

from bare import Array, Trap, u32, u64, zeroed
from bare.host import hosted
from bare.testing import imported
from bare.unsafe import Register, simulate

DRIVER = '''\
"""A device that answers a command with its double."""

from __future__ import annotations

from bare import Struct, VirtAddr, u32, u64
from bare.unsafe import Register, device, pointer_to


class Unit(Struct):
    command: Register[u32]
    answer: Register[u32]


def ask(at: u64, what: u64) -> u64:
    unit = device(Unit, VirtAddr(at))
    unit.command.write(u32(what))
    return u64(unit.answer.read())


def copy_words(source: u64, target: u64) -> None:
    first, second = pointer_to(u32, VirtAddr(source)), pointer_to(u32, VirtAddr(target))
    first = first.offset(1)
    second.store(first.load() + 1)
    second[1] = first[1]
'''


class Answering(Register[u32]):
    """What a test puts in the place of hardware."""

    def __init__(self, asked: Register[u32]) -> None:
        super().__init__(u32(0))
        self.asked = asked

    def read(self) -> u32:
        return self.asked.read() * 2


def test_a_test_can_be_the_device(tmp_path: Path) -> None:
    path = tmp_path / "driver.py"
    path.write_text(DRIVER)
    driver = imported(path)
    unit = zeroed(driver.Unit)
    unit.__dict__["answer"] = Answering(unit.command)
    with simulate(0x9000, unit):
        assert driver.ask(u64(0x9000), u64(21)) == 42
    with pytest.raises(Trap, match="nothing is simulated at 0x9000"):
        driver.ask(u64(0x9000), u64(21))


def test_compiled_code_reads_and_writes_real_memory(tmp_path: Path) -> None:
    path = tmp_path / "driver.py"
    path.write_text(DRIVER)
    program = hosted(path, ["ask", "copy_words"])
    memory = (ctypes.c_uint32 * 4)(0, 7, 0, 0)
    assert program.call("ask", ctypes.addressof(memory), 5) == 7
    assert list(memory) == [5, 7, 0, 0]
    source, target = (ctypes.c_uint32 * 3)(1, 2, 3), (ctypes.c_uint32 * 2)()
    program.call("copy_words", ctypes.addressof(source), ctypes.addressof(target))
    assert list(target) == [3, 3]


def test_pointers_under_cpython_walk_simulated_memory(tmp_path: Path) -> None:
    path = tmp_path / "driver.py"
    path.write_text(DRIVER)
    driver = imported(path)
    source: Array[u32, Literal[3]] = Array(u32(1), u32(2), u32(3))
    target: Array[u32, Literal[2]] = Array(u32(0), u32(0))
    with simulate(0x100, source), simulate(0x200, target):
        driver.copy_words(u64(0x100), u64(0x200))
    assert list(target) == [3, 3]
