"""Both ends of Nic and Uplink sessions, with their packet streams. Frames are Ethernet frames without checksum."""

from __future__ import annotations

import re
from collections.abc import Callable

from bastide.base import Account, Capability, Env, SessionDenied, SessionRequest, SignalCap, Transmitter
from bastide.lib.packet_stream import Format, OpenedChannel, Packet, ServedChannel, Sink, Slots, Source
from bastide.session.nic import SLOT, NicArgs, NicSession
from bastide.session.packet_stream import PacketChannel
from bastide.session.uplink import UplinkArgs, UplinkSession

FRAMES = Format(Packet, "II", 1024)

SHIFT = 2
"""By how much a frame is shifted within its slot, so that what is behind the Ethernet header is aligned."""

LARGEST = SLOT - SHIFT
"""Bytes of a frame. A server may be given larger ones by a client that does not care."""

_MAC = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")


def slots() -> Slots:
    return Slots(SLOT, SHIFT)


class Frames:
    """A client's end of a session. `progress` is called when frames were received, or acknowledged."""

    def __init__(self, env: Env, session: NicSession | UplinkSession, progress: Callable[[], object],
                 payer: Account | None) -> None:
        self._tx = OpenedChannel(env, session.tx(), progress, payer)
        self._rx = OpenedChannel(env, session.rx(), progress, payer)
        self.tx: Source[Packet] = Source(self._tx, FRAMES, slots())
        self.rx: Sink[Packet] = Sink(self._rx, FRAMES)

    def wakeup(self) -> None:
        self.tx.wakeup()
        self.rx.wakeup()

    def close(self) -> None:
        self._rx.close()
        self._tx.close()


class Nic(Frames):
    """A network, for those who use it."""

    def __init__(self, env: Env, label: str, progress: Callable[[], object], args: NicArgs | None = None, *,
                 payer: Account | None = None) -> None:
        self.session = NicSession.connect(env, label, args or NicArgs(), payer=payer)
        super().__init__(env, self.session, progress, payer)

    def close(self) -> None:
        super().close()
        self.session.close()


class Uplink(Frames):
    """A network, for the driver of a device."""

    def __init__(self, env: Env, label: str, progress: Callable[[], object], args: UplinkArgs, *,
                 payer: Account | None = None) -> None:
        self.session = UplinkSession.connect(env, label, args, payer=payer)
        super().__init__(env, self.session, progress, payer)

    def close(self) -> None:
        super().close()
        self.session.close()


class ServedFrames:
    """A server's end of a session. `progress` is called when the client sent frames, or acknowledged some."""

    def __init__(self, env: Env, request: SessionRequest, args: NicArgs, progress: Callable[[], object]) -> None:
        if min(args.tx_buf_size, args.rx_buf_size) < SLOT:
            raise SessionDenied(f"a buffer of '{request.label}' holds no frame: give tx_buf_size and rx_buf_size, "
                                f"{SLOT} bytes for each frame")
        account = request.account
        self.tx = ServedChannel(env, account, FRAMES.overhead + args.tx_buf_size, progress)
        self.rx = ServedChannel(env, account, FRAMES.overhead + args.rx_buf_size, progress)
        self.sent: Sink[Packet] = Sink(self.tx, FRAMES)
        self.received: Source[Packet] = Source(self.rx, FRAMES, slots())

    def wakeup(self) -> None:
        self.received.wakeup()
        self.sent.wakeup()

    @property
    def broken(self) -> str:
        """Why this session carries nothing any more; empty as long as it does."""
        return self.sent.broken or self.received.broken


class ServedNic(NicSession):
    def __init__(self, env: Env, request: SessionRequest, mac: bytes, progress: Callable[[], object]) -> None:
        self.frames = ServedFrames(env, request, request.args(NicArgs), progress)
        self._mac, self._up, self._link = mac, True, Transmitter()

    def mac_address(self) -> bytes:
        return self._mac

    def link_state(self) -> bool:
        return self._up

    def link_state_sigh(self, context: SignalCap | None) -> None:
        self._link.context = context

    def tx(self) -> Capability[PacketChannel]:
        return self.frames.tx.cap

    def rx(self) -> Capability[PacketChannel]:
        return self.frames.rx.cap

    def change_link(self, up: bool) -> None:
        if up != self._up:
            self._up = up
            self._link.submit()


class ServedUplink(UplinkSession):
    def __init__(self, env: Env, request: SessionRequest, progress: Callable[[], object]) -> None:
        args = request.args(UplinkArgs)
        self.mac = mac_of(args.mac_address, request.label)
        self.frames = ServedFrames(env, request, args, progress)

    def tx(self) -> Capability[PacketChannel]:
        return self.frames.tx.cap

    def rx(self) -> Capability[PacketChannel]:
        return self.frames.rx.cap


def mac_of(text: str, label: str) -> bytes:
    """Raises SessionDenied."""
    if _MAC.fullmatch(text) is None:
        raise SessionDenied(f"the mac_address of '{label}' has to be such as 02:00:00:00:00:01, not '{text[:40]}'")
    return bytes.fromhex(text.replace(":", ""))
