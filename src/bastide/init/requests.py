"""The session requests that wait for one server child, and the ROM `session_requests` that shows them to it.

The ROM is on the path of every session that children open at one another. So its text is put together from pieces that
were written when the requests came up, and only when the server asks for it: several requests cost one update. The
memory is attached once and written in place, while the server waits for the answer of `update`.

The text is bounded. Requests that do not fit wait until the server answered others, the oldest come first; upgrades and
closes go before creates.
"""

from __future__ import annotations

from itertools import chain, count

from bastide.base import Account, BastideError, DataspaceCap, Node, RamDataspace, SignalCap, Transmitter, xml
from bastide.base.dataspace import PAGE
from bastide.base.environment import Resources, RomSession
from bastide.init.session_state import Phase, SessionState

LARGEST = 4 * PAGE
"""Bytes of the ROM, enough for some fifty requests. Beyond the first page init pays: the server did not ask for it."""

_HID = b"session_requests\n", b"-\n\0"
_XML = b"<session_requests>\n", b"</session_requests>\n\0"


class RequestTable:
    """Sessions of one server, by the numbers that init gave them, and what of them is to be answered.

    `as_xml` is the syntax of the ROM for as long as the server lives: pieces of both would not fit together.
    """

    def __init__(self, *, as_xml: bool = False) -> None:
        self._as_xml = as_xml
        self.sessions: dict[int, SessionState] = {}
        self.roms: list[RequestsRom] = []
        self._numbers = count(1)
        self._creates: dict[int, bytes] = {}
        self._others: dict[int, bytes] = {}
        self._shown = 0
        """Creates with a number up to this one may have been seen by the server."""
        self._hidden = False            # there are requests that did not fit into what the server saw last

    def create(self, session: SessionState) -> None:
        """Raises InvalidArgs."""
        text = session.args_text
        session.number = number = next(self._numbers)
        self._creates[number] = self._piece(f"+ create | id: {number}{_attribute('service', session.service.name)}"
                                            f"{_attribute('label', session.label)}\n  + args\n    : {text}\n"
                                            f"{_affinity(session)}")
        self.sessions[number] = session
        self._notify()

    def upgrade(self, session: SessionState, amount: Resources) -> None:
        session.upgrade = amount
        self._others[session.number] = self._piece(f"+ upgrade | id: {session.number} | ram_quota: {amount.ram} | "
                                                   f"cap_quota: {amount.caps}\n")
        self._notify()

    def close(self, session: SessionState) -> None:
        if session.number in self.sessions:
            self._others[session.number] = self._piece(f"+ close | id: {session.number}\n")
            self._notify()
        else:
            session.phase = Phase.CLOSED            # the server is gone

    def seen(self, session: SessionState) -> bool:
        """Whether the server may know the request."""
        return session.number in self.sessions and session.number <= self._shown

    def withdraw(self, session: SessionState) -> bool:
        """Drop a request to create that the server has not seen."""
        if self.seen(session):
            return False
        self.forget(session)
        return True

    def settled(self, session: SessionState) -> None:
        """What was asked of the server is answered."""
        self._creates.pop(session.number, None)
        self._others.pop(session.number, None)
        if self._hidden:                # there is room for one that had to wait
            self._hidden = False
            self._notify()

    def forget(self, session: SessionState) -> None:
        """The server has nothing to do with it any more."""
        self.settled(session)
        self.sessions.pop(session.number, None)

    def abandon(self) -> None:
        """The server is gone: it answers nothing any more."""
        sessions, self.sessions = self.sessions, {}
        self._creates.clear()
        self._others.clear()
        for session in sessions.values():
            session.ended()

    def text(self, limit: int) -> tuple[bytes, bool]:
        """As many requests as `limit` bytes hold, and whether these were all."""
        head, tail = _XML if self._as_xml else _HID
        pieces, room, whole = [head], limit - len(head) - len(tail), True
        for number, piece in chain(self._others.items(), self._creates.items()):
            if (room := room - len(piece)) < 0:
                whole = False
                break
            pieces.append(piece)
            self._shown = max(self._shown, number)
        pieces.append(tail)
        self._hidden = not whole
        return b"".join(pieces), whole

    def _piece(self, text: str) -> bytes:
        """One request as it stands in the ROM, given in HID."""
        piece = text.encode(errors="replace")
        if self._as_xml:
            [request] = Node.parse(b"session_requests\n" + piece + b"-\n").children
            piece = xml.write(request).encode()
        return piece

    def _notify(self) -> None:
        for rom in self.roms:
            rom.changed.submit()


class RequestsRom(RomSession):
    """The requests as the server sees them."""

    def __init__(self, account: Account, wealthy: Account, table: RequestTable) -> None:
        self._account, self._wealthy, self._table = account, wealthy, table
        self._memory: RamDataspace | None = None
        self.changed = Transmitter()
        table.roms.append(self)

    def dataspace(self) -> DataspaceCap | None:
        if self._memory is None:
            self._memory = RamDataspace(self._account, PAGE)
        if not self._write(self._memory) and self._memory.size < LARGEST:
            self._grow(self._memory)
        return self._memory.cap

    def update(self) -> bool:
        memory = self._memory
        return memory is not None and (self._write(memory) or memory.size == LARGEST)

    def sigh(self, context: SignalCap | None) -> None:
        self.changed.context = context
        self.changed.submit()

    def close(self) -> None:
        self._table.roms.remove(self)
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _write(self, memory: RamDataspace) -> bool:
        text, whole = self._table.text(memory.size)
        memory.view[:len(text)] = text
        return whole

    def _grow(self, small: RamDataspace) -> None:
        try:
            self._memory = RamDataspace(self._wealthy, LARGEST)
        except BastideError:
            return                      # what does not fit waits for its turn
        small.close()
        self._write(self._memory)


def _attribute(tag: str, value: str) -> str:
    """Names and labels are chosen by others: what HID can't express must not change what the server reads."""
    return f" | {tag}: {value}" if value.isprintable() and "|" not in value else ""


def _affinity(session: SessionState) -> str:
    """Nothing for a session that may run anywhere."""
    a = session.affinity
    if (a.width, a.height) == (a.space_width, a.space_height):
        return ""
    return (f"  + affinity\n    + space | width: {a.space_width} | height: {a.space_height}\n    + location | "
            f"xpos: {a.xpos} | ypos: {a.ypos} | width: {a.width} | height: {a.height}\n")
