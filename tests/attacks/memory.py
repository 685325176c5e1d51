"""Attackers that want more memory than they have, memory that runs, or power over memory that others use."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Any

from attacks.attack import Attack, World, denied
from attacks.raw import address, call, filled, pages, room

PAGE = 4096
NONE, READ, WRITE, EXECUTE = 0, 1, 2, 4
SHARED, PRIVATE, VALIDATE, DROPPABLE, ANONYMOUS = 1, 2, 3, 8, 0x20
GROWS_DOWN, LOCKED, HUGE, POPULATE = 0x100, 0x2000, 0x40000, 0x8000
MAY_MOVE, KEEP_OLD = 1, 4                           # of mremap
ADD_SEALS, GET_SEALS = 1033, 1034
END = 2                                             # SEEK_END
KEEP_SIZE, PUNCH_HOLE = 1, 2
TOO_MUCH = 512 << 20
"""Bytes, beyond the limit of the attacker."""


def memory(world: World) -> int:
    return world.memory


def map_attack(what: str, rights: int, flags: int, size: int = PAGE, **details: Any) -> Attack:
    """Map `memory` or `sealed` of the world, or nothing."""
    return Attack(lambda world: call("mmap", 0, size, rights, flags, getattr(world, what, -1), 0), **details)


def _map_huge(world: World) -> None:
    """That the pool is empty may be so. To be looked into it is what matters."""
    try:
        call("mmap", 0, 2 << 20, READ | WRITE, PRIVATE | ANONYMOUS | HUGE, -1, 0)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise


def _advice(advice: int, **details: Any) -> Attack:
    return Attack(lambda world: call("madvise", pages(512), 512 * PAGE, advice), **details)


def _shared_advice(advice: int) -> Attack:
    """About the memory of a dataspace."""
    return Attack(lambda world: call("madvise", pages(flags=SHARED, descriptor=world.memory), PAGE, advice))


def protect_attack(rights: int) -> Attack:
    return Attack(lambda world: call("mprotect", pages(), PAGE, rights))


def _unprotect_sealed(world: World) -> None:
    call("mprotect", pages(rights=READ, flags=SHARED, descriptor=world.sealed), PAGE, READ | WRITE)


def _write_by_pages(world: World) -> None:
    """To a place where there is memory, past the protection of pages that are code."""
    code = ctypes.cast(ctypes.pythonapi.Py_GetVersion, ctypes.c_void_p).value or 0
    here, there = filled("@PN", address(room(1)), 1), filled("@PN", code, 1)
    call("process_vm_writev", os.getpid(), here, 1, there, 1, 0)


def _write_at_end(world: World) -> None:
    os.lseek(world.memory, 0, END)
    call("write", world.memory, b"x", 1)


def _grow_break(world: World) -> None:
    wanted = call("brk", 0) + TOO_MUCH
    if call("brk", wanted) < wanted:
        raise OSError(errno.ENOMEM, "the break did not move")


def _grow_a_mapping(world: World) -> None:
    call("mremap", pages(), PAGE, TOO_MUCH, MAY_MOVE)


def _stack() -> int:
    """A page of the main thread's stack, near its beginning."""
    end = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "__libc_stack_end").value
    assert end is not None
    return end & -PAGE


def _touch_down(first: int, count: int) -> int:
    """Touch pages from `first` downwards, so that a stack grows; the last of them."""
    for number in range(count):
        ctypes.memmove(first - number * PAGE, first - number * PAGE, 1)
    return first - (count - 1) * PAGE


def _grow_moved_stack(world: World) -> None:
    """A page of the stack takes along that it does not count as data."""
    last = _touch_down(_stack(), 100)
    call("mremap", last, PAGE, TOO_MUCH, MAY_MOVE)


def _grow_cut_stack(world: World) -> None:
    """What is left below a hole is a stack of its own, that may grow as far as a whole one."""
    last = _stack()
    for _ in range(30):
        last = _touch_down(last, 900)
        call("munmap", last + PAGE, PAGE)


