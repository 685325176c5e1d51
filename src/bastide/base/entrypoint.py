"""The entrypoint: RPC functions and signal handlers of a component, one at a time, in one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bastide.base.account import Account, Domain, Resource
from bastide.base.capability import Capability
from bastide.base.platform import Caps, Gate, Handle
from bastide.base.rpc import Interface, dispatcher
from bastide.base.value import Duration

I = TypeVar("I", bound=Interface)  # noqa: E741  # the conventional letter for an interface
T = TypeVar("T")

Failed = Callable[[BaseException], None]


class Entrypoint:
    """`failed` is told what goes wrong in handlers, and what RPC functions raise without declaring it."""

    def __init__(self, domain: Domain, identity: Handle, failed: Failed) -> None:
        self.domain, self.identity, self._failed = domain, identity, failed
        self.gate: Gate = domain.kernel.gate(identity)
        self._objects: dict[Handle, _Managed] = {}
        self._deferred: dict[Callable[[], object], None] = {}
        self._alarms: dict[Callable[[], object], Duration] = {}

    def manage(self, target: I, payer: Account) -> Capability[I]:
        """Make `target` callable; one capability of `payer`. Raises OutOfCaps."""
        managed = _Managed(self, target, payer)
        self._objects[managed.handle] = managed
        return target.cap

    def dissolve(self, target: Interface) -> None:
        """Revoke every copy of the object's capability, in the whole system."""
        self._objects[target.cap.handle].close()

    def object_of(self, cap: Capability[Any] | None, kind: type[T]) -> T | None:
        """The own object behind a capability that came back as an argument; None if it is no own `kind`."""
        managed = self._objects.get(cap.handle) if cap else None
        return managed.target if managed and isinstance(managed.target, kind) else None

    def run(self) -> None:
        """Serve until `stop`."""
        self.gate.run()

    def stop(self) -> None:
        """End `run` after what is being served. Callable from any thread."""
        self.gate.stop()

    def wait_for_io(self) -> None:
        """Block until one I/O-level signal was handled. Legal inside an RPC function or handler."""
        self.end_activation()
        self.gate.wait_io()

    def dispatch_pending_io(self) -> bool:
        """Handle one pending I/O-level signal if there is one, and tell so."""
        return self.gate.poll_io()

    def now(self) -> Duration:
        """Monotonic time of the machine. For timer drivers and for parents, whose Timer may be a child of theirs;
        others ask the Timer service."""
        return Duration(self.domain.kernel.now())

    def alarm(self, at: Duration | None, function: Callable[[], object]) -> None:
        """Call `function` within `run` once `now()` reached `at`; None: never. A function has one alarm at a time."""
        if at is None:
            self._alarms.pop(function, None)
        else:
            self._alarms[function] = at
        self._set_alarm()

    def defer(self, function: Callable[[], object]) -> None:
        """Call `function` once when the current RPC function or handler is done, however often it was deferred."""
        self._deferred[function] = None

    def activate(self, function: Callable[[], object]) -> None:
        """Run one handler: a failure is logged and the component goes on."""
        try:
            function()
        except Exception as error:              # the last resort: a handler has no caller to tell
            self._failed(error)
        if self._deferred:
            self.end_activation()

    def end_activation(self) -> None:
        """Run what was deferred, and what that defers."""
        while self._deferred:
            pending, self._deferred = self._deferred, {}
            for function in pending:
                try:
                    function()
                except Exception as error:      # as in `activate`
                    self._failed(error)

    def _set_alarm(self) -> None:
        self.gate.alarm(min(self._alarms.values(), default=None), self._expire)

    def _expire(self) -> None:
        now = self.now()
        due = sorted((function for function, at in self._alarms.items() if at <= now), key=self._alarms.__getitem__)
        for function in due:
            if self._alarms.get(function, now + 1) <= now:      # else one before it cancelled or moved it
                del self._alarms[function]
                self.activate(function)
        self._set_alarm()


class _Managed(Resource):
    """An object that can be called, as its entrypoint keeps it."""

    def __init__(self, ep: Entrypoint, target: Interface, payer: Account) -> None:
        super().__init__(payer, caps=1)
        self.ep, self.target = ep, target
        self._born = False
        self.handle: Handle
        try:
            self.handle = payer.obtain(lambda: ep.domain.alloc_rpc_cap(ep.identity), 0, 1)
        except BaseException:
            self.close()
            raise
        self._born = True
        target._cap = Capability(self.handle, type(target), ep.domain.kernel)
        self._dispatch = dispatcher(target, ep.domain.kernel)
        ep.gate.serve(self.handle, self.serve)

    def serve(self, request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        ep = self.ep
        try:
            return self._dispatch(request, caps)
        except Exception as error:
            ep._failed(error)
            raise
        finally:
            if ep._deferred:
                ep.end_activation()

    def _release(self) -> None:
        if self._born:
            ep = self.ep
            del ep._objects[self.handle]
            ep.gate.dissolve(self.handle)
            ep.domain.free_rpc_cap(self.handle)
            self.target._cap = None
