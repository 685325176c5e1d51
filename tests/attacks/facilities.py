"""Attackers that reach for what else a kernel offers: programs in it, keys, queues, counters, clocks, modules."""

from __future__ import annotations

import os
import time

from attacks.attack import Attack, World, denied
from attacks.raw import NUMBERS, call, filled, numbered, room

X32 = 0x40000000
SOFTWARE_CLOCK = filled("<IIQQQQQ72x", 1, 120, 0, 0, 0, 0, 0x61)     # struct perf_event_attr, of this process alone
JOIN_SESSION, OWN_KEYS = 1, -2
PRIVATE = 0
CREATE = 0o1000 | 0o600
REMOVE = 0
OPEN = 0o102                                                        # O_CREAT | O_RDWR
NAME = f"bastide-attack-{os.getpid()}".encode()


def _clock_of(world: World) -> None:
    """The processor time of a neighbour: the clock's number is made of the process id."""
    call("clock_gettime", ~world.victim << 3 | 2, room())


def _clock_device(world: World) -> None:
    call("clock_gettime", ~world.memory << 3 | 3, room())


def _set_clock(world: World) -> None:
    """To a time that there is not."""
    call("clock_settime", 0, filled("<qq", int(time.time()), 1 << 40))


ATTACKS = {
    "make a map of the kernel's programs": denied("bpf", 0, filled("<IIII112x", 2, 4, 4, 1), 128, privileged=True),
    "count events": Attack(lambda world: call("perf_event_open", SOFTWARE_CLOCK, 0, -1, -1, 0), refusable=True),
    "make a ring of requests": denied("io_uring_setup", 1, room(), refusable=True),
    "make a queue of requests": denied("io_setup", 1, filled("<Q", 0)),
    "handle faults": denied("userfaultfd", 1, refusable=True),
    "join a session of keys": denied("keyctl", JOIN_SESSION, None),
    "add a key": denied("add_key", b"user", b"attack", b"x", 1, OWN_KEYS),
    "ask for a key": denied("request_key", b"user", b"attack", None, OWN_KEYS, outside="ENOKEY"),
    "make a queue of messages": denied("msgget", PRIVATE, CREATE, undo=lambda made: call("msgctl", made, REMOVE)),
    "make a named queue": denied("mq_open", NAME, OPEN, 0o600, None, undo=lambda made: call("mq_unlink", NAME)),
    "make semaphores": denied("semget", PRIVATE, 1, CREATE, undo=lambda made: call("semctl", made, 0, REMOVE)),
    "load a module": denied("init_module", room(), 1, b"", privileged=True, outside="ENOEXEC"),
    "load another kernel": denied("kexec_load", 0, 1, None, 0xFFFF, privileged=True, outside="EINVAL"),
    "restart the host": denied("reboot", 1, 1, 0, None, privileged=True, outside="EINVAL"),
    "rename the host": denied("sethostname", b"attack", 6, privileged=True),
    "read the kernel's log": denied("syslog", 10, None, 0, refusable=True),
    "ask what host it is": denied("uname", room()),
    "ask how busy the host is": denied("sysinfo", room()),
    "ask how long the host runs": denied("times", room()),
    "ask what security modules there are": denied("lsm_list_modules", room(), filled("<I", 4096), 0),
    "set the clock": Attack(_set_clock, privileged=True, outside="EINVAL"),
    "ask how the clock is kept": denied("adjtimex", room()),
    "read the clock of a neighbour": Attack(_clock_of),
    "read a clock that is a device": Attack(_clock_device, outside="EINVAL"),
    "ask who started it": Attack(lambda world: call("prctl", 2, room(8))),
    "call by the numbers of another table": Attack(
        lambda world: numbered(X32 + NUMBERS["getpid"]), "SIGSYS", outside="ENOSYS", calls=("arch_prctl", )),
    "open by the numbers of another table": Attack(
        lambda world: numbered(X32 + NUMBERS["openat"], -100, world.path(), 0), "SIGSYS", outside="ENOSYS",
        calls=("arch_prctl", )),
    "call a number below zero": Attack(lambda world: numbered(-1), "SIGSYS", outside="ENOSYS", calls=("arch_prctl", )),
    "call a number that there is not": Attack(lambda world: numbered(1000), outside="ENOSYS"),
}
