"""Uplink: a network device as client of whoever shares it out. `bastide.lib.nic` is what both ends use.

No link state: when the link goes down, the driver closes its session, and opens another one when it is up again.
"""

from __future__ import annotations

from dataclasses import dataclass

from bastide.base import Capability, Session, rpc
from bastide.session.nic import NicArgs
from bastide.session.packet_stream import PacketChannel


@dataclass(frozen=True)
class UplinkArgs(NicArgs):
    """`mac_address` is the device's, as `02:00:00:00:00:01`."""

    mac_address: str = ""


class UplinkSession(Session):
    service, ram_quota, cap_quota = "Uplink", "256K", 8

    @rpc
    def tx(self) -> Capability[PacketChannel]:
        """Where the device is the source: of frames that came from the wire."""
        ...

    @rpc
    def rx(self) -> Capability[PacketChannel]:
        """Where the device is the sink: of frames that are to be sent."""
        ...
