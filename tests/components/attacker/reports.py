"""Attackers that serve reports, and own the buffers that others write to; and a component that reports to them.

Each attacks in the first session. The ones after it are served properly.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import cast

from bastide.base import Account, DataspaceCap, RamDataspace, SessionRequest, SignalCap
from bastide.base.environment import RmSession
from bastide.session.report import Reporter, ReportSession

from .weapons import Attacker

_PAGE = 4096

REPORTS = 100


class Proper(ReportSession):
    def __init__(self, attacker: Attacker, account: Account) -> None:
        self.attacker, self.memory = attacker, RamDataspace(account, _PAGE)

    def dataspace(self) -> DataspaceCap:
        return self.memory.cap

    def submit(self, length: int) -> None:
        content = self.attacker.env.kernel.read(self.memory.cap.handle, 0, length)
        self.attacker.log("took", content.split()[0].decode())

    def response_sigh(self, context: SignalCap | None) -> None: ...

    def obtain_response(self) -> int:
        return 0

    def free(self) -> None:
        """Behind the back of the framework."""
        self.attacker.env.pd.free_ram(self.memory.cap)


class FreedBefore(Proper):
    def dataspace(self) -> DataspaceCap:
        self.free()
        return self.memory.cap


class FreedBehind(Proper):
    """Takes a report, and the memory back while whoever wrote it has it mapped and waits."""

    def submit(self, length: int) -> None:
        super().submit(length)
        self.free()


class FreedMeanwhile(Proper):
    """Takes the memory back at any moment in the short time that it takes to attach it and write to it."""

    def dataspace(self) -> DataspaceCap:
        def free() -> None:
            time.sleep(random.random() / 10000)
            self.free()

        threading.Thread(target=free, daemon=True).start()
        return self.memory.cap

    def submit(self, length: int) -> None: ...


class Sealed(Proper):
    def dataspace(self) -> DataspaceCap:
        return self.memory.seal().cap


class Holes(Proper):
    """Memory with nothing in it."""

    def dataspace(self) -> DataspaceCap:
        self._rm = RmSession.connect(self.attacker.env)
        return self._rm.create(2 * _PAGE).client().dataspace()


class NoMemory(Proper):
    """A capability, but of the wrong type."""

    def dataspace(self) -> DataspaceCap:
        return cast(DataspaceCap, self.attacker.env.log._session.cap)


def _serve(weapon: Callable[[Attacker, Account], ReportSession], times: int = 1) -> Callable[[Attacker], object]:
    def serve(attacker: Attacker) -> object:
        numbers = count()

        def create(request: SessionRequest) -> ReportSession:
            return (weapon if next(numbers) < times else Proper)(attacker, request.account)

        return ReportSession.announce(attacker.env, create)

    return serve


report_freed_before = _serve(FreedBefore)
report_freed_behind = _serve(FreedBehind)
report_freed_meanwhile = _serve(FreedMeanwhile, REPORTS)
report_sealed = _serve(Sealed)
report_of_holes = _serve(Holes)
report_of_no_memory = _serve(NoMemory)


def reporter(attacker: Attacker) -> None:
    """Reports a few times."""
    output = Reporter(attacker.env, "plain")
    attacker.log(*[output.submit(b"report") for _ in range(4)])


def tireless_reporter(attacker: Attacker) -> None:
    """Reports in a session of its own each time."""
    output = Reporter(attacker.env, "plain")
    for _ in range(REPORTS):
        output.submit(b"report")
        output.close()
    attacker.log(output.submit(b"report"))
