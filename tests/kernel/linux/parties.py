"""Components without processes: transports in one process that share a switchboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bastide.kernel.interface import Handle, IpcError
from bastide.kernel.linux.component import take_in
from bastide.kernel.linux.control import News
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.seal import voucher
from bastide.kernel.linux.switchboard import Entrypoint, Switchboard
from bastide.kernel.linux.transport import Transport
from bastide.kernel.linux.window import Part


class Party:
    """One component. `awake` is False while it takes no news; `ram` and `caps` are what it can pay its upkeep from."""

    def __init__(self, switchboard: Switchboard) -> None:
        self.switchboard, self.awake = switchboard, True
        self.ram, self.caps = 1 << 20, 100
        self.side = switchboard.side(self._take_in, self._pay)
        self.transport = Transport(self.side.number, self.side.key)
        self.transport.authority = self
        self.heard: list[News] = []

    def entrypoint(self) -> tuple[Entrypoint, LinuxGate]:
        made = self.switchboard.entrypoint(self.side)
        return made, self.transport.gate(self.handle(made, made.number))

    def handle(self, entrypoint: Entrypoint, identity: int) -> Handle:
        """A handle of this party."""
        return Handle(self.switchboard.handle(entrypoint, identity, self.side))

    def mint(self, entrypoint: Entrypoint, context: bool = False) -> Handle:
        return self.handle(entrypoint, self.switchboard.mint(entrypoint, context))

    def connect(self, handle: bytes, calls: bool) -> None:
        self.switchboard.connect(handle, self.side, calls)

    def passed_on(self, handle: bytes, receiver: int) -> bytes:
        return voucher(handle, receiver)

    def redeem(self, voucher: bytes, sender: int) -> bytes:
        return self.switchboard.redeem(voucher, sender, self.side)

    def memory(self, dataspace: bytes, writeable: bool, since: int) -> Part:
        raise IpcError("there are no dataspaces here")

    def page(self) -> int:
        raise IpcError("there are no pages here")

    def news(self) -> None:
        """Taken in at once."""

    def await_gate(self, number: int) -> None:
        """If it is there at all, it is there already."""

    def _pay(self, ram: int, caps: int) -> bool:
        if ram > self.ram or caps > self.caps:
            return False
        self.ram, self.caps = self.ram - ram, self.caps - caps
        return True

    def _take_in(self, news: News) -> bool:
        if not self.awake:
            return False
        self.heard.append(news)
        own = News(news.kind, news.first, news.second, news.third, tuple(map(os.dup, news.descriptors)))
        take_in(self.transport, own, lambda serial, descriptor: os.close(descriptor))
        return True


@contextmanager
def parties(count: int) -> Iterator[list[Party]]:
    """They leave in the end; nothing of them remains, and they have what they paid."""
    switchboard = Switchboard()
    made = [Party(switchboard) for _ in range(count)]
    yield made
    for party in made:
        party.awake = True
        switchboard.leave(party.side)
        party.transport.close()
    assert [(party.ram, party.caps) for party in made] == [(1 << 20, 100)] * count
