"""The in-process kernel as one component has it."""

from __future__ import annotations

from collections.abc import Callable

from bastide.kernel import interface
from bastide.kernel.inprocess.arrangement import Arrangement
from bastide.kernel.inprocess.gate import Gate
from bastide.kernel.inprocess.memory import Attachment, Memory
from bastide.kernel.inprocess.message import Entrypoint, Identity, Request, check_size
from bastide.kernel.inprocess.space import Space
from bastide.kernel.interface import Caps, Handle, IpcError


class Kernel(interface.Kernel):
    """Operations in the name of one space. A component has no way but honesty not to use another one's."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._scheduler = space.world.scheduler

    def gate(self, entrypoint: Handle) -> Gate:
        """Raises IpcError if it is no entrypoint of this component, or its gate was taken."""
        identity = self._space.identity(entrypoint)
        if not isinstance(identity, Entrypoint) or identity.space is not self._space:
            raise IpcError(f"'{self._space.label}' cannot take a gate of {identity}: it is no entrypoint of its own")
        if identity.gone or identity.taken:
            why = "was dissolved" if identity.gone else "was taken before, and each can be taken once"
            raise IpcError(f"'{self._space.label}' cannot take the gate of {identity}: it {why}")
        identity.taken = True
        return Gate(self._space, identity)

    def call(self, target: Handle, request: bytes, caps: Caps = ()) -> tuple[bytes, Caps]:
        self._scheduler.check()
        identity = self._space.identity(target)
        check_size("request", request, caps)
        passed = self._space.export_caps(caps)
        if reason := identity.unreachable() or (self._space.over and f"'{self._space.label}' {self._space.over}"):
            raise IpcError(reason)
        reply, returned = Request(self._scheduler, identity, bytes(request), passed).wait()
        return reply, self._space.import_caps(returned)

    def submit(self, context: Handle, count: int = 1) -> None:
        identity = self._space.find(context)
        if identity and identity.entrypoint and not identity.unreachable() and not self._space.over and count > 0:
            identity.entrypoint.submit(identity, count)

    def attach(self, dataspace: Handle, writeable: bool) -> memoryview:
        """Sealed memory is attached read-only, whatever was asked for. Raises IpcError if there is no such memory."""
        attachment = self._memory(dataspace).attach(writeable)
        self._space.attachments[id(attachment.view)] = attachment
        return attachment.view

    def detach(self, view: memoryview) -> None:
        """The view is invalid afterwards, also if BufferError tells that its slices remain to be released first."""
        self._attachment(view, "detach").release()
        del self._space.attachments[id(view)]

    def read(self, dataspace: Handle, offset: int = 0, size: int | None = None) -> bytes:
        """Raises IpcError also for a part that lies outside."""
        return self._memory(dataspace).read(offset, size)

    def store(self, view: memoryview, content: bytes, offset: int = 0) -> None:
        """Raises IpcError also for a part that lies outside."""
        self._attachment(view, "write to").store(content, offset)

    def start_thread(self, function: Callable[[], None], name: str) -> None:
        """An exception ends that thread alone, and is kept in the failures of the machine."""
        self._space.spawn(function, f"{self._space.label}.{name}")

    def now(self) -> int:
        return self._space.world.clock.now

    def _attachment(self, view: memoryview, purpose: str) -> Attachment:
        attachment = self._space.attachments.get(id(view))
        if attachment is None:
            raise ValueError(f"'{self._space.label}' cannot {purpose} this view: attach has not returned it, or it was"
                             " detached before")
        return attachment

    def _memory(self, dataspace: Handle) -> Memory | Arrangement:
        identity: Identity = self._space.identity(dataspace)
        if identity.memory is None:
            raise IpcError(f"{identity} is no dataspace" + (" any more: it was dissolved" if identity.gone else ""))
        return identity.memory
