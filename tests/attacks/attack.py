"""What an attack is: an act with raw means, what it meets inside the sandbox, and what the same act does outside.

An act gets a `World`: what a component has, or stands next to. Inside, the descriptors are made as core makes them.
Outside they are plain ones, without seals and limits, and nothing filters: there the act has to succeed, so that no
attack fails inside merely because it is made wrongly.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from attacks.raw import NUMBERS, call

SUCCEEDS = "succeeds"


@dataclass(frozen=True)
class World:
    memory: int
    """A dataspace of one page, to read and write."""
    sealed: int
    """A dataspace of one page, to read."""
    bell: int
    """The end to write of an entrypoint's doorbell, which others write to as well."""
    reply: int
    """The end to read of a pipe for replies."""
    control: int
    """The socket over which core sends descriptors."""
    victim: int
    """The process id of a neighbour."""
    folder: str
    """A folder of the host that anybody may write to. In it: `file`, `link` to it, `program`, `empty`, a folder."""

    def path(self, name: str = "file") -> bytes:
        return f"{self.folder}/{name}".encode()


Act = Callable[[World], Any]


@dataclass(frozen=True)
class Attack:
    """`meets` and `outside` name an error (EPERM), a signal that ends the process (SIGSYS), or say that it SUCCEEDS.

    `outside` is None for an act that nobody should try on a host: then the test of the filter has to do.
    """

    act: Act
    meets: str = "EPERM"
    outside: str | None = SUCCEEDS
    calls: tuple[str, ...] = field(default=())
    """System calls that the attack is about, and that not every architecture has."""
    privileged: bool = False
    """Outside, it takes root."""
    refusable: bool = False
    """Outside, some hosts refuse it by a setting of theirs, or for want of what it needs."""
    undo: Callable[[Any], object] = lambda made: None
    """Takes away again, given what the act returned, what would outlive the process."""

    @property
    def possible(self) -> bool:
        """Whether this architecture has the calls."""
        return all(name in NUMBERS for name in self.calls)

    @property
    def deadly(self) -> bool:
        """Whether the attacker dies of it, and so needs a process of its own."""
        return self.meets.startswith("SIG")


def denied(name: str, *arguments: Any, **details: Any) -> Attack:
    """One system call, with arguments that are given, or taken from the world by a function; it meets EPERM."""
    def act(world: World) -> object:
        return call(name, *[argument(world) if callable(argument) else argument for argument in arguments])

    return Attack(act, calls=(name,), **details)


def outcome(attack: Attack, world: World) -> str:
    """Try it here and now."""
    try:
        attack.undo(attack.act(world))
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, f"errno {error.errno}")
    except Exception as error:
        return type(error).__name__
    return SUCCEEDS
