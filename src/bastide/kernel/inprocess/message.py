"""What travels between components: requests, the limits of messages, and the identities that capabilities stand for.

Here are the facts the kernel itself goes by; handles, the components' view of them, are in `space`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from bastide.kernel.inprocess.arrangement import Arrangement
from bastide.kernel.inprocess.memory import Memory
from bastide.kernel.inprocess.scheduler import Scheduler, Thread
from bastide.kernel.interface import MESSAGE_BYTES, MESSAGE_CAPS, Caps, Deliver, Dispatch, Handle, IpcError

if TYPE_CHECKING:
    from bastide.kernel.inprocess.space import Space

Passed = tuple["Identity | None", ...]
"""Capabilities on their way, as nobody's handles."""


def check_size(what: str, content: bytes, caps: Caps) -> None:
    """Raise IpcError if the message exceeds a limit."""
    if len(content) > MESSAGE_BYTES:
        raise IpcError(f"a {what} of {len(content)} bytes exceeds the limit of {MESSAGE_BYTES} bytes per message:"
                       " pass large content by a dataspace")
    if len(caps) > MESSAGE_CAPS:
        raise IpcError(f"a {what} with {len(caps)} capabilities exceeds the limit of {MESSAGE_CAPS} per message")


class Identity:
    """What capabilities stand for: an object, signal context or dataspace that `space` keeps at `entrypoint`."""

    def __init__(self, space: Space, number: int, entrypoint: Entrypoint | None) -> None:
        self.space = space
        self.number = number
        self.entrypoint = entrypoint
        self.gone = False
        self.submitted = 0
        self.memory: Memory | Arrangement | None = None

    def __str__(self) -> str:
        return f"object {self.number} of '{self.space.label}'"

    def unreachable(self) -> str:
        """Why nobody can call it, or nothing."""
        if self.space.over:
            return f"{self} cannot be called: its component {self.space.over}"
        if self.gone:
            return f"{self} cannot be called: it was dissolved"
        return "" if self.entrypoint else f"{self} cannot be called: it is an entrypoint, no object"


class Listener(NamedTuple):
    handle: Handle
    deliver: Deliver
    io: bool


class Server(NamedTuple):
    handle: Handle
    dispatch: Dispatch


class Entrypoint(Identity):
    """Where the calls and signals of one thread queue up, first in, first out, also before its gate is taken."""

    def __init__(self, space: Space, number: int, scheduler: Scheduler) -> None:
        super().__init__(space, number, None)
        self.queue: deque[Event] = deque()
        self.servers: dict[Identity, Server] = {}
        self.listeners: dict[Identity, Listener] = {}
        self.serving: Request | None = None
        self.runner: Thread | None = None
        self.taken = False
        self._scheduler = scheduler

    def post(self, event: Event) -> None:
        self.queue.append(event)
        self.wake()

    def wake(self) -> None:
        """Let the thread that runs the gate look again, if it waits here and not in a call of its own."""
        if self.runner and isinstance(self.runner.waits_for, GateWait):
            self._scheduler.wake(self.runner)

    def submit(self, context: Identity, count: int) -> None:
        """Count a signal; it queues up once, as soon as there is a listener."""
        context.submitted += count
        if context in self.listeners and context not in self.queue:
            self.post(context)

    def withdraw(self, event: Event) -> None:
        if event in self.queue:
            self.queue.remove(event)

    def forget(self, identity: Identity, reason: str) -> None:
        """Drop all that concerns an identity. Who waits for its turn gets IpcError; who is being served, its reply."""
        self.servers.pop(identity, None)
        self.listeners.pop(identity, None)
        self.withdraw(identity)
        for event in list(self.queue):
            if isinstance(event, Request) and event.target is identity:
                self.queue.remove(event)
                event.fail(reason)

    def close(self, reason: str) -> None:
        """Fail everybody who waits here, and forget the rest."""
        waiting = [event for event in self.queue if isinstance(event, Request)]
        if self.serving:
            waiting.insert(0, self.serving)
        self.queue.clear()
        self.servers.clear()
        self.listeners.clear()
        for request in waiting:
            request.fail(f"{request.target} did not reply: {reason}")


class GateWait(str):
    """What a thread waits for that waits in its gate, in words."""

    __slots__ = ()


class Request:
    """One call under way, and later its outcome. Its text tells a deadlocked caller's fate."""

    def __init__(self, scheduler: Scheduler, target: Identity, content: bytes, caps: Passed) -> None:
        self.target = target
        self.content = content
        self.caps = caps
        self._scheduler = scheduler
        self._caller = scheduler.current
        self._outcome: tuple[bytes, Passed] | str | None = None

    def reply(self, content: bytes, caps: Passed) -> None:
        self._settle((content, caps))

    def fail(self, reason: str) -> None:
        self._settle(reason)

    def wait(self) -> tuple[bytes, Passed]:
        """Queue up, and block until there is an outcome. Raises IpcError if it is a failure."""
        entrypoint = self.target.entrypoint
        assert entrypoint
        entrypoint.post(self)
        try:
            while self._outcome is None:
                self._scheduler.block(self)
        finally:
            entrypoint.withdraw(self)
        if isinstance(self._outcome, str):
            raise IpcError(self._outcome)
        return self._outcome

    def __str__(self) -> str:
        entrypoint = self.target.entrypoint
        runner = entrypoint.runner if entrypoint else None
        return f"{self.target}, " + (f"served by {runner.name}" if runner else "whose gate nobody runs")

    def _settle(self, outcome: tuple[bytes, Passed] | str) -> None:
        if self._outcome is None:
            self._outcome = outcome
            self._scheduler.wake(self._caller)


class Errand:
    """Something the kernel wants done in the thread of a gate: an expired alarm, an ended component."""

    def __init__(self, perform: Callable[[], None]) -> None:
        self.perform = perform


Event = Request | Identity | Errand
"""A call, a signal context with submitted signals, or an errand."""
