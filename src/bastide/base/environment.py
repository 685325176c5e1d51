"""The interfaces without which there is no component: its parent, and the sessions that exist before it does.

`bastide.session` presents the sessions under the same names as all others (`bastide.session.rom.RomSession`). The order
of the functions is the order of their opcodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple

from bastide.base.capability import Capability
from bastide.base.dataspace import DataspaceCap
from bastide.base.errors import (
    InsufficientCaps,
    InsufficientRam,
    OutOfCaps,
    OutOfRam,
    QuotaExceeded,
    RegionConflict,
    SessionDenied,
    UnrelatedAccount,
)
from bastide.base.rpc import Interface, raises, rpc
from bastide.base.session import Affinity, Session
from bastide.base.signal import SignalCap


class EnvSession(IntEnum):
    """Fixed client-side IDs of the environment sessions, which the parent opens on behalf of the child."""

    PD, CPU, LOG, BINARY, LINKER = 1, 2, 3, 4, 5


FIRST_SESSION_ID = 16
"""Lower IDs belong to the environment."""


class Progress(Enum):
    """Whether an upgrade or close is finished, or will be told by the session signal.

    SHORT: the session is closed, but its server had spent some of the donation; `Parent.lost` says how much.
    """

    DONE, PENDING, SHORT = range(3)


class Response(Enum):
    """What a server answers to its parent about a session request."""

    DENIED, OK, CLOSED, INSUFFICIENT_RAM, INSUFFICIENT_CAPS = range(5)


class Resources(NamedTuple):
    """An amount of both budgets."""

    ram: int = 0
    caps: int = 0


class Parent(Interface):
    """What a component can ask of its parent. The parent never blocks in any of these."""

    @rpc
    def exit(self, value: int) -> None:
        """A hint: the parent decides when to destroy the child."""

    @rpc
    def announce(self, service: str) -> None:
        """Offer a service; requests for it arrive in the ROM `session_requests`."""

    @rpc
    def session_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that a pending session request, upgrade or close has completed."""

    @rpc
    @raises(SessionDenied, OutOfRam, OutOfCaps, InsufficientRam, InsufficientCaps)
    def session(self, id: int, service: str, args: str, affinity: Affinity) -> Capability[Session] | None:
        """The session, or None while the server has not answered; then `session_cap` after a signal."""

    @rpc
    @raises(SessionDenied, InsufficientRam, InsufficientCaps)
    def session_cap(self, id: int) -> Capability[Session] | None:
        """The session, None while it is pending. An error ends the request."""

    @rpc
    @raises(OutOfRam, OutOfCaps)
    def upgrade(self, id: int, donation: Resources) -> Progress: ...

    @rpc
    def close(self, id: int) -> Progress:
        """Unknown IDs and those of the environment: DONE, without effect."""
        ...

    @rpc
    def session_response(self, id: int, response: Response) -> None:
        """As a server: answer a request other than by a capability."""

    @rpc
    def main_thread_cap(self) -> Capability[Thread] | None: ...

    @rpc
    def deliver_session_cap(self, id: int, session: Capability[Session]) -> None:
        """As a server: answer a request to create a session."""

    @rpc
    def resource_avail_sigh(self, context: SignalCap | None) -> None: ...

    @rpc
    def resource_request(self, wanted: Resources) -> None:
        """Ask for more. Answered, if at all, by the resource-avail signal."""

    @rpc
    def yield_sigh(self, context: SignalCap | None) -> None: ...

    @rpc
    def yield_request(self) -> Resources:
        """What the parent would like to have back."""
        ...

    @rpc
    def yield_response(self) -> None: ...

    @rpc
    def heartbeat_sigh(self, context: SignalCap | None) -> None: ...

    @rpc
    def heartbeat_response(self) -> None: ...

    # For those who open sessions on behalf of others, and so have to know who got what back.

    @rpc
    def ended_session(self) -> int:
        """The ID of a session that was ended unasked, by its server or by a parent; 0 if there is none. Told once.

        What was donated for it is back already. The session signal tells when to ask.
        """
        ...

    @rpc
    def lost(self, id: int) -> Resources:
        """What did not come back of the donation for a session whose closing was SHORT, told once."""
        ...


class LogSession(Session):
    service, ram_quota, cap_quota = "LOG", "8K", 2

    @rpc
    def write(self, text: str) -> None:
        """One line of at most 231 bytes, with its newline. What is longer is cut."""


class RomSession(Session):
    service, ram_quota, cap_quota = "ROM", "6K", 3

    @rpc
    @raises(OutOfRam, OutOfCaps)
    def dataspace(self) -> DataspaceCap | None:
        """The current content, or None. Each call may replace the dataspace handed out before."""

    @rpc
    def update(self) -> bool:
        """Refresh in place. True: the dataspace handed out is now current. False: ask for it again."""
        ...

    @rpc
    def sigh(self, context: SignalCap | None) -> None:
        """Register for changes. Signals at once if the content handed out is already out of date."""


class PdAccount(Interface):
    """A budget of RAM and capabilities, as others refer to it."""

    @rpc
    @raises(QuotaExceeded, UnrelatedAccount)
    def transfer_quota(self, to: Capability[PdAccount], amount: Resources) -> None:
        """Move both amounts, or none, to or from the reference account."""


