"""Namespaces: the zygote's own empty world, which every component is born into.

Owns the order of the steps and what the ids inside are. Which ids of the host they mean is decided by core.
"""

from __future__ import annotations

import os

from bastide.kernel.linux.syscall import call

# linux/sched.h
NEW_USER = 0x10000000
EVERYTHING = (
    NEW_USER
    | 0x00020000    # mounts
    | 0x02000000    # cgroup
    | 0x04000000    # UTS: host name
    | 0x08000000    # IPC
    | 0x20000000    # PID, for processes created from now on
    | 0x40000000    # network
)

# linux/mount.h
MS_RDONLY = 1
MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
MNT_DETACH = 2


def unshare() -> None:
    """Enter new namespaces of every kind. Either all or none; raises OSError. The process must have one thread."""
    call("unshare", EVERYTHING)


def map_own_id(inside: int, uid: int, gid: int) -> None:
    """Map the one user and group that an unprivileged process may: its own from before, `inside` from now on."""
    _tell("/proc/self/setgroups", "deny")
    _tell("/proc/self/uid_map", f"{inside} {uid} 1")
    _tell("/proc/self/gid_map", f"{inside} {gid} 1")


def map_range(pid: int, inside: int, outside: int, count: int) -> None:
    """Map a range of ids into the user namespace of process `pid`. For a privileged process outside."""
    for name in ("uid_map", "gid_map"):
        _tell(f"/proc/{pid}/{name}", f"{inside} {outside} {count}")


def empty_root() -> None:
    """Replace the file system by one empty, read-only directory."""
    call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    # a place to mount upon for a moment: pivot_root wants a mount point
    target = next(path for path in (b"/tmp", b"/proc", b"/usr") if os.path.isdir(path))
    call("mount", b"none", target, b"tmpfs", MS_NOSUID_NODEV_NOEXEC, b"size=4k,nr_inodes=2,mode=555")
    os.chdir(target)
    call("pivot_root", b".", b".")
    call("umount2", b".", MNT_DETACH)
    call("mount", None, b"/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID_NODEV_NOEXEC, None)
    os.chdir("/")


def _tell(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