ATTACKS = {
    "share memory that nobody counts": map_attack("", READ | WRITE, SHARED | ANONYMOUS),
    "share memory that nobody counts, without rights": map_attack("", NONE, SHARED | ANONYMOUS),
    "share memory that nobody counts, and have it checked": map_attack(
        "", READ | WRITE, VALIDATE | ANONYMOUS, outside="EINVAL"),
    "make memory with a descriptor": denied("memfd_create", b"attack", 0),
    "make secret memory": denied("memfd_secret", 0),
    "make memory with a key": denied("shmget", 0, PAGE, 0o1600, undo=lambda made: call("shmctl", made, 0)),
    "have memory that grows by itself": map_attack("", READ | WRITE, PRIVATE | ANONYMOUS | GROWS_DOWN),
    "have memory of the pool of huge pages": Attack(_map_huge),
    "have memory that can't be swapped": map_attack("", READ | WRITE, PRIVATE | ANONYMOUS | LOCKED),
    "have memory that may vanish": map_attack("", READ | WRITE, DROPPABLE | ANONYMOUS),
    "lock memory": Attack(lambda world: call("mlock", pages(), PAGE)),
    "lock memory with flags": Attack(lambda world: call("mlock2", pages(), PAGE, 0)),
    "lock all memory": denied("mlockall", 2),
    "take more than its quota": map_attack("", READ | WRITE, PRIVATE | ANONYMOUS, TOO_MUCH, meets="ENOMEM"),
    "take more than its quota, as a copy": map_attack("memory", READ | WRITE, PRIVATE, TOO_MUCH, meets="ENOMEM"),
    "take more than its quota by the break": Attack(_grow_break, "ENOMEM"),
    "take more than its quota by growing what it has": Attack(_grow_a_mapping, "ENOMEM"),
    "take more than its quota by moving its stack": Attack(_grow_moved_stack, "ENOMEM"),
    "take more than its quota by cutting its stack": Attack(_grow_cut_stack, "SIGSEGV"),
    "take more addresses than it may": map_attack("", NONE, PRIVATE | ANONYMOUS, 64 << 30, meets="ENOMEM"),
    "keep a mapping that it moves": Attack(
        lambda world: call("mremap", pages(), PAGE, PAGE, MAY_MOVE | KEEP_OLD, 0)),

    "map memory to run": map_attack("", READ | WRITE | EXECUTE, PRIVATE | ANONYMOUS),
    "map memory to run, and not to write": map_attack("", READ | EXECUTE, PRIVATE | ANONYMOUS),
    "map a dataspace to run": map_attack("memory", READ | EXECUTE, SHARED),
    "map a copy of a dataspace to run": map_attack("memory", READ | EXECUTE, PRIVATE),
    "make memory run": protect_attack(READ | EXECUTE),
    "make memory run and be written": protect_attack(READ | WRITE | EXECUTE),
    "make memory run by a key": Attack(lambda world: call("pkey_mprotect", pages(), PAGE, READ | EXECUTE, -1)),
    "make a key for memory": denied("pkey_alloc", 0, 0, outside=None),
    "write where code is": Attack(_write_by_pages, outside="EFAULT"),
    "run what it maps by a persona": denied("personality", 0x0400000),

    "shrink a dataspace": denied("ftruncate", memory, 0),
    "grow a dataspace": denied("ftruncate", memory, 2 * PAGE),
    "allocate beyond a dataspace": denied("fallocate", memory, 0, 0, 2 * PAGE),
    "punch a hole into a dataspace": denied("fallocate", memory, KEEP_SIZE | PUNCH_HOLE, 0, PAGE),
    "write beyond a dataspace": Attack(_write_at_end, "EFBIG"),
    "write somewhere in a dataspace": denied("pwrite64", memory, b"x", 1, 0),
    "seal a dataspace": denied("fcntl", memory, ADD_SEALS, 2),
    "ask how a dataspace is sealed": denied("fcntl", memory, GET_SEALS),
    "write to what is to be read": Attack(lambda world: call("write", world.sealed, b"x", 1), "EBADF"),
    "map what is to be read to write": map_attack("sealed", READ | WRITE, SHARED, meets="EACCES"),
    "make what is to be read writeable": Attack(_unprotect_sealed, "EACCES"),

    "remove what others share": _shared_advice(9),
    "have huge pages for what others share": _shared_advice(14),
    "have pages merged with those of others": _advice(12),
    "hide memory from a fork": _advice(10),
    "clear memory in a fork": _advice(18),
    "tell that memory is cold": _advice(20),
    "push memory out": _advice(21),
    "fill memory at once": _advice(23),
    "have memory collapsed into a huge page": _advice(25, outside="EINVAL"),
    "show memory in a dump": _advice(17),
    "break memory for all": _advice(100, outside=None),
    "write memory back": Attack(lambda world: call("msync", pages(), PAGE, 4)),
    "ask what is in memory": Attack(lambda world: call("mincore", pages(), PAGE, room())),
    "map pages in another order": Attack(
        lambda world: call("remap_file_pages", pages(flags=SHARED, descriptor=world.memory), PAGE, 0, 0, 0)),
    "bind memory to a node": Attack(lambda world: call("mbind", pages(), PAGE, 0, None, 0, 0)),
    "choose nodes": denied("set_mempolicy", 0, None, 0),
    "move pages to nodes": denied("move_pages", 0, 0, None, None, None, 0),
    "seal its addresses": Attack(lambda world: call("mseal", pages(), PAGE, 0)),
    "advise on the memory of others": Attack(
        lambda world: call("process_madvise", -1, room(), 1, 20, 0), outside="EBADF"),
}
