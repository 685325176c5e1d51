"""Raw Linux system calls, and their numbers on the two architectures that the sandbox knows.

Owns the number tables and the one function that calls. Knows nothing of what the calls are used for. Only calls that
the sandbox allows or makes itself are listed: a number that is missing here cannot be allowed by accident.

The interpreter lock is kept during a call (PyDLL): the sandbox forks with these calls, so no other thread may run on.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class Architecture(NamedTuple):
    """How one processor architecture numbers its calls."""

    name: str
    audit: int
    """AUDIT_ARCH_*, which the kernel shows to filters (linux/audit.h)."""
    numbers: Mapping[str, int]
    aliased_from: int | None
    """Numbers from here on are a second ABI under the same AUDIT_ARCH (x32), None: there is no such thing."""


X86_64 = Architecture("x86_64", 0xC000003E, {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
    "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19, "writev": 20,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39, "recvfrom": 45, "recvmsg": 47,
    "clone": 56, "exit": 60, "fcntl": 72, "gettimeofday": 96, "getuid": 102, "getgid": 104, "geteuid": 107,
    "getegid": 108, "setgroups": 116, "setresuid": 117, "setresgid": 119, "capset": 126, "sigaltstack": 131,
    "personality": 135, "pivot_root": 155, "prctl": 157, "mount": 165, "umount2": 166, "gettid": 186, "time": 201,
    "futex": 202, "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "ppoll": 271, "unshare": 272, "set_robust_list": 273,
    "get_robust_list": 274, "getcpu": 309, "seccomp": 317, "getrandom": 318, "membarrier": 324, "rseq": 334,
    "clone3": 435, "close_range": 436, "landlock_create_ruleset": 444, "landlock_restrict_self": 446,
}, aliased_from=0x40000000)

AARCH64 = Architecture("aarch64", 0xC00000B7, {
    "fcntl": 25, "umount2": 39, "mount": 40, "pivot_root": 41, "close": 57, "lseek": 62, "read": 63, "write": 64,
    "readv": 65, "writev": 66, "pread64": 67, "ppoll": 73, "fstat": 80, "capset": 91, "personality": 92, "exit": 93,
    "exit_group": 94, "unshare": 97, "futex": 98, "set_robust_list": 99, "get_robust_list": 100, "nanosleep": 101,
    "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124,
    "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139,
    "setresuid": 147, "setresgid": 149, "setgroups": 159, "prctl": 167, "getcpu": 168, "gettimeofday": 169,
    "getpid": 172, "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177, "gettid": 178, "recvfrom": 207,
    "recvmsg": 212, "brk": 214, "munmap": 215, "mremap": 216, "clone": 220, "mmap": 222, "mprotect": 226,
    "madvise": 233, "seccomp": 277, "getrandom": 278, "membarrier": 283, "rseq": 293, "clone3": 435, "close_range": 436,
    "landlock_create_ruleset": 444, "landlock_restrict_self": 446,
}, aliased_from=None)

ARCHITECTURES: Mapping[str, Architecture] = {arch.name: arch for arch in (X86_64, AARCH64)}


def native() -> Architecture | None:
    """The architecture we run on; None if the sandbox has no tables for it."""
    return ARCHITECTURES.get(os.uname().machine)


_native = native()


def call(name: str, *arguments: int | bytes | ctypes.c_void_p | None) -> int:
    """Make the system call `name`. Raises OSError with the name of the call in its text."""
    if _native is None:
        raise OSError(f"no system call numbers are known for {os.uname().machine}")
    return call_number(_native.numbers[name], name, *arguments)


def prepared(name: str, *arguments: int | bytes) -> Callable[..., int]:
    """The system call `name`, converted beforehand, for who has to make it with as little Python as possible.

    Further arguments may be given in the call, ints of 32 bits or bytes. The result is -1 if it failed; see `failure`.
    """
    if _native is None:
        raise OSError(f"no system call numbers are known for {os.uname().machine}")
    return partial(_libc.syscall, ctypes.c_long(_native.numbers[name]), *map(_converted, arguments))


def failure(name: str) -> OSError:
    """Why the last system call of this thread failed."""
    error = ctypes.get_errno()
    return OSError(error, f"{name}: {os.strerror(error)}")


def call_number(number: int, name: str, *arguments: int | bytes | ctypes.c_void_p | None) -> int:
    """Make the system call `number`, to be called `name` in errors."""
    result: int = _libc.syscall(ctypes.c_long(number), *map(_converted, arguments))
    if result == -1:
        raise failure(name)
    return result


def _converted(argument: int | bytes | ctypes.c_void_p | None) -> object:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument
