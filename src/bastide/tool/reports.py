"""Reports to the outside: the newest content of each report that a system hands to whoever booted it.

The service `Report` on core's side. Each client pays for its buffer, and for the copy that is kept, with what it
donates to its session. What is done with a report is the business of whoever is told of it.
"""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import DataspaceCap, SessionDenied, SessionRequest, SignalCap
from bastide.core.domain import Office, pages
from bastide.core.main import System
from bastide.session.report import ReportArgs, ReportSession

LARGEST = 1 << 20
"""Bytes of one report: state for people and small programs, no bulk data."""

MOST = 1000
"""Labels that are known at a time."""

Told = Callable[[str, bytes], None]
"""Gets the label and the content of a new report, in core's entrypoint."""


class Reports:
    """The service. `newest` has the last content of each label, also after the session that wrote it has ended."""

    def __init__(self, system: System, told: Told) -> None:
        self.newest: dict[str, bytes] = {}
        self._office, self._told = system.office, told
        self._writers: set[str] = set()
        ReportSession.announce(system, self._open)

    def submitted(self, label: str, content: bytes) -> None:
        self.newest[label] = content
        self._told(label, content)

    def released(self, label: str) -> None:
        self._writers.discard(label)

    def _open(self, request: SessionRequest) -> ReportSession:
        label = str(request.label)
        if label in self._writers:
            raise SessionDenied(f"the report '{label}' has a writer already, which would have to close its session")
        if label not in self.newest and len(self.newest) >= MOST:
            raise SessionDenied(f"{MOST} reports are known already, and a further one would fill core")
        writer = _Writer(self, self._office, request, label)
        self._writers.add(label)
        return writer


class _Writer(ReportSession):
    def __init__(self, reports: Reports, office: Office, request: SessionRequest, label: str) -> None:
        size = request.args(ReportArgs).buffer_size
        if not 0 < size <= LARGEST:
            raise SessionDenied(f"the report '{label}' comes with buffer_size={size}; "
                                f"reports have 1 to {LARGEST} bytes")
        self._reports, self._office, self._label = reports, office, label
        request.account.reserve(ram=2 * pages(size), caps=1)
        self._memory = office.machine.create_memory(pages(size))
        self._buffer = office.dataspace(self._memory)

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def submit(self, length: int) -> None:
        self._reports.submitted(self._label, self._memory.read(0, max(0, min(length, self._memory.size))))

    def response_sigh(self, context: SignalCap | None) -> None:
        """There never is a response."""

    def obtain_response(self) -> int:
        return 0

    def close(self) -> None:
        self._office.free(self._buffer)
        self._reports.released(self._label)
