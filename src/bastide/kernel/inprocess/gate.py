"""The gate of an entrypoint: takes calls, signals and errands from its queue, one at a time, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bastide.kernel import interface
from bastide.kernel.inprocess.message import (
    Entrypoint,
    Errand,
    Event,
    GateWait,
    Identity,
    Listener,
    Request,
    Server,
    check_size,
)
from bastide.kernel.inprocess.space import Space
from bastide.kernel.interface import Deliver, Dispatch, Handle, IpcError


class Gate(interface.Gate):
    """Serves one entrypoint. What signal and alarm handlers raise leaves `run`; what a dispatch raises does not."""

    def __init__(self, space: Space, entrypoint: Entrypoint) -> None:
        self._space = space
        self._scheduler = space.world.scheduler
        self._clock = space.world.clock
        self._entrypoint = entrypoint
        self._running = False
        self._stopping = False
        self._alarm: Errand | None = None

    def serve(self, identity: Handle, dispatch: Dispatch) -> None:
        """Raises IpcError if the identity is not one of this gate's entrypoint."""
        self._entrypoint.servers[self._own(identity, "serve")] = Server(identity, dispatch)

    def listen(self, identity: Handle, deliver: Deliver, io: bool) -> None:
        """Signals submitted before are delivered too. Raises IpcError like `serve`."""
        context = self._own(identity, "listen to")
        self._entrypoint.listeners[context] = Listener(identity, deliver, io)
        if context.submitted:
            self._entrypoint.submit(context, 0)

    def dissolve(self, identity: Handle) -> None:
        """Does nothing if that has happened before. Raises IpcError if the identity is another entrypoint's."""
        known = self._space.identity(identity)
        if known.entrypoint is not self._entrypoint:
            raise IpcError(f"'{self._space.label}' cannot dissolve {known}: it is not served at this gate")
        self._space.revoke(known)

    def run(self) -> None:
        """A `stop` from before makes it return at once."""
        if self._running:
            raise RuntimeError(f"a gate of '{self._space.label}' runs already: it can run only once at a time")
        self._running = True
        try:
            with self._as_runner():
                while not self._stopping:
                    if self._entrypoint.queue:
                        self._handle(self._entrypoint.queue.popleft())
                    else:
                        self._scheduler.block(GateWait("calls and signals"), idle=True)
        finally:
            self._running = self._stopping = False

    def stop(self) -> None:
        self._stopping = True
        self._entrypoint.wake()

    def wait_io(self) -> None:
        with self._as_runner():
            while not self._handle_io():
                self._scheduler.block(GateWait("an I/O-level signal"))

    def poll_io(self) -> bool:
        """If there is none, everybody else may run first, so that one can poll for what others do."""
        with self._as_runner():
            if self._handle_io():
                return True
            self._scheduler.pause()
            return self._handle_io()

    def alarm(self, at: int | None, expired: Callable[[], None]) -> None:
        self._clock.clear(self._entrypoint)
        if self._alarm:
            self._entrypoint.withdraw(self._alarm)
            self._alarm = None
        if at is None or self._space.over:
            return

        def ring() -> None:
            self._alarm = None
            expired()

        alarm = self._alarm = Errand(ring)
        if at <= self._clock.now:
            self._entrypoint.post(alarm)
        else:
            self._clock.set(self._entrypoint, at, lambda: self._entrypoint.post(alarm))

    def post(self, errand: Errand) -> None:
        """Have the kernel's own work done within `run`."""
        self._entrypoint.post(errand)

    @contextmanager
    def _as_runner(self) -> Iterator[None]:
        self._scheduler.check()
        current, before = self._scheduler.current, self._entrypoint.runner
        if before not in (None, current):
            raise RuntimeError(f"thread {current.name!r} cannot handle what arrives at a gate of"
                               f" '{self._space.label}': that is up to {before.name if before else ''!r}")
        self._entrypoint.runner = current
        try:
            yield
        finally:
            self._entrypoint.runner = before

    def _own(self, handle: Handle, purpose: str) -> Identity:
        identity = self._space.identity(handle)
        if identity.entrypoint is not self._entrypoint:
            raise IpcError(f"'{self._space.label}' cannot {purpose} {identity} at this gate:"
                           " it was not allocated at this entrypoint")
        if identity.gone:
            raise IpcError(f"'{self._space.label}' cannot {purpose} {identity}: it was dissolved")
        return identity

    def _handle(self, event: Event) -> None:
        if isinstance(event, Request):
            self._serve(event)
        elif isinstance(event, Errand):
            event.perform()
        else:
            self._deliver(event)

    def _handle_io(self) -> bool:
        for event in self._entrypoint.queue:
            if isinstance(event, Identity) and self._entrypoint.listeners[event].io:
                self._entrypoint.queue.remove(event)
                self._deliver(event)
                return True
        return False

    def _deliver(self, context: Identity) -> None:
        count, context.submitted = context.submitted, 0
        self._entrypoint.listeners[context].deliver(count)

    def _serve(self, request: Request) -> None:
        server = self._entrypoint.servers.get(request.target)
        if server is None:
            request.fail(f"{request.target} is served by nobody: its entrypoint has no dispatch for it")
            return
        self._entrypoint.serving = request
        failed = f"{request.target} failed to serve the call"
        try:
            content, caps = server.dispatch(request.content, self._space.import_caps(request.caps))
        except Exception:
            self._space.record_failure(f"{self._scheduler.current.name}: {request.target}")
            request.fail(failed)
            return
        except BaseException:
            request.fail(failed)
            raise
        finally:
            self._entrypoint.serving = None
        self._reply(request, content, caps)

    def _reply(self, request: Request, content: bytes, caps: interface.Caps) -> None:
        try:
            check_size("reply", content, caps)
            request.reply(bytes(content), self._space.export_caps(caps))
        except (IpcError, TypeError) as error:
            self._space.record_failure(f"{self._scheduler.current.name}: {request.target}")
            request.fail(f"{request.target} gave no legal reply: {error}")
