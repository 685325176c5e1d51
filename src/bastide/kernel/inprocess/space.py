"""What one component holds and is: its handles, its identities, its threads, its attachments.

A handle is an object that only its space can turn into an identity. Spaces keep one handle per identity, so that
handles are equal exactly if their identities are, and forget it when the component drops it. Whatever else a component
constructs is in no table, and means nothing; so does the handle of another component.
"""

from __future__ import annotations

import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from bastide.kernel.inprocess.clock import Clock
from bastide.kernel.inprocess.memory import Attachment
from bastide.kernel.inprocess.message import Entrypoint, Identity, Passed
from bastide.kernel.inprocess.scheduler import Ended, Scheduler, Thread
from bastide.kernel.interface import Caps, Handle, IpcError, OutOfMachine


@dataclass(frozen=True)
class World:
    """What all spaces of one machine share."""

    scheduler: Scheduler
    clock: Clock
    failures: list[str]


class LocalHandle:
    """A right, opaque to its holder."""

    __slots__ = ("__weakref__",)


class Space:
    """One component as the kernel sees it, from creation until it is over."""

    def __init__(self, world: World, label: str) -> None:
        self.world = world
        self.label = label
        self.over = ""
        """Why the component neither serves nor calls any more; nothing while it may."""
        self.attachments: dict[int, Attachment] = {}
        self._identities: dict[Identity, None] = {}
        self._allocated = 0
        self._threads: list[Thread] = []
        self._identity_of: weakref.WeakKeyDictionary[LocalHandle, Identity] = weakref.WeakKeyDictionary()
        self._handle_of: weakref.WeakValueDictionary[Identity, LocalHandle] = weakref.WeakValueDictionary()

    def handle(self, identity: Identity) -> Handle:
        """The component's handle of an identity."""
        local = self._handle_of.get(identity)
        if local is None:
            local = LocalHandle()
            self._handle_of[identity] = local
            self._identity_of[local] = identity
        return Handle(local)

    def find(self, handle: object) -> Identity | None:
        """What a handle means here, if anything."""
        return self._identity_of.get(handle) if type(handle) is LocalHandle else None

    def identity(self, handle: Handle | None) -> Identity:
        """What a handle means here. Raises IpcError for the invalid capability, and for what is no handle."""
        if handle is None:
            raise IpcError(f"'{self.label}' used the invalid capability, which means no object")
        found = self.find(handle)
        if found is None:
            raise IpcError(f"'{self.label}' used {type(handle).__name__} as a handle that is none of its own:"
                           " handles come with messages only")
        return found

    def import_caps(self, passed: Passed) -> Caps:
        return tuple(None if identity is None else self.handle(identity) for identity in passed)

    def export_caps(self, caps: Caps) -> Passed:
        return tuple(None if handle is None else self.identity(handle) for handle in caps)

    def allocate_entrypoint(self) -> Entrypoint:
        entrypoint = Entrypoint(self, self._next_number(), self.world.scheduler)
        self._identities[entrypoint] = None
        return entrypoint

    def allocate_identity(self, entrypoint: Entrypoint) -> Identity:
        identity = Identity(self, self._next_number(), entrypoint)
        self._identities[identity] = None
        return identity

    def revoke(self, identity: Identity) -> None:
        """Make an identity of this space unreachable for all; an entrypoint, with all that it serves."""
        if identity.gone:
            return
        identity.gone = True
        identity.memory = None
        identity.submitted = 0
        self._identities.pop(identity, None)
        if identity.entrypoint:
            identity.entrypoint.forget(identity, f"{identity} did not reply: it was dissolved")
        elif isinstance(identity, Entrypoint):
            for served in [other for other in self._identities if other.entrypoint is identity]:
                self.revoke(served)
            self.world.clock.clear(identity)
            identity.close("its entrypoint was dissolved")

    def spawn(self, function: Callable[[], None], name: str) -> None:
        """Run `function` in a further thread. Whatever it raises is recorded as a failure of the machine."""
        def guarded() -> None:
            try:
                function()
            except Ended:
                raise
            except BaseException:
                self.record_failure(name)

        self.world.scheduler.check()
        if self.over:
            raise IpcError(f"'{self.label}' can start no thread {name!r}: it {self.over}")
        self._threads = [thread for thread in self._threads if not thread.finished]
        try:
            self._threads.append(self.world.scheduler.spawn(guarded, name))
        except RuntimeError as error:
            raise OutOfMachine(f"no thread {name!r} for '{self.label}': {error}") from error

    def record_failure(self, who: str) -> None:
        """Keep the text of the exception that is being handled."""
        self.world.failures.append(f"{who}: {traceback.format_exc()}")

    def end(self, reason: str) -> None:
        """End all threads but the running one, and fail whoever waits for a reply."""
        if self.over:
            return
        self.over = reason
        for identity in self._identities:
            if isinstance(identity, Entrypoint):
                self.world.clock.clear(identity)
                identity.close(f"its component {reason}")
        self.kill_threads()

    def clear(self) -> None:
        """Free all identities and handles, of a space that has ended."""
        for identity in self._identities:
            identity.gone = True
            identity.memory = None
        self._identities.clear()
        self._identity_of.clear()
        self._handle_of.clear()
        self.attachments.clear()

    def kill_threads(self) -> None:
        for thread in self._threads:
            if thread is not self.world.scheduler.current:
                self.world.scheduler.kill(thread)

    @property
    def identities(self) -> int:
        """How many identities are allocated, entrypoints included."""
        return len(self._identities)

    def _next_number(self) -> int:
        if self.over:
            raise IpcError(f"'{self.label}' can have no further identities: it {self.over}")
        self._allocated += 1
        return self._allocated
