"""Core as a client of its child: sessions at services that the child offers to its parent.

Whoever boots core uses it to look into a system, as tests do. Requests stand in the ROM `session_requests` until they
are answered. A donation comes from core's own account, and what the child gives back when the session ends goes there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from bastide.base import BastideError, Bytes, Capability, InsufficientCaps, InsufficientRam, Session, SessionDenied
from bastide.base import args as session_args
from bastide.base.environment import Resources, Response
from bastide.base.node import Generator
from bastide.core.ledger import LedgerAccount

ROM = "session_requests"
EMPTY = b"session_requests\n-\n"

Answer = Callable[[Capability[Session] | BastideError], None]
Done = Callable[[], None]


@dataclass
class _Request:
    service: str
    args: str
    donated: Resources
    answer: Answer
    closed: Done | None = None
    upgrade: Resources | None = None
    upgraded: Done | None = None
    given: bool = False
    """Whether it was answered, so that the ROM shows it no more."""


class Clients:
    """All in core's entrypoint. `publish` gets each new content of the ROM."""

    def __init__(self, treasury: LedgerAccount, account: LedgerAccount, publish: Callable[[bytes], None]) -> None:
        self._treasury, self._account, self._publish = treasury, account, publish
        self._requests: dict[int, _Request] = {}
        self._numbers = count(1)

    def open(self, service: str, args: Mapping[str, object], donated: Resources, answer: Answer) -> int:
        """Ask for a session; the number is what it is closed by. Raises QuotaExceeded, InvalidArgs."""
        text = session_args.format({**args, "ram_quota": Bytes(donated.ram), "cap_quota": donated.caps})
        self._treasury.transfer(self._account, donated.ram, donated.caps)
        number = next(self._numbers)
        self._requests[number] = _Request(service, text, donated, answer)
        self._show()
        return number

    def upgrade(self, number: int, donated: Resources, done: Done) -> None:
        """Donate more to a session, one upgrade at a time; `done` is called when it arrived. Raises QuotaExceeded."""
        request = self._requests.get(number)
        if request is None:
            done()
            return
        self._treasury.transfer(self._account, donated.ram, donated.caps)
        before = request.donated
        request.donated = Resources(before.ram + donated.ram, before.caps + donated.caps)
        request.upgrade, request.upgraded = donated, done
        self._show()

    def close(self, number: int, closed: Done) -> None:
        """End a session; `closed` is called when the child has agreed."""
        request = self._requests.get(number)
        if request is None:
            closed()
        else:
            request.closed = closed
            self._show()

    def delivered(self, number: int, session: Capability[Session]) -> None:
        """The child has made a session."""
        request = self._requests.get(number)
        if request is not None and not request.given:
            request.given = True
            self._show()
            request.answer(session)

    def responded(self, number: int, response: Response) -> None:
        """The child says what became of a request."""
        request = self._requests.get(number)
        if request is None:
            return
        if response is Response.OK:
            if request.upgraded is not None:
                done, request.upgrade, request.upgraded = request.upgraded, None, None
                self._show()
                done()
            return
        del self._requests[number]
        back = request.donated
        self._account.transfer(self._treasury, min(back.ram, max(self._account.ram_avail, 0)),
                               min(back.caps, self._account.caps.avail))
        self._show()
        if not request.given:
            request.answer(_REFUSALS.get(response, SessionDenied)(
                f"the service '{request.service}' was refused ({response.name.lower()}), the log says why"))
        if request.closed is not None:
            request.closed()

    def _show(self) -> None:
        shown = Generator(ROM)
        for number, request in self._requests.items():
            if request.closed is not None:
                shown.node("close", id=number)
            elif not request.given:
                create = shown.node("create", id=number, service=request.service,
                                    label=session_args.parse(request.args).get("label", ""))
                create.node("args").text(request.args)
            elif (more := request.upgrade) is not None:
                shown.node("upgrade", id=number, ram_quota=int(more.ram), cap_quota=more.caps)
        self._publish(str(shown).encode())


_REFUSALS: dict[Response, type[BastideError]] = {
    Response.INSUFFICIENT_RAM: InsufficientRam, Response.INSUFFICIENT_CAPS: InsufficientCaps}
