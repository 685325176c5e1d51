"""Newborns: processes that are forked and locked down before it is known what they will be.

To fork the zygote and to close the sandbox is a good part of what a start takes, and nothing of it depends on what is
to be started. So core has the zygote make one process ahead, as Android does (USAP), and not before the last component
is constructed: on one processor it would have to wait. The first component finds none, and its process is made at
once.

A newborn has taken its user id, given up what all components give up, and is under the same filter. It holds one end
of a socket, by which core tells it what to be and passes descriptors. The zygote is not on this way, so what core
tells a component, its key above all, never is in memory that others are forked from. The socket can't be written to,
and stays open until the component is constructed: core sees it hang up, and has the next one made. Who keeps it open
only keeps the next start from being quick.

This file knows what a process gives up, and in which order. Everything in it but `Newborn.live` happens before any
foreign code runs. It runs once in each process, and each module, function and name that it refers to is a page that the
process has to copy: so it says with few of them what it does.
"""

from __future__ import annotations

import _random
import os
import random
import socket
import struct
import traceback
from _socket import socket as PlainSocket
from _socket import socketpair
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from fcntl import F_DUPFD_CLOEXEC, fcntl
from functools import partial
from gc import enable as collect_garbage
from os import _exit, close, dup2, getppid
from typing import NoReturn

from bastide.kernel.linux import landlock, privileges, seccomp, syscall
from bastide.kernel.linux.layers import Isolation

Entry = Callable[[list[int], bytes], int]
"""Called with the numbers of the descriptors that core gave, and a payload; the result is the exit code."""

BIRTH = struct.Struct("=H?16s")
"""Number of descriptors beside it, is the first one the log, name with a zero behind it. A payload follows."""
PAYLOAD_BYTES = 1 << 16
DESCRIPTORS = 250           # SCM_MAX_FD is 253

FIRST_DESCRIPTOR = 3
ENTRY_FAILED = 1
LOCKDOWN_FAILED = 126
"""Exit code of a component that could not be isolated, and so never ran."""

# plain ints: those of `socket` are enums, whose operators are Python
_ROOM = int(socket.CMSG_SPACE(DESCRIPTORS * 4))
_CLOSE_ON_EXEC = int(socket.MSG_CMSG_CLOEXEC)
_UNIX, _SEQPACKET, _NO_READING = int(socket.AF_UNIX), int(socket.SOCK_SEQPACKET), socket.SHUT_RD

_draw_lots = partial(_random.Random.seed, random._inst)  # `random.seed`, less the detour

_cradle = -1
"""The socket of this process, until it is constructed."""


def cradle() -> tuple[PlainSocket, PlainSocket]:
    """Core's end, and that of the newborn, which can't write to it."""
    near, far = socketpair(_UNIX, _SEQPACKET)
    near.shutdown(_NO_READING)
    return near, far


def message(name: str, descriptors: int, logged: bool, payload: bytes) -> bytes:
    """What to send to a newborn, with the descriptors beside it."""
    return BIRTH.pack(descriptors, logged, name.encode()[:15]) + payload


def constructed() -> None:
    """This component has come to life."""
    global _cradle
    if _cradle >= 0:
        os.close(_cradle)
        _cradle = -1


