"""Attackers that make processes, look into others, send them signals, or change who they are."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from attacks.attack import Attack, World, denied
from attacks.raw import address, call, filled, room

SIGCHLD, SIGKILL, SIGUSR1 = 17, 9, 10
NOTHING = 0                     # the signal that only asks whether a process could be sent one
NEW_USER, NEW_NETWORK, PARENT, VFORK = 0x10000000, 0x40000000, 0x8000, 0x4000
TRACE_ME, ATTACH, SEIZE = 0, 16, 0x4206
SET_OWNER, SET_SIGNAL, SET_OWNER_EX = 8, 10, 15
SET_OWNER_BY_IOCTL = 0x8901     # FIOSETOWN
NO_DUMP, PARENT_DEATH, KEEP_CAPABILITIES, SECCOMP, SUBREAPER, PTRACER = 4, 1, 8, 22, 36, 0x59616D61


def _forked(pid: int) -> None:
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0x40000000)     # __WALL


def _clone(flags: int, **details: Any) -> Attack:
    return Attack(lambda world: _forked(call("clone", flags)), **details)


def victim(world: World) -> int:
    return world.victim


def _vectors(local: object, size: int) -> tuple[object, object]:
    """One piece of memory, here and at the same address of a process that was forked from the same one."""
    place = filled("@PN", address(local), size)
    return place, place


def _read_victim(world: World) -> None:
    here, there = _vectors(ctypes.c_char_p.in_dll(ctypes.pythonapi, "Py_FileSystemDefaultEncoding"), 8)
    call("process_vm_readv", world.victim, here, 1, there, 1, 0)


def _write_victim(world: World) -> None:
    here, there = _vectors(ctypes.c_char_p.in_dll(ctypes.pythonapi, "Py_FileSystemDefaultEncoding"), 8)
    call("process_vm_writev", world.victim, here, 1, there, 1, 0)


def _signal_by_descriptor(world: World) -> None:
    try:
        descriptor = call("pidfd_open", world.victim, 0)
    except OSError:
        descriptor = world.memory
    call("pidfd_send_signal", descriptor, NOTHING, None, 0)


def _take_a_descriptor(world: World) -> None:
    try:
        descriptor = call("pidfd_open", world.victim, 0)
    except OSError:
        descriptor = world.memory
    call("pidfd_getfd", descriptor, 0, 0)


def _queue(world: World) -> None:
    call("rt_sigqueueinfo", world.victim, NOTHING, filled("<iii116x", NOTHING, 0, -1))


def _queue_to_thread(world: World) -> None:
    call("rt_tgsigqueueinfo", world.victim, world.victim, NOTHING, filled("<iii116x", NOTHING, 0, -1))


ATTACKS = {
    "fork": Attack(lambda world: _forked(call("fork")), calls=("fork", )),
    "clone a process": _clone(SIGCHLD),
    "clone a process and wait for it": _clone(VFORK | SIGCHLD),
    "clone a sibling": _clone(PARENT | SIGCHLD, outside="ECHILD"),
    "clone a process in a user namespace": _clone(NEW_USER | SIGCHLD, refusable=True),
    "clone a process in a network of its own": _clone(NEW_NETWORK | SIGCHLD, privileged=True),
    "clone by a structure": Attack(
        lambda world: _forked(call("clone3", filled("<11Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 0), 88)), "ENOSYS"),
    "wait for processes": Attack(lambda world: call("wait4", -1, None, 1, None), outside="ECHILD"),
    "wait for processes by a structure": Attack(lambda world: call("waitid", 0, 0, room(), 5, None), outside="ECHILD"),

    "be traced": denied("ptrace", TRACE_ME),
    "trace a neighbour": denied("ptrace", ATTACH, victim, refusable=True),
    "seize a neighbour": denied("ptrace", SEIZE, victim, refusable=True),
    "read a neighbour's memory": Attack(_read_victim, refusable=True),
    "write a neighbour's memory": Attack(_write_victim, refusable=True),
    "compare with a neighbour": Attack(
        lambda world: call("kcmp", os.getpid(), world.victim, 1, 0, 0), refusable=True),
    "find a neighbour's robust list": denied("get_robust_list", victim, room(8), room(8), refusable=True),
    "hold a neighbour": denied("pidfd_open", victim, 0),
    "hold itself": Attack(lambda world: call("pidfd_open", os.getpid(), 0)),
    "take a neighbour's descriptor": Attack(_take_a_descriptor, refusable=True),

    "kill a neighbour": denied("kill", victim, SIGKILL),
    "kill its group": denied("kill", 0, NOTHING),
    "kill everybody": denied("kill", -1, NOTHING),
    "kill its parent": Attack(lambda world: call("kill", 1, NOTHING), privileged=True),
    "kill a neighbour's thread": denied("tkill", victim, SIGKILL),
    "kill a thread of a neighbour": denied("tgkill", victim, victim, SIGKILL),
    "queue a signal": Attack(_queue),
    "queue a signal to a thread": Attack(_queue_to_thread),
    "kill by descriptor": Attack(_signal_by_descriptor),
    "have the kernel kill: owner of a pipe": Attack(lambda world: call("fcntl", world.bell, SET_OWNER, world.victim)),
    "have the kernel kill: owner by a structure": Attack(
        lambda world: call("fcntl", world.bell, SET_OWNER_EX, filled("<ii", 1, world.victim))),
    "have the kernel kill: which signal": Attack(lambda world: call("fcntl", world.bell, SET_SIGNAL, SIGKILL)),
    "have the kernel kill: owner of a socket": Attack(
        lambda world: call("ioctl", world.control, SET_OWNER_BY_IOCTL, filled("<i", world.victim))),
    "have the kernel kill: a timer": denied("timer_create", 0, filled("<QiiI52x", 0, SIGUSR1, 0, 0), room(8)),
    "have the kernel kill: an interval": denied("setitimer", 0, filled("<4q", 0, 0, 100, 0), None),
    "have the kernel kill: an alarm": denied("alarm", 100),
    "have the kernel kill: death of the parent": denied("prctl", PARENT_DEATH, SIGUSR1),

    "outlive core": denied("prctl", PARENT_DEATH, NOTHING),
    "be looked into": denied("prctl", NO_DUMP, 1),
    "let others trace it": denied("prctl", PTRACER, -1, outside=None),
    "keep capabilities": denied("prctl", KEEP_CAPABILITIES, 1),
    "adopt orphans": denied("prctl", SUBREAPER, 1),
    "filter further": denied("prctl", SECCOMP, 2, outside="EFAULT"),
    "filter further by the newer call": denied("seccomp", 1, 0, None, outside="EFAULT"),
    "raise its priority": denied("setpriority", 0, 0, 0),
    "ask for a priority": denied("getpriority", 0, 0),
    "move to other processors": denied("sched_setaffinity", 0, 8, filled("<Q", 0xFFFF)),
    "move a neighbour to other processors": denied("sched_setaffinity", victim, 8, filled("<Q", 0xFFFF)),
    "look where a neighbour runs": denied("sched_getaffinity", victim, 128, room()),
    "change its scheduling": denied("sched_setscheduler", 0, 0, filled("<i", 0)),
    "change its scheduling by a structure": denied("sched_setattr", 0, filled("<IIQiIQQQ", 48, 0, 0, 0, 0, 0, 0, 0), 0),
    "change its priority at disks": denied("ioprio_set", 1, 0, 2 << 13),
    "lower its limits": denied("setrlimit", 4, filled("<QQ", 0, 0)),
    "change a neighbour's limits": denied("prlimit64", victim, 4, filled("<QQ", 0, 0), None),
    "read its limits": denied("getrlimit", 7, room()),
    "start a session": denied("setsid"),
    "change its group": denied("setpgid", 0, 0),
    "ask for its parent": denied("getppid"),
    "ask for a group": denied("getpgid", 0),
    "enter new namespaces": denied("unshare", NEW_USER, refusable=True),
    "enter the namespaces of others": Attack(lambda world: call("setns", world.memory, 0), outside="EINVAL"),
    "become another user": Attack(lambda world: call("setuid", os.getuid())),
    "become another group": Attack(lambda world: call("setgid", os.getgid())),
    "become several users": denied("setresuid", -1, -1, -1),
    "leave its groups": denied("setgroups", 0, None, privileged=True),
    "read its capabilities": denied("capget", filled("<Ii", 0x20080522, 0), room()),
    "drop its capabilities": denied("capset", filled("<Ii", 0x20080522, 0), room()),
    "change its personality": denied("personality", 0x0400000),
    "make rules about files": denied("landlock_create_ruleset", None, 0, 1),
    "move where its thread's end is told": denied("set_tid_address", room()),
    "change its segments": denied("arch_prctl", 0x1003, room(8)),
    "change its descriptor table of segments": denied("modify_ldt", 0, room(), 16),
    "reach the ports of devices": denied("ioperm", 0x80, 1, 1, privileged=True),
    "change the mask of new files": denied("umask", 0),
}
