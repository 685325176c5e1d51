"""Both ends of a Nic session, with their packet streams. Frames are whole Ethernet frames without checksum."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Account, Capability, Env, SessionDenied, SessionRequest, SignalCap, Transmitter
from bastide.lib.packet_stream import Format, OpenedChannel, Packet, ServedChannel, Sink, Slots, Source
from bastide.session.nic import SLOT, NicArgs, NicSession
from bastide.session.packet_stream import PacketChannel

FRAMES = Format(Packet, "II", 1024)

SHIFT = 2
"""By how much a frame is shifted within its slot, so that what is behind the Ethernet header is aligned."""

LARGEST = SLOT - SHIFT
"""Bytes of a frame. A server may be given larger ones by a client that does not care."""


def slots() -> Slots:
    return Slots(SLOT, SHIFT)


class Nic:
    """The client's end. `progress` is called when frames were received, or acknowledged."""

    def __init__(self, env: Env, label: str, progress: Callable[[], object], args: NicArgs | None = None, *,
                 payer: Account | None = None) -> None:
        self.session = NicSession.connect(env, label, args or NicArgs(), payer=payer)
        self._tx = OpenedChannel(env, self.session.tx(), progress, payer)
        self._rx = OpenedChannel(env, self.session.rx(), progress, payer)
        self.tx: Source[Packet] = Source(self._tx, FRAMES, slots())
        self.rx: Sink[Packet] = Sink(self._rx, FRAMES)

    def close(self) -> None:
        for part in (self._rx, self._tx, self.session):
            part.close()


class ServedNic(NicSession):
    """A server's end. `progress` is called when the client sent frames, or acknowledged some."""

    def __init__(self, env: Env, request: SessionRequest, mac: bytes, progress: Callable[[], object]) -> None:
        args = request.args(NicArgs)
        if min(args.tx_buf_size, args.rx_buf_size) < SLOT:
            raise SessionDenied(f"a buffer of '{request.label}' holds no frame: give tx_buf_size and rx_buf_size, "
                                f"{SLOT} bytes for each frame")
        account = request.account
        self._mac, self._up, self._link = mac, True, Transmitter()
        self._tx = ServedChannel(env, account, FRAMES.overhead + args.tx_buf_size, progress)
        self._rx = ServedChannel(env, account, FRAMES.overhead + args.rx_buf_size, progress)
        self.sent: Sink[Packet] = Sink(self._tx, FRAMES)
        self.received: Source[Packet] = Source(self._rx, FRAMES, slots())

    def mac_address(self) -> bytes:
        return self._mac

    def link_state(self) -> bool:
        return self._up

    def link_state_sigh(self, context: SignalCap | None) -> None:
        self._link.context = context

    def tx(self) -> Capability[PacketChannel]:
        return self._tx.cap

    def rx(self) -> Capability[PacketChannel]:
        return self._rx.cap

    def change_link(self, up: bool) -> None:
        if up != self._up:
            self._up = up
            self._link.submit()
