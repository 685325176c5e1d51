"""The environment: all that a component has when it comes to life."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from bastide.base import args as session_args
from bastide.base.account import Account, Resource
from bastide.base.capability import Capability
from bastide.base.entrypoint import Entrypoint
from bastide.base.environment import (
    FIRST_SESSION_ID,
    CpuSession,
    EnvSession,
    LogSession,
    Parent,
    PdSession,
    Progress,
    Resources,
)
from bastide.base.errors import (
    InsufficientCaps,
    InsufficientRam,
    InvalidArgs,
    IpcError,
    OutOfCaps,
    OutOfRam,
    SessionDenied,
)
from bastide.base.failures import Failures
from bastide.base.log import Log
from bastide.base.node import Node
from bastide.base.platform import Handle, Kernel
from bastide.base.rom import Rom
from bastide.base.root import AnyRoot
from bastide.base.rpc import Interface
from bastide.base.session import Affinity, Session, SessionArgs, donation
from bastide.base.signal import IoSignalHandler, SignalCap, SignalContext, SignalHandler

if TYPE_CHECKING:
    from functools import cached_property
else:
    class cached_property:  # it stands for the one of functools
        """Computed at first use. That of Python 3.11 holds a lock meanwhile, shared by all components of a process,
        and these computations call other components."""

        def __init__(self, function):
            self.function, self.__doc__ = function, function.__doc__

        def __get__(self, instance, owner):
            value = vars(instance)[self.function.__name__] = self.function(instance)
            return value

S = TypeVar("S", bound=Session)
T = TypeVar("T")

Construct = Callable[["Env"], object]
"""What a component's module defines as `construct`; the runtime keeps the result for the life of the component."""

STEP_RAM, STEP_CAPS = 4096, 4
"""By how much a donation grows when a server finds it too small."""

HEAP_STEP = 1 << 20
"""What is asked for when the heap is exhausted: what Python's allocator takes at once."""


class Exit(BaseException):
    """Unwinds a component that asked to end. It is no error, so nothing but the runtime should catch it."""

    def __init__(self, value: int) -> None:
        self.value = value


class Config(Rom):
    """The ROM `config`, which also says in which syntax its component is to write."""

    generate_xml = False
    """As of the content that was read last."""

    @property
    def node(self) -> Node:
        node = super().node
        self.generate_xml = node.value("generate_xml", False)
        return node


