"""Signals: notifications without payload, which coalesce. A handler re-reads the state it is interested in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bastide.base.account import Account, Resource
from bastide.base.capability import Capability
from bastide.base.rpc import Interface

if TYPE_CHECKING:
    from bastide.base.entrypoint import Entrypoint
    from bastide.base.env import Env


class SignalContext(Interface):
    """Target of signals. It has no functions: all its holder can do is to submit."""


SignalCap = Capability[SignalContext]


class SignalHandler(Resource):
    """Calls a function in an entrypoint after a signal; costs one capability of `payer`.

    Several submissions before the function runs show as one call; none is lost.
    """

    io = False

    def __init__(self, env: Env, function: Callable[[], object], payer: Account | None = None, *,
                 ep: Entrypoint | None = None) -> None:
        account = payer or env.account
        self._ep, self._domain, self._born = ep or env.ep, account.domain, False
        super().__init__(account, caps=1)
        try:
            handle = account.obtain(lambda: self._domain.alloc_context(self._ep.identity), 0, 1)
        except BaseException:
            self.close()
            raise
        self._born = True
        self.cap: SignalCap = Capability(handle, SignalContext, self._domain.kernel)
        activate = self._ep.activate
        self._ep.gate.listen(handle, lambda count: activate(function), self.io)

    def submit(self) -> None:
        """Trigger the own handler: it runs later, after others had their turn."""
        self._domain.kernel.submit(self.cap.handle, 1)

    def _release(self) -> None:
        if self._born:
            self._ep.gate.dissolve(self.cap.handle)
            self._domain.free_context(self.cap.handle)


class IoSignalHandler(SignalHandler):
    """A handler that also runs while the entrypoint waits in `wait_for_io`."""

    io = True


class Transmitter:
    """Where a server keeps the context that its client registered. Submitting without one does nothing."""

    __slots__ = ("context",)

    def __init__(self, context: SignalCap | None = None) -> None:
        self.context = context

    def submit(self, count: int = 1) -> None:
        if (context := self.context) is not None:
            context.kernel.submit(context.handle, count)
