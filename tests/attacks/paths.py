"""Attackers that name something by its path: no system call that takes a path succeeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attacks.attack import Attack, World, denied
from attacks.raw import call, filled, room

HERE = -100                 # AT_FDCWD
EMPTY_PATH = 0x1000
RDONLY, WRONLY, RDWR, CREATE, DIRECTORY, PATH, TMPFILE = 0, 1, 2, 0o100, 0o200000, 0o10000000, 0o20200000
BIND = 0x1000
ATTRIBUTE = b"user.attack"


def at(name: str) -> Callable[[World], bytes]:
    return lambda world: world.path(name)


FILE, NEW, LINK, EMPTY, PROGRAM, FOLDER = map(at, ("file", "new", "link", "empty", "program", "."))


def _arguments(program: bytes) -> tuple[Any, Any]:
    import ctypes
    return (ctypes.c_char_p * 2)(program, None), (ctypes.c_char_p * 1)(None)


def _execute(world: World) -> None:
    call("execve", world.path("program"), *_arguments(b"program"))


def _execute_at(world: World) -> None:
    call("execveat", HERE, world.path("program"), *_arguments(b"program"), 0)


def _open_by_handle(world: World) -> None:
    """With a handle, if there is a way to get one."""
    handle, mount = filled("<II128x", 128, 0), room(8)
    try:
        call("name_to_handle_at", HERE, world.path(), handle, mount, 0)
    finally:
        call("open_by_handle_at", HERE, handle, RDONLY)


def _mount(world: World) -> None:
    call("mount", world.path("."), world.path("empty"), None, BIND, None)


def _new_root(world: World) -> None:
    """Only a mount point can become the root; that it is asked for is what matters."""
    call("pivot_root", world.path("empty"), world.path("empty"))


ATTACKS = {
    "open a file": denied("open", FILE, RDONLY),
    "open a file to write": denied("openat", HERE, FILE, RDWR),
    "open a file by a structure": denied("openat2", HERE, FILE, filled("<QQQ", RDONLY, 0, 0), 24),
    "open a path and nothing more": denied("openat", HERE, FILE, PATH),
    "open a folder": denied("openat", HERE, FOLDER, DIRECTORY),
    "open a file that has no name": denied("openat", HERE, FOLDER, TMPFILE | RDWR, 0o600),
    "open the root": denied("openat", HERE, b"/", DIRECTORY),
    "open its own memory": denied("openat", HERE, b"/proc/self/mem", RDWR),
    "open what a descriptor means once more": Attack(
        lambda world: call("openat", HERE, b"/proc/self/fd/%d" % world.sealed, RDWR)),
    "open a device": denied("openat", HERE, b"/dev/null", RDWR),
    "create a file": denied("creat", NEW, 0o600),
    "create a file by opening it": denied("openat", HERE, NEW, CREATE | WRONLY, 0o600),
    "look at a file": denied("stat", FILE, room()),
    "look at a link": denied("lstat", LINK, room()),
    "look at a file from a folder": denied("newfstatat", HERE, FILE, room(), 0),
    "look at more of a file": denied("statx", HERE, FILE, 0, 0xFFF, room()),
    "look at a descriptor as if it were a path": Attack(
        lambda world: call("newfstatat", world.memory, b"", room(), EMPTY_PATH)),
    "ask whether a file is there": denied("access", FILE, 0),
    "ask from a folder whether a file is there": denied("faccessat", HERE, FILE, 0),
    "ask with flags whether a file is there": denied("faccessat2", HERE, FILE, 0, 0),
    "read a link": denied("readlink", LINK, room(), 100),
    "read what program it is": denied("readlinkat", HERE, b"/proc/self/exe", room(), 100),
    "make a folder": denied("mkdir", NEW, 0o700),
    "make a folder in a folder": denied("mkdirat", HERE, NEW, 0o700),
    "remove a folder": denied("rmdir", EMPTY),
    "remove a file": denied("unlink", FILE),
    "remove a file from a folder": denied("unlinkat", HERE, FILE, 0),
    "rename a file": denied("rename", FILE, NEW),
    "rename a file between folders": denied("renameat", HERE, FILE, HERE, NEW),
    "exchange two files": denied("renameat2", HERE, FILE, HERE, LINK, 2),
    "link a file": denied("link", FILE, NEW),
    "link a file between folders": denied("linkat", HERE, FILE, HERE, NEW, 0),
    "make a symbolic link": denied("symlink", b"/", NEW),
    "make a symbolic link in a folder": denied("symlinkat", b"/", HERE, NEW),
    "make a named pipe": denied("mknod", NEW, 0o10600, 0),
    "make a named pipe in a folder": denied("mknodat", HERE, NEW, 0o10600, 0),
    "change the rights of a file": denied("chmod", FILE, 0o600),
    "change the rights of a file in a folder": denied("fchmodat", HERE, FILE, 0o600),
    "change the rights of a file with flags": denied("fchmodat2", HERE, FILE, 0o600, 0),
    "give a file away": denied("chown", FILE, -1, -1),
    "give a link away": denied("lchown", LINK, -1, -1),
    "give a file in a folder away": denied("fchownat", HERE, FILE, -1, -1, 0),
    "change the times of a file": denied("utime", FILE, None),
    "change the times of a file exactly": denied("utimes", FILE, None),
    "change the times of a file in a folder": denied("utimensat", HERE, FILE, None, 0),
    "change the times of a file in a folder, the old way": denied("futimesat", HERE, FILE, None),
    "shorten a file": denied("truncate", FILE, 0),
    "look at a file system": denied("statfs", FILE, room()),
    "change the folder": denied("chdir", FOLDER),
    "ask for the folder": denied("getcwd", room(), 4096),
    "write an attribute of a file": denied("setxattr", FILE, ATTRIBUTE, b"x", 1, 0, refusable=True),
    "list the attributes of a file": denied("listxattr", FILE, room(), 4096),
    "list the attributes of a link": denied("llistxattr", LINK, room(), 4096),
    "read an attribute of a file": denied("getxattr", FILE, ATTRIBUTE, room(), 100, outside="ENODATA", refusable=True),
    "read an attribute of a link": denied("lgetxattr", FILE, ATTRIBUTE, room(), 100, outside="ENODATA", refusable=True),
    "write an attribute of a link": denied("lsetxattr", FILE, ATTRIBUTE, b"x", 1, 0, refusable=True),
    "remove an attribute of a file": denied("removexattr", FILE, ATTRIBUTE, outside="ENODATA", refusable=True),
    "remove an attribute of a link": denied("lremovexattr", FILE, ATTRIBUTE, outside="ENODATA", refusable=True),
    "watch files": denied("inotify_init1", 0),
    "watch a file": denied("inotify_add_watch", lambda world: world.memory, FILE, 2, outside="EINVAL"),
    "watch all files of the host": denied("fanotify_init", 0, 0, privileged=True),
    "run a program": Attack(_execute),
    "run a program from a folder": Attack(_execute_at),
    "run what a descriptor means": Attack(
        lambda world: call("execveat", world.memory, b"", *_arguments(b"x"), EMPTY_PATH), outside="ENOEXEC"),
    "open a file by a handle": Attack(_open_by_handle, privileged=True),
    "change the root": denied("chroot", EMPTY, privileged=True),
    "change the root of all": Attack(_new_root, outside="EBUSY", privileged=True),
    "mount a folder": Attack(_mount, privileged=True),
    "unmount a folder": denied("umount2", b"/proc", 2, privileged=True),
    "clone a mount": denied("open_tree", HERE, b"/", 1, privileged=True),
    "make a file system": denied("fsopen", b"tmpfs", 0, privileged=True),
    "pick a file system": denied("fspick", HERE, b"/", 0, privileged=True),
    "move a mount": denied("move_mount", HERE, EMPTY, HERE, FOLDER, 0, privileged=True, outside="EINVAL"),
    "change how a mount is": denied("mount_setattr", HERE, b"/", 0, room(32), 32, privileged=True),
    "swap to a file": denied("swapon", FILE, 0, privileged=True, outside="EINVAL"),
    "swap to a file no more": denied("swapoff", FILE, privileged=True, outside="EINVAL"),
    "ask for the quotas of a disk": denied("quotactl", 0x80000800, FILE, 0, room(), outside="ENOTBLK"),
    "list what is mounted": denied("listmount", filled("<IIQQ", 24, 0, 0xFFFFFFFFFFFFFFFF, 0), room(), 8, 0),
    "write the accounts of processes to a file": denied("acct", b"/proc", outside="EISDIR", privileged=True),
}
"""Each is denied, whether what the path names exists or not, before anything looks at the path."""
