"""What can go wrong, as seen by a component.

An exception that an RPC function declares by `@raises` travels to the caller as its class and its text. All others
become `IpcError` at the caller and a traceback in the log of the server.
"""

from __future__ import annotations

from bastide.base.platform import BastideError, IpcError

__all__ = [
    "BastideError", "InsufficientCaps", "InsufficientRam", "InvalidArgs", "InvalidDataspace", "InvalidNode",
    "IpcError", "NotYet", "OutOfCaps", "OutOfRam", "QuotaExceeded", "RegionConflict", "SessionDenied",
    "UnrelatedAccount",
]


class OutOfRam(BastideError):
    """The account asked to pay has no such amount of RAM left."""


class OutOfCaps(BastideError):
    """The account asked to pay has no such number of capabilities left."""


class InsufficientRam(BastideError):
    """The RAM donated with a session request is too little for the server."""


class InsufficientCaps(BastideError):
    """The capabilities donated with a session request are too few for the server."""


class SessionDenied(BastideError):
    """Nobody serves this session request; the text says whose rule refused it, and what would allow it."""


class NotYet(BastideError):
    """A server can't answer now: the request, upgrade or close of a session stays pending until `Root.retry`."""


class InvalidNode(BastideError):
    """A config or report does not say what it must; the text names place, expectation, and what was found instead.

    Raised with a text alone, or with the parts it is made of. Lines and columns count from 1, 0 means unknown;
    `found` is None where the text ended.
    """

    def __init__(self, text: str = "", *, origin: str = "", line: int = 0, column: int = 0,
                 expected: str = "", found: str | None = None) -> None:
        if not text:
            place = f"{origin}:{line}:{column}" if line else origin
            text = f"{place}: " * bool(place) + f"expected {expected}, got {_shown(found)}"
        super().__init__(text)
        self.origin, self.line, self.column = origin, line, column
        self.expected, self.found = expected, found


class InvalidArgs(BastideError):
    """A string of session arguments is malformed or too long; the text names column and expectation."""


class InvalidDataspace(BastideError):
    """The capability names no dataspace that could be attached."""


class QuotaExceeded(BastideError):
    """The sender of a transfer has less available."""


class UnrelatedAccount(BastideError):
    """Quota moves only between an account and its reference account."""


class RegionConflict(BastideError):
    """The range overlaps another region, or exceeds its dataspace."""


_LONGEST_SHOWN = 40


def _shown(found: str | None) -> str:
    """Offending text as it may appear in a log: quoted, short, without control characters."""
    if found is None:
        return "the end of the text"
    short = found[:_LONGEST_SHOWN] + "…" * (len(found) > _LONGEST_SHOWN)
    return "'" + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short) + "'"
