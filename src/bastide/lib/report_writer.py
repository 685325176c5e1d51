"""The server's half of a Report session: takes each report out of the client's reach before anybody sees it."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import DataspaceCap, Label, RamDataspace, SessionDenied, SessionRequest, SignalCap
from bastide.session.report import ReportArgs, ReportSession


class ReportWriter(ReportSession):
    """One client that writes reports. It pays for the buffer, and for the copy of it that the server keeps.

    `submitted` gets the writer and the content, `closed` the writer.
    """

    def __init__(self, request: SessionRequest, submitted: Callable[[ReportWriter, bytes], object],
                 closed: Callable[[ReportWriter], object] = lambda writer: None) -> None:
        self.label: Label = request.label
        self._submitted, self._closed = submitted, closed
        size = request.args(ReportArgs).buffer_size
        if not size:
            raise SessionDenied(f"the report '{request.label}' comes with buffer_size=0, which can hold no report")
        self._buffer = RamDataspace(request.account, size)
        request.account.reserve(ram=self._buffer.size)

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def submit(self, length: int) -> None:
        self._submitted(self, bytes(self._buffer.view[:max(0, length)]))

    def response_sigh(self, context: SignalCap | None) -> None:
        """There never is a response."""

    def obtain_response(self) -> int:
        return 0

    def close(self) -> None:
        self._closed(self)
