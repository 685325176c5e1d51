"""Attackers in the profile `native`, which may run code of their own: what the others can only dream of.

They can enter the kernel by any door that the processor has.
"""

from __future__ import annotations

import ctypes
import os
import platform

from attacks.attack import SUCCEEDS, Attack, World
from attacks.memory import ANONYMOUS, EXECUTE, PRIVATE, READ, SHARED, WRITE, map_attack, protect_attack
from attacks.raw import pages

_RETURN = {"x86_64": b"\xb8\x07\x00\x00\x00\xc3", "aarch64": b"\xe0\x00\x80\x52\xc0\x03\x5f\xd6"}
"""return 7"""
_PROCESS_ID_OF_I386 = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"
"""mov eax, 20; int 0x80; ret"""
_PROCESS_ID_OF_X32 = b"\xb8\x27\x00\x00\x40\x0f\x05\xc3"
"""mov eax, 0x40000027; syscall; ret"""


def _run(world: World, code: bytes) -> int:
    ctypes.memmove(pages(flags=SHARED, descriptor=world.memory), code, len(code))
    place = pages(rights=READ | EXECUTE, flags=PRIVATE, descriptor=world.memory)
    result: int = ctypes.CFUNCTYPE(ctypes.c_int)(place)()
    return result


def _run_own_code(world: World) -> None:
    assert _run(world, _RETURN[platform.machine()]) == 7


def _enter_as_i386(world: World) -> None:
    assert _run(world, _PROCESS_ID_OF_I386) == os.getpid()


def _enter_as_x32(world: World) -> None:
    if (result := _run(world, _PROCESS_ID_OF_X32)) < 0:
        raise OSError(-result, os.strerror(-result))


ATTACKS = {
    "run code of its own": Attack(_run_own_code, SUCCEEDS),
    "enter the kernel as i386": Attack(_enter_as_i386, "SIGSYS", calls=("modify_ldt", )),
    "enter the kernel as x32": Attack(_enter_as_x32, "SIGSYS", outside="ENOSYS", calls=("modify_ldt", )),
    "map memory to run and to write": map_attack("memory", READ | WRITE | EXECUTE, PRIVATE),
    "map memory to run that others write": map_attack("memory", READ | EXECUTE, SHARED),
    "map memory to run that has no file": map_attack("", READ | EXECUTE, PRIVATE | ANONYMOUS),
    "make memory run": protect_attack(READ | EXECUTE),
}
