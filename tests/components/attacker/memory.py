"""Attackers that abuse the memory and the descriptors that core gave them."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import socket
from typing import Any, cast

from bastide.base import RamDataspace

from .weapons import Attacker

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_PAGE = 4096


def resize(attacker: Attacker) -> None:
    own = RamDataspace(attacker.env.account, _PAGE)
    descriptor, size = attacker.descriptor(own.cap)
    for what, length in (("shrink", 0), ("grow", 2 * size)):
        attacker.attempt(what, lambda length=length: os.ftruncate(descriptor, length))  # type: ignore[misc]
    attacker.attempt("write beyond", lambda: os.pwrite(descriptor, b"x", size))
    os.lseek(descriptor, size, os.SEEK_SET)
    attacker.attempt("append", lambda: os.write(descriptor, b"x"))
    attacker.attempt("allocate", lambda: os.posix_fallocate(descriptor, 0, 2 * size))
    attacker.attempt("seal", lambda: fcntl.fcntl(descriptor, 1033, 16))
    attacker.attempt("reopen", lambda: os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR))
    own.view[:4] = b"mine"
    attacker.log(bytes(own.view[:4]).decode())


def scribble(attacker: Attacker) -> None:
    """Writes to memory that it may only read."""
    own = RamDataspace(attacker.env.account, _PAGE).seal()
    descriptor, size = attacker.descriptor(own.cap)
    attacker.attempt("write", lambda: os.write(descriptor, b"x"))
    attacker.attempt("map", lambda: mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE))
    address = _libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    attacker.log(f"mprotect: {_libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), 3)}")
    attacker.log(f"sealed view: {attacker.transport.attach(own.cap.handle, True).readonly}")


def keep_freed(attacker: Attacker) -> None:
    """Keeps a descriptor of memory that it gives back."""
    own = RamDataspace(attacker.env.account, 4 << 20)
    own.view[:4] = b"mine"
    descriptor, _ = attacker.descriptor(own.cap)
    own.close()
    attacker.log(f"left: {os.lseek(descriptor, 0, os.SEEK_END)}")
    attacker.attempt("write", lambda: os.write(descriptor, b"x"))


def touch_freed(attacker: Attacker) -> None:
    own = RamDataspace(attacker.env.account, _PAGE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(own.view))
    attacker.env.pd.free_ram(own.cap)
    attacker.log("freed")
    ctypes.memset(address, 1, 1)
    attacker.log("survived")


def talk(attacker: Attacker) -> None:
    """Says things to core that core does not listen to."""
    end: socket.socket = cast(Any, attacker.transport.authority)._end
    own = RamDataspace(attacker.env.account, _PAGE)
    descriptor, _ = attacker.descriptor(own.cap)
    attacker.attempt("send", lambda: end.send(b"hello"))
    attacker.attempt("send descriptor", lambda: socket.send_fds(end, [b"x"], [descriptor]))
    attacker.attempt("shut down", lambda: end.shutdown(socket.SHUT_RDWR))
    attacker.attempt("write", lambda: os.write(end.fileno(), b"nonsense"))
    attacker.log(attacker.echo().echo("still served"))


def close_all(attacker: Attacker) -> None:
    attacker.log("closing")
    os.closerange(3, 200)
    try:
        attacker.log("what now?")
    finally:
        os._exit(4)