class Newborn:
    """What is the same for all of them, made before the first."""

    def __init__(self, entry: Entry, options: Isolation) -> None:
        self.parent = -1                # its process id
        self._entry = entry
        self._filter = seccomp.prepared(seccomp.encode(seccomp.program(architecture(), options.profile)))
        rules = ruleset(options, options.landlock_scope)
        denial = () if rules is None else (landlock.prepared_denial(rules),)
        self._become, self._close = privileges.prepared_change(), syscall.prepared("close_range")
        self._rename = privileges.prepared_rename()
        self._renounce = *privileges.prepared_renunciation(), *denial, partial(self._rename, b"bastide-newborn\0")

    def live(self, uid: int, end: int, kept: Sequence[int] = (), entry: Entry | None = None) -> NoReturn:
        """In the new process: lock down, wait for birth, run the entry function, exit.

        `end` is the newborn's end of its cradle. Descriptors in `kept` are given to the entry function last.
        """
        code = LOCKDOWN_FAILED
        try:
            self._lock_down(uid, (end, *kept))
            _draw_lots()
            collect_garbage()
            name, given, payload = _birth(len(kept))
            self._rename(name)
            code = ENTRY_FAILED
            code = (entry or self._entry)(given, payload) & 0xFF
        except SystemExit as exit_:
            code = exit_.code & 0xFF if isinstance(exit_.code, int) else int(exit_.code is not None)
        except BaseException:
            with suppress(Exception):
                traceback.print_exc()
        finally:
            os._exit(code)

    def _lock_down(self, uid: int, descriptors: Sequence[int]) -> None:
        """The order matters: changing ids undoes the steps after it; the filter denies all steps before it."""
        for change in self._become if uid else ():
            if change(uid, uid, uid) == -1:
                raise syscall.failure("the user id could not be changed")
        for step in self._renounce:
            if step() == -1:
                raise syscall.failure("a privilege could not be given up")
        # Had core ended before, nobody would have told us. Within a PID namespace core is not to be seen, but there R
        # ends us in any case.
        if getppid() != self.parent:
            _exit(LOCKDOWN_FAILED)
        arrange(descriptors, self._close)
        if self._filter() == -1:
            raise syscall.failure("seccomp")


def renounce(name: bytes, options: Isolation, capabilities: Sequence[int]) -> None:
    """What R and Z give up, and so every component."""
    with suppress(PermissionError):     # an unprivileged user in no namespace has nothing to drop
        privileges.drop_bounding_set()
    privileges.keep_capabilities(capabilities)
    privileges.no_new_privs()
    privileges.undumpable()
    privileges.die_with_parent()
    privileges.rename(name)
    if (rules := ruleset(options, False)) is not None:
        landlock.deny_all(rules)


def ruleset(options: Isolation, scope: bool) -> bytes | None:
    if not options.landlock:
        return None
    try:
        return landlock.ruleset(landlock.abi(), scope)
    except OSError:
        if options.allow_missing:
            return None
        raise


def architecture() -> syscall.Architecture:
    found = syscall.native()
    if found is None:
        raise OSError(f"no system call filter is known for {os.uname().machine}")
    return found


def arrange(descriptors: Sequence[int], close_range: Callable[[int, int, int], int]) -> None:
    """Make `descriptors` 3, 4, 5..., and close all others but 0, 1, 2, by the prepared system call."""
    end = FIRST_DESCRIPTOR + len(descriptors)
    parked = [fcntl(number, F_DUPFD_CLOEXEC, end) for number in descriptors]
    for number, source in enumerate(parked, FIRST_DESCRIPTOR):
        dup2(source, number, False)
    if close_range(end, 0xFFFFFFFF, 0) == -1:
        raise syscall.failure("close_range")


def _birth(kept: int) -> tuple[bytes, list[int], bytes]:
    """Wait to be told what to be: name, descriptors and payload.

    All that was kept, the socket first, moves behind the descriptors.
    """
    global _cradle
    end = PlainSocket(_UNIX, _SEQPACKET, 0, FIRST_DESCRIPTOR)
    told, ancillary, _, _ = end.recvmsg(BIRTH.size + PAYLOAD_BYTES, _ROOM, _CLOSE_ON_EXEC)
    if not told:                        # nobody is wanted any more
        _exit(0)
    received = array("i")
    for _, _, content in ancillary:
        received.frombytes(content[:len(content) // 4 * 4])
    count, logged, name = BIRTH.unpack_from(told)
    if len(received) != count:
        raise OSError(f"{count - len(received)} of {count} descriptors were lost on the way to a component; "
                      "Isolation.nofile is too low for them")
    if logged:
        _move(received.pop(0), 2)
    end.detach()
    beyond = FIRST_DESCRIPTOR + len(received)
    after = [_move(number, beyond) for number in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + 1 + kept)]
    given = [_move(source, number) for number, source in enumerate(received, FIRST_DESCRIPTOR)]
    _cradle, *rest = after
    return name, given + rest, told[BIRTH.size:]


def _move(source: int, least: int) -> int:
    """To the lowest free number from `least` on; 2 is replaced. By what the filter allows."""
    if least < FIRST_DESCRIPTOR:
        close(least)
    moved = fcntl(source, F_DUPFD_CLOEXEC, least)
    close(source)
    return moved
