"""Sessions: what a client opens by `connect`, and what a server offers by `announce`.

A session class is the contract and nothing else: service name, usual donation, RPC functions. Two functions belong to
every session and travel through the parents instead of directly: `upgrade` and `close`. At the client they cause, at
the server they are called; that is why they mean the same on both sides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self, TypeVar

from bastide.base.account import Account
from bastide.base.errors import InvalidNode, OutOfCaps, OutOfRam, SessionDenied
from bastide.base.label import Label, select_policy
from bastide.base.node import Node
from bastide.base.rpc import Interface
from bastide.base.value import Bytes

if TYPE_CHECKING:
    from bastide.base.root import Root

A = TypeVar("A", bound="SessionArgs")
S = TypeVar("S", bound="Session")

UPGRADE_RAM, UPGRADE_CAPS = 8192, 2
"""What a session donates when its server asks for more in the middle of a call."""


class Affinity(NamedTuple):
    """A location in a grid of processors: the space, and a rectangle in it. No width: anywhere."""

    space_width: int = 0
    space_height: int = 0
    xpos: int = 0
    ypos: int = 0
    width: int = 0
    height: int = 0


ANYWHERE = Affinity()


@dataclass(frozen=True)
class SessionArgs:
    """What a client says beside its label. Derived classes add fields; `ram` is what their buffers cost in addition."""

    @property
    def ram(self) -> int:
        return 0


@dataclass(frozen=True)
class SessionRequest:
    """What a server learns about a session it is asked to create."""

    label: Label
    account: Account            # the client's donation: pays for, and owns, all that the session allocates
    raw_args: dict[str, str]
    affinity: Affinity = ANYWHERE

    def args(self, kind: type[A]) -> A:
        """The client's arguments, checked. Raises SessionDenied."""
        given = Node("args", self.raw_args, place=f"arguments of '{self.label}'")
        try:
            defaults: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(kind)}
            return kind(**{name: given.attribute(name, default) for name, default in defaults.items()})
        except InvalidNode as error:
            raise SessionDenied(str(error)) from None

    def policy(self, config: Node) -> Node:
        """The policy that the server's config has for this client. Raises SessionDenied."""
        policy = select_policy(config, self.label)
        if policy is None:
            raise SessionDenied(f"no policy defined for label '{self.label}' in {config.place or 'the config'}")
        return policy


class Session(Interface):
    service: ClassVar[str]
    ram_quota: ClassVar[str] = "8K"
    cap_quota: ClassVar[int] = 2

    _opened: Any = None

    @classmethod
    def connect(cls, env: Guest, label: str = "", args: SessionArgs | None = None, *,
                payer: Account | None = None, affinity: Affinity = ANYWHERE) -> Self:
        """Open a session, paid by `payer` (default: the component). Raises SessionDenied, OutOfRam, OutOfCaps."""
        return env.open_session(cls, label, args or SessionArgs(), payer or env.account, affinity)

    @classmethod
    def announce(cls, host: Host, create: Callable[[SessionRequest], Self]) -> Root[Self]:
        """Offer the service to `host`: the parent (an Env) or the children of a Sandbox."""
        from bastide.base.root import Root  # a client has no use for it
        root = Root(cls, create)
        host.provide(root)
        return root

    def upgrade(self, *, ram: int = 0, caps: int = 0) -> None:
        """Client: donate more. Server: called after more was donated."""
        if self._opened:
            self._opened.upgrade(ram, caps)

    def close(self) -> None:
        """Client: end the session. Server: called when it ends; what the session bought is released afterwards."""
        if self._opened:
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def pay(self, error: Exception) -> bool:
        """The server declares to need more: donate, as often as it does. The limit is the payer's account."""
        if not self._opened or not isinstance(error, OutOfRam | OutOfCaps):
            return False
        self.upgrade(ram=UPGRADE_RAM if isinstance(error, OutOfRam) else 0,
                     caps=UPGRADE_CAPS if isinstance(error, OutOfCaps) else 0)
        return True


class Guest(Protocol):
    """Who opens sessions: a component (its Env), or whoever stands in for one."""

    @property
    def account(self) -> Account: ...
    def open_session(self, kind: type[S], label: str, args: SessionArgs, payer: Account, affinity: Affinity) -> S: ...


class Host(Protocol):
    """Whom one can offer a service to."""

    def provide(self, root: Root[Any]) -> None: ...


def donation(kind: type[Session], args: SessionArgs) -> tuple[int, int]:
    """RAM and capabilities that opening a session usually costs."""
    return Bytes(kind.ram_quota) + args.ram, kind.cap_quota
