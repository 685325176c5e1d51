"""The transport of a packet stream: a shared dataspace, and two signals, as either party holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bastide.base import (
    Account,
    Attached,
    Capability,
    DataspaceCap,
    Env,
    RamDataspace,
    SignalCap,
    SignalHandler,
    Transmitter,
)
from bastide.session.packet_stream import PacketChannel


class Channel(Protocol):
    """A party's end of the transport: the shared memory, where to tell the other party, and who owns all that."""

    @property
    def account(self) -> Account: ...

    @property
    def view(self) -> memoryview: ...

    @property
    def peer(self) -> Transmitter: ...


class ServedChannel(PacketChannel):
    """The server's end. All it takes is paid by `account`; `progress` is called when the client made some."""

    def __init__(self, env: Env, account: Account, size: int, progress: Callable[[], object]) -> None:
        self.account = account
        self._memory = RamDataspace(account, size)
        self._signal = SignalHandler(env, progress, account)
        self.peer = Transmitter()
        env.ep.manage(self, account)

    @property
    def view(self) -> memoryview:
        return self._memory.view

    def dataspace(self) -> DataspaceCap:
        return self._memory.cap

    def sigh(self, context: SignalCap | None) -> None:
        self.peer.context = context
        self.peer.submit()              # what was submitted or acknowledged before is not to be missed

    def progress(self) -> SignalCap:
        return self._signal.cap


class OpenedChannel:
    """The client's end. `progress` is called when the server made some."""

    def __init__(self, env: Env, channel: Capability[PacketChannel], progress: Callable[[], object],
                 payer: Account | None = None) -> None:
        remote = channel.client()
        self.account = (payer or env.account).sub(ram=0, caps=1)
        self._window = Attached(self.account, remote.dataspace())
        self._signal = SignalHandler(env, progress, self.account)
        self.peer = Transmitter(remote.progress())
        remote.sigh(self._signal.cap)

    @property
    def view(self) -> memoryview:
        return self._window.view

    def close(self) -> None:
        """Close the source or sink, too. The session's `close` comes after that."""
        self.account.close()