class Env:
    def __init__(self, kernel: Kernel, name: str, entrypoint: Handle, parent: Handle, heartbeat: Handle) -> None:
        self.kernel, self.name = kernel, name
        self.parent: Parent = Capability(parent, Parent, kernel).client()
        self.pd = PdSession.stub(self._env_session(EnvSession.PD))
        self.pd_cap = self.pd.cap
        self.domain = PdDomain(self.pd, kernel)
        self._failures = Failures(self._tell, kernel.now, self._heap_exhausted)
        self.report = self._failures.report
        """Log what went wrong in code that has no caller to tell. Many failures that look alike are counted."""
        self.ep = Entrypoint(self.domain, entrypoint, self.report)
        self._base = 0, 0               # RAM and capabilities that were in use when the budget was first looked at
        self._ids = itertools.count(FIRST_SESSION_ID)
        self.lent_ram = self.lent_caps = 0
        """What is with servers as donations: in use here, and no part of the domain's limits at core."""
        self._waiting: dict[Entrypoint, IoSignalHandler] = {}
        self._listening: list[SignalHandler] = []
        self._answered: IoSignalHandler | None = None
        self._asking = False
        # Before the component is constructed: one that gets stuck in that is to be noticed as well. Whoever ran out of
        # capabilities has none for another handler, so grants of resources are told by the same signal.
        self._heartbeat: SignalCap = Capability(heartbeat, SignalContext, kernel)
        self.ep.gate.listen(heartbeat, lambda count: self.ep.activate(self._beat), True)

    @cached_property
    def account(self) -> Account:
        """The component's budget. Raises OutOfRam and OutOfCaps when it is exhausted."""
        quota = self.pd.quota()
        self._base = quota.ram_used, quota.cap_used
        return Account(self.domain, quota.ram_avail, quota.cap_avail, shortage=self._refresh)

    @cached_property
    def patient(self) -> Account:
        """The same budget, but whoever pays from it waits until the parent gave enough, and says so in the log."""
        account = Account(self.domain, 0, 0, shortage=self._ask_for_more)
        account.ram, account.caps = self.account.ram, self.account.caps
        return account

    @cached_property
    def log(self) -> Log:
        """Output, through the environment's LOG session."""
        return Log(LogSession.stub(self._env_session(EnvSession.LOG)))

    @cached_property
    def cpu(self) -> CpuSession:
        return CpuSession.stub(self._env_session(EnvSession.CPU))

    @cached_property
    def config(self) -> Config:
        """The ROM `config`."""
        return Config(self, "config")

    @property
    def generates_xml(self) -> bool:
        """Whether the config says `generate_xml: yes`, for what this component writes into ROMs and reports."""
        config: Config | None = vars(self).get("config")        # who never looked at it did not see that wish
        return config is not None and config.generate_xml

    def encode(self, node: Node) -> bytes:
        """The node as content of a ROM or report: in XML if the config says so, else in HID."""
        return node.encode(as_xml=self.generates_xml)

    @cached_property
    def _services(self) -> Any:
        from bastide.base.services import Services  # a client has no use for it
        return Services(self)

    def provide(self, root: AnyRoot) -> None:
        """Announce a service to the parent; components write `SomeSession.announce(env, create)`."""
        self._services.provide(root)

    def exit(self, value: int = 0) -> NoReturn:
        """Ask the parent to end this component. Does not return."""
        with suppress(IpcError):        # there is no parent any more, so nobody minds
            self.parent.exit(value)
        raise Exit(value)

    def entrypoint(self, name: str, payer: Account | None = None) -> Entrypoint:
        """A further entrypoint, in a thread of its own. It costs one capability."""
        account = payer or self.account
        account.charge(0, 1)
        try:
            ep = Entrypoint(self.domain, self.domain.alloc_entrypoint(), self.report)
        except BaseException:
            account.refund(0, 1)
            raise
        self.kernel.start_thread(lambda: run(ep), name)
        return ep

    def open_session(self, kind: type[S], label: str, args: SessionArgs, payer: Account, affinity: Affinity) -> S:
        """Open a session and wait for it; donate more as long as the server asks for more. Raises SessionDenied."""
        ram, caps = donation(kind, args)
        while True:
            opened = _Opened(self, next(self._ids), payer, ram, caps)
            try:
                session = kind.stub(opened.request(kind, label, args, affinity))
                session._opened = opened
                return session
            except InsufficientRam:
                ram += STEP_RAM
            except InsufficientCaps:
                caps += STEP_CAPS
            opened.close()

    def session_id(self) -> int:
        """A client-side session ID that is not in use, for those who speak to the parent themselves."""
        return next(self._ids)

    def wait_until(self, answer: Callable[[], T | None]) -> T:
        """Ask again after every session signal, until there is an answer. Signals of that level only are handled."""
        while (result := answer()) is None:
            self._wait_for_session_signal()
        return result

    def _wait_for_session_signal(self) -> None:
        """Several entrypoints may wait at once: the parent tells the initial one, which passes it on."""
        ep = _current_entrypoint(self)
        if ep is not self.ep and ep not in self._waiting:
            self._waiting[ep] = IoSignalHandler(self, lambda: None, ep=ep)
            return                      # what was told before this one listened must not be missed: ask again
        ep.wait_for_io()

    def listen_for_answers(self, handler: SignalHandler | None = None) -> None:
        """Register for the session signal, before the first request that may stay pending; `handler` gets it too."""
        if handler is not None:
            self._listening.append(handler)
        if self._answered is None:
            self._answered = IoSignalHandler(self, self._pass_on)
            self.parent.session_sigh(self._answered.cap)

    def _tell(self, text: str) -> None:
        with suppress(IpcError):        # who could hear it is gone
            self.log.error(text)

    def _beat(self) -> None:
        """Let the parent see that this component reacts: it does as long as its entrypoint handles I/O-level signals.
        """
        self.parent.heartbeat_response()
        if self._asking:
            self._pass_on()

    def _pass_on(self) -> None:
        for handler in (*self._waiting.values(), *self._listening):
            handler.submit()

    def _env_session(self, id: EnvSession) -> Capability[Session]:
        cap = self.parent.session_cap(id)
        if cap is None:
            raise SessionDenied(f"{self.name}: the parent provides no {id.name} session as environment")
        return cap

    def _refresh(self, ram: int, caps: int) -> bool:
        """Look whether the parent has given more in the meantime."""
        quota = self.pd.quota()
        donated = self._services.donated if "_services" in self.__dict__ else (0, 0)
        more = (quota.ram_limit + self.lent_ram - self._base[0] - donated[0] - self.account.ram.limit,
                quota.cap_limit + self.lent_caps - self._base[1] - donated[1] - self.account.caps.limit)
        if more != (0, 0):
            self.account.grow(*more)
        return more[0] > 0 or more[1] > 0

    def _heap_exhausted(self) -> None:
        quota = self.pd.quota()
        used, limit = quota.ram_used >> 10, quota.ram_limit >> 10
        self.log.error(f"the heap of {self.name} is exhausted: with it, {used}K of the {limit}K "
                       "of its RAM quota are in use; a higher `ram` would help")
        self.parent.resource_request(Resources(HEAP_STEP))

    def _ask_for_more(self, ram: int, caps: int) -> bool:
        if self._refresh(ram, caps):
            return True
        short = ram > self.account.ram.avail, caps > self.account.caps.avail
        if short == (False, False):     # the books are wrong, as the domain refused
            short = True, True
        wanted = Resources(ram + STEP_RAM if ram and short[0] else 0, max(caps, STEP_CAPS) if caps and short[1] else 0)
        self.log.warning(f"waiting for resources of the parent: ram_quota={wanted.ram}, cap_quota={wanted.caps}")
        if not self._asking:
            self.parent.resource_avail_sigh(self._heartbeat)
        self._asking = True
        self.parent.resource_request(wanted)
        while not self._refresh(ram, caps):
            self._wait_for_session_signal()
        return True