class PdQuota(NamedTuple):
    """RAM in bytes, and capabilities. `used` includes what the heap takes beyond the platform's allowance."""

    ram_limit: int
    ram_used: int
    cap_limit: int
    cap_used: int

    @property
    def ram_avail(self) -> int:
        return self.ram_limit - self.ram_used

    @property
    def cap_avail(self) -> int:
        return self.cap_limit - self.cap_used


class NativeEntrypoint(Interface):
    """An entrypoint as core knows it; identities are allocated for it. It has no functions."""


@dataclass(frozen=True)
class RegionAttr:
    """How to attach: `size` 0 is the rest after `offset`; `at` None lets the map choose. Bytes, whole pages."""

    size: int = 0
    offset: int = 0
    at: int | None = None
    writeable: bool = False


@dataclass(frozen=True)
class Range:
    start: int
    size: int


class RegionMap(Interface):
    """An arrangement of dataspaces, itself attachable as one (managed) dataspace."""

    @rpc
    @raises(OutOfRam, OutOfCaps, RegionConflict)
    def attach(self, dataspace: DataspaceCap, attr: RegionAttr) -> Range: ...

    @rpc
    def detach(self, start: int) -> None: ...

    @rpc
    def dataspace(self) -> DataspaceCap:
        """Attachable like any, but in no other map. A window to it has the regions that there were when it opened."""
        ...


class RmSession(Session):
    service, ram_quota, cap_quota = "RM", "64K", 2

    @rpc
    @raises(OutOfRam, OutOfCaps, RegionConflict)
    def create(self, size: int) -> Capability[RegionMap]: ...

    @rpc
    def destroy(self, map: Capability[RegionMap]) -> None: ...


class PdSession(PdAccount, Session):
    """A protection domain: a capability space, an account, and where memory and identities are bought."""

    service, ram_quota, cap_quota = "PD", "192K", 13

    @rpc
    @raises(OutOfCaps)
    def alloc_entrypoint(self) -> Capability[NativeEntrypoint]: ...

    @rpc
    def free_entrypoint(self, entrypoint: Capability[NativeEntrypoint]) -> None: ...

    @rpc
    @raises(OutOfCaps)
    def alloc_context(self, entrypoint: Capability[NativeEntrypoint]) -> SignalCap: ...

    @rpc
    def free_context(self, context: SignalCap) -> None: ...

    @rpc
    @raises(OutOfCaps)
    def alloc_rpc_cap(self, entrypoint: Capability[NativeEntrypoint]) -> Capability[Interface]: ...

    @rpc
    def free_rpc_cap(self, cap: Capability[Interface]) -> None: ...

    @rpc
    @raises(UnrelatedAccount)
    def ref_account(self, account: Capability[PdAccount]) -> None:
        """Set once; quota moves between an account and its reference account only."""

    @rpc
    @raises(QuotaExceeded, UnrelatedAccount)
    def relay_quota(self, source: Capability[PdAccount], target: Capability[PdAccount], taken: Resources,
                    given: Resources) -> None:
        """As reference account of both: take from `source` and give to `target` in one step, or do nothing.

        The difference goes to, or comes from, this account.
        """

    @rpc
    @raises(OutOfRam, OutOfCaps)
    def alloc_ram(self, size: int) -> DataspaceCap:
        """Zeroed memory; costs the size in whole pages and one capability."""
        ...

    @rpc
    def free_ram(self, dataspace: DataspaceCap) -> None:
        """Dataspaces of other domains are left alone."""

    @rpc
    def seal_ram(self, dataspace: DataspaceCap) -> None:
        """Make later attachments read-only."""

    @rpc
    def ram_size(self, dataspace: DataspaceCap) -> int: ...

    @rpc
    def quota(self) -> PdQuota: ...

    def pay(self, error: Exception) -> bool:
        """What the domain lacks is quota, which moves by `transfer_quota`: more donated for its session is no help."""
        return False


class ThreadRun(Enum):
    RUNNING, EXITED, FAULTED = range(3)


@dataclass(frozen=True)
class ThreadState:
    """`fault` names the exception (`SIGSEGV`), `code` is what the program ended with."""

    run: ThreadRun
    code: int = 0
    fault: str = ""


class Thread(Interface):
    """The program of a protection domain, seen from its parent."""

    @rpc
    def state(self) -> ThreadState: ...

    @rpc
    def heartbeat(self) -> SignalCap | None:
        """Where to ask whether the program still reacts. It answers by its parent's `heartbeat_response`."""
        ...


class CpuSession(Session):
    service, ram_quota, cap_quota = "CPU", "36K", 6

    @rpc
    @raises(OutOfRam, OutOfCaps, SessionDenied)
    def start(self, pd: Capability[PdSession], name: str, binary: DataspaceCap, parent: Capability[Parent],
              affinity: Affinity) -> Capability[Thread]:
        """Run a binary in a protection domain; `parent` is all it holds. SessionDenied: the text says why not."""
        ...

    @rpc
    def kill_thread(self, thread: Capability[Thread]) -> None:
        """Threads of other sessions are left alone."""

    @rpc
    def exception_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that a thread of this session exited or faulted."""

    @rpc
    def affinity_space(self) -> Affinity: ...
