"""Usb: devices on a bus, as far as the server's policy shows them to the client.

The client takes a device, and interfaces of it. Transfers are packets: those of a device are control transfers, those
of an interface bulk, interrupt and isochronous ones.
"""

from __future__ import annotations

from bastide.base import Capability, Interface, OutOfCaps, OutOfRam, Session, raises, rpc
from bastide.session.packet_stream import PacketChannel
from bastide.session.rom import RomSession


class UsbInterface(Interface):
    @rpc
    def tx(self) -> Capability[PacketChannel]: ...


class UsbDevice(Interface):
    @rpc
    @raises(OutOfRam, OutOfCaps)
    def acquire_interface(self, number: int, buffer_size: int) -> Capability[UsbInterface] | None: ...

    @rpc
    def release_interface(self, interface: Capability[UsbInterface]) -> None: ...

    @rpc
    def tx(self) -> Capability[PacketChannel]:
        """For control transfers."""
        ...


class UsbSession(Session):
    service, ram_quota, cap_quota = "Usb", "512K", 8

    @rpc
    def devices_rom(self) -> Capability[RomSession]:
        """The devices that the client may take: `devices` with a node `device` for each."""
        ...

    @rpc
    @raises(OutOfRam, OutOfCaps)
    def acquire_device(self, name: str) -> Capability[UsbDevice] | None:
        """None: there is no such device, or somebody has it."""
        ...

    @rpc
    @raises(OutOfRam, OutOfCaps)
    def acquire_single_device(self) -> Capability[UsbDevice] | None:
        """The first device, whatever its name."""
        ...

    @rpc
    def release_device(self, device: Capability[UsbDevice]) -> None: ...
