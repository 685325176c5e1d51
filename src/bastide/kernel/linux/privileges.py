"""What a process gives up for good: privileges, ids, resources, and outliving its parent.

Each function is one step. In which order a component takes them is the zygote's business.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import struct
from collections.abc import Callable, Iterable

from bastide.kernel.linux import syscall
from bastide.kernel.linux.syscall import call

# linux/prctl.h
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

# linux/capability.h
CAP_KILL = 5
CAP_SETGID = 6
CAP_SETUID = 7
CAP_SYS_NICE = 23
CAP_SYS_RESOURCE = 24
CAPABILITY_VERSION_3 = 0x20080522

PENDING_SIGNALS = 64


def no_new_privs() -> None:
    """No exec and no file can give more than we have."""
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def undumpable() -> None:
    """No core dump, and no attaching by processes of the same user. Changing ids undoes it."""
    call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def dumpable() -> None:
    """Own our files in /proc again, after a change of ids, until `undumpable`."""
    call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)


def rename(name: bytes) -> None:
    """What `ps` shows; the kernel takes 15 bytes."""
    call("prctl", PR_SET_NAME, name[:15] + b"\0", 0, 0, 0)


def prepared_rename() -> Callable[[bytes], int]:
    """`rename`, as a prepared system call: it wants a zero behind the name."""
    return syscall.prepared("prctl", PR_SET_NAME)


def die_with_parent() -> None:
    """Be killed as soon as the thread that is our parent ends. Changing ids undoes it."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def prepared_renunciation() -> tuple[Callable[[], int], ...]:
    """`keep_capabilities`, `undumpable` and `die_with_parent`, as prepared system calls."""
    return (syscall.prepared("capset", struct.pack("=Ii", CAPABILITY_VERSION_3, 0), bytes(24)),
            syscall.prepared("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0),
            syscall.prepared("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))


def become(uid: int) -> None:
    """Take `uid` as all our user and group ids, and leave all other groups."""
    os.setgroups(())
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def prepared_change() -> tuple[Callable[[int, int, int], int], ...]:
    """`become`, as prepared system calls for a process of one thread: each wants the id three times."""
    return syscall.prepared("setgroups", 0, 0), syscall.prepared("setresgid"), syscall.prepared("setresuid")


def plain_personality() -> None:
    """Whoever started us may have asked that readable memory be executable (READ_IMPLIES_EXEC): no."""
    call("personality", 0)


def drop_bounding_set() -> None:
    """Nothing we start can have any capability. Needs CAP_SETPCAP."""
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        try:
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError as error:
            if error.errno == errno.EINVAL:     # beyond the last one that this kernel knows
                return
            raise


def keep_capabilities(kept: Iterable[int] = ()) -> None:
    """Give up all capabilities but `kept`, which must be below 32."""
    mask = sum(1 << capability for capability in kept)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    call("capset", header, struct.pack("=6I", mask, mask, 0, 0, 0, 0))


def threads_of_host() -> int:
    """How many threads there are now."""
    with open("/proc/loadavg") as file:
        return int(file.read().split()[3].partition("/")[2])


def limit_resources(descriptors: int, address_space: int, threads: int) -> None:
    """Lower the hard limits. What the process may hold of RAM (RLIMIT_DATA) is moved by core, from outside.

    `threads` are those of all processes of one user id. `address_space` bounds the page tables that mappings of nothing
    cost: one byte for every 512.
    """
    limits = {
        resource.RLIMIT_NOFILE: descriptors,
        resource.RLIMIT_AS: address_space,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,           # does not concern pipes, nor memory that is mapped
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: PENDING_SIGNALS,
        resource.RLIMIT_NPROC: threads,     # of the user id; not heeded for root outside of user namespaces
    }
    for which, wanted in limits.items():
        hard = resource.getrlimit(which)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (value, value))
