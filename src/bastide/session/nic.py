"""Nic: frames to and from a network. The server gives each client its address; `bastide.lib.nic` is what both use."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import Bytes, Capability, Session, SessionArgs, SignalCap, rpc
from bastide.session.packet_stream import PacketChannel

SLOT = 1600
"""Bytes of a buffer that one frame takes."""


@dataclass(frozen=True)
class NicArgs(SessionArgs):
    """Sizes of the buffers, for frames that the client sends and receives."""

    tx_buf_size: Bytes = Bytes(128 * SLOT)
    rx_buf_size: Bytes = Bytes(128 * SLOT)

    @property
    def ram(self) -> int:
        return self.tx_buf_size + self.rx_buf_size


class NicSession(Session):
    service, ram_quota, cap_quota = "Nic", "256K", 8

    @rpc
    def mac_address(self) -> bytes:
        """Six bytes."""
        ...

    @rpc
    def link_state(self) -> bool:
        """Whether there is a network at the other end."""
        ...

    @rpc
    def link_state_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that the link went up or down."""

    @rpc
    def tx(self) -> Capability[PacketChannel]:
        """Where the client is the source. A frame is acknowledged when it is sent, or dropped."""
        ...

    @rpc
    def rx(self) -> Capability[PacketChannel]:
        """Where the client is the sink."""
        ...