class PdDomain:
    """The component's own protection domain, as its accounts see it."""

    def __init__(self, pd: PdSession, kernel: Kernel) -> None:
        self._pd, self.kernel = pd, kernel

    def _cap(self, handle: Handle) -> Capability[Any]:
        return Capability(handle, Interface, self.kernel)

    def alloc_ram(self, size: int) -> Handle:
        return self._pd.alloc_ram(size).handle

    def free_ram(self, dataspace: Handle) -> None:
        self._pd.free_ram(self._cap(dataspace))

    def seal_ram(self, dataspace: Handle) -> None:
        self._pd.seal_ram(self._cap(dataspace))

    def alloc_rpc_cap(self, entrypoint: Handle) -> Handle:
        return self._pd.alloc_rpc_cap(self._cap(entrypoint)).handle

    def free_rpc_cap(self, identity: Handle) -> None:
        self._pd.free_rpc_cap(self._cap(identity))

    def alloc_context(self, entrypoint: Handle) -> Handle:
        return self._pd.alloc_context(self._cap(entrypoint)).handle

    def free_context(self, context: Handle) -> None:
        self._pd.free_context(self._cap(context))

    def alloc_entrypoint(self) -> Handle:
        return self._pd.alloc_entrypoint().handle

    def free_entrypoint(self, entrypoint: Handle) -> None:
        self._pd.free_entrypoint(self._cap(entrypoint))


class _Opened(Resource):
    """The client's half of a session: its ID at the parent and what was donated."""

    def __init__(self, env: Env, id: int, payer: Account, ram: int, caps: int) -> None:
        self.env, self.id, self._requested = env, id, False
        super().__init__(payer, ram=ram, caps=caps)
        self._lend(ram, caps)

    def request(self, kind: type[Session], label: str, args: SessionArgs, affinity: Affinity) -> Capability[Any]:
        ram, caps = self._price
        fields: dict[str, object] = {"label": label, "ram_quota": ram, "cap_quota": caps} | vars(args)
        parent, text = self.env.parent, self._formatted(fields)
        self.env.listen_for_answers()
        self._requested = True
        try:
            cap = parent.session(self.id, kind.service, text, affinity)
            return self.env.wait_until(lambda: parent.session_cap(self.id)) if cap is None else cap
        except (InsufficientRam, InsufficientCaps):
            self._requested = False
            raise
        except (SessionDenied, OutOfRam, OutOfCaps):
            self._requested = False
            self.close()
            raise
        except Exception:               # the answer got lost, as when a server dies just then: the session may be open
            with suppress(IpcError):
                self.close()
            raise

    def _formatted(self, fields: dict[str, object]) -> str:
        try:
            return session_args.format(fields)
        except InvalidArgs:
            self.close()
            raise

    def upgrade(self, ram: int, caps: int) -> None:
        account = self._account
        if account is None:
            raise SessionDenied("this session is closed")
        account.charge(ram, caps)
        try:
            progress = self.env.parent.upgrade(self.id, Resources(ram, caps))
        except BaseException:
            account.refund(ram, caps)
            raise
        self._price = (self._price[0] + ram, self._price[1] + caps)
        self._lend(ram, caps)
        if progress is Progress.PENDING:
            self.env.wait_until(lambda: self.env.parent.session_cap(self.id))

    def _release(self) -> None:
        if self._requested:
            self._requested = False
            self.env.wait_until(self._closed)
        self._lend(-self._price[0], -self._price[1])

    def _lend(self, ram: int, caps: int) -> None:
        self.env.lent_ram += ram
        self.env.lent_caps += caps

    def _closed(self) -> bool | None:
        return None if self.env.parent.close(self.id) is Progress.PENDING else True


_here = threading.local()


def run(ep: Entrypoint) -> None:
    """Serve an entrypoint in this thread."""
    _here.ep = ep
    ep.run()


def forget_entrypoint() -> None:
    """This thread serves none any more."""
    del _here.ep


def _current_entrypoint(env: Env) -> Entrypoint:
    ep: Entrypoint = getattr(_here, "ep", env.ep)
    return ep
