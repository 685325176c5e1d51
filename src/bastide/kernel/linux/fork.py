"""Forking siblings, that is, children of the own parent, by clone3, as the zygote does.

Owns what has to be told to Python and to glibc about a fork that neither of them made.
"""

from __future__ import annotations

import ctypes
import signal
import struct
import threading

from bastide.kernel.linux import syscall

# linux/sched.h
CLONE_PIDFD = 0x00001000
CLONE_PARENT = 0x00008000
CLONE_CHILD_SETTID = 0x01000000


class Fork:
    """Forks a sibling, or a child: its process id and pidfd; in the new process (0, -1). Raises OSError.

    Made once, and used in all processes that come of it: they have the same addresses.
    """

    def __init__(self, sibling: bool = True) -> None:
        self._pidfd = ctypes.c_int(-1)
        tid = _thread_id_address()
        flags = (CLONE_PARENT if sibling else 0) | CLONE_PIDFD | (CLONE_CHILD_SETTID if tid else 0)
        ending = 0 if sibling else signal.SIGCHLD       # with CLONE_PARENT, the exit signal is our own
        # struct clone_args
        arguments = struct.pack("=11Q", flags, ctypes.addressof(self._pidfd), tid, 0, ending, *[0] * 6)
        self._clone = syscall.prepared("clone3", arguments, len(arguments))
        self._before = ctypes.pythonapi.PyOS_BeforeFork
        self._in_parent, self._in_child = ctypes.pythonapi.PyOS_AfterFork_Parent, ctypes.pythonapi.PyOS_AfterFork_Child

    def __call__(self) -> tuple[int, int]:
        self._before()
        pid = self._clone()
        if pid == 0:
            self._in_child()
            return 0, -1
        error = syscall.failure("clone3") if pid == -1 else None
        self._in_parent()
        if error is not None:
            raise error
        return pid, self._pidfd.value


def _thread_id_address() -> int:
    """Where glibc remembers the id of this thread, which its own fork would bring up to date; 0 if not found.

    In glibc's thread descriptor it lies two words before the list of robust mutexes, whose place the kernel tells.
    """
    head, size = ctypes.c_void_p(), ctypes.c_size_t()
    syscall.call("get_robust_list", 0, ctypes.addressof(head), ctypes.addressof(size))
    if not head.value:
        return 0
    place = head.value - 16
    return place if ctypes.c_int.from_address(place).value == threading.get_native_id() else 0
