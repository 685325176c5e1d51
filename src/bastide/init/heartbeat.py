"""Heartbeats: init asks each monitored child, at a steady rate, whether it still reacts, and counts missing answers.

A child that keeps failing is restarted ever more slowly: a crash loop must not eat the machine, and must be noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bastide.base import Duration, Entrypoint, SignalCap, Transmitter, milliseconds, seconds
from bastide.init.start import Identity, StartNode

FORGIVEN = 3
"""Restarts in a row that happen at once."""

LONGEST_DELAY = seconds(60)
"""Between two restarts. Who lives for twice that time in between begins anew."""


class Pulse:
    """The heartbeats that one child has not answered. `find` tells where to ask the child's own runtime."""

    def __init__(self, find: Callable[[], SignalCap | None]) -> None:
        self.signal = Transmitter()
        self.begun = False
        """The child has come to life. What it does before that is the platform's business."""
        self._find, self._outstanding = find, 0

    @property
    def skipped(self) -> int:
        return max(0, self._outstanding - 1)

    def beat(self, faulted: bool) -> None:
        """A child that has come to life is asked; one whose program is gone can't answer any more."""
        if faulted:
            self._outstanding += 1
            return
        if self.begun and self.signal.context is None:
            self.signal.context = self._find()
        if self.signal.context is not None:
            self._outstanding += 1
            self.signal.submit()

    def answered(self) -> None:
        self._outstanding = 0


class Patient(Protocol):
    """A child, as its monitor sees it."""

    start: StartNode
    pulse: Pulse
    problems: dict[str, str]

    @property
    def alive(self) -> bool: ...

    @property
    def faulted(self) -> bool: ...


P = TypeVar("P", bound=Patient)


@dataclass
class _History:
    restarts: int
    last: Duration


class Backoff:
    """When a child may be restarted again."""

    def __init__(self) -> None:
        self._histories: dict[Identity, _History] = {}

    def restarts(self, identity: Identity) -> int:
        """How many there were in a row."""
        history = self._histories.get(identity)
        return 0 if history is None else history.restarts

    def due(self, identity: Identity, now: Duration) -> Duration:
        """When the next restart is due. Not after `now`: at once."""
        history = self._histories.get(identity)
        if history is not None and now - history.last > 2 * LONGEST_DELAY:
            del self._histories[identity]
            history = None
        if history is None or history.restarts < FORGIVEN:
            return now
        exponent = min(history.restarts - FORGIVEN, LONGEST_DELAY.bit_length())
        return Duration(history.last + min(seconds(1) << exponent, LONGEST_DELAY))

    def note(self, identity: Identity, now: Duration) -> None:
        """It is restarted now."""
        history = self._histories.setdefault(identity, _History(0, now))
        history.restarts, history.last = history.restarts + 1, now

    def keep(self, identities: Iterable[Identity]) -> None:
        """Forget all others."""
        known = set(identities)
        self._histories = {identity: history for identity, history in self._histories.items() if identity in known}


class Monitor(Generic[P]):
    """Beats at the rate of the config. `restart` is given those that are to be restarted."""

    def __init__(self, ep: Entrypoint, patients: Callable[[], Iterable[P]], restart: Callable[[list[P]], None],
                 changed: Callable[[], None], tell: Callable[[str, str], None]) -> None:
        self._ep, self._patients, self._restart, self._changed, self._tell = ep, patients, restart, changed, tell
        self._period: Duration | None = None
        self.backoff = Backoff()

    def configure(self, period: Duration | None) -> None:
        """None: no monitoring."""
        if period != self._period:
            self._period = period
            self._ep.alarm(None if period is None else Duration(self._ep.now() + period), self._beat)

    def _beat(self) -> None:
        assert self._period is not None, "the alarm is cancelled with the period"
        now = self._ep.now()
        self._ep.alarm(Duration(now + self._period), self._beat)
        failing, different = list[P](), False
        for patient in self._patients():
            heartbeat = patient.start.heartbeat
            if heartbeat is None or not (patient.alive or patient.faulted):
                continue
            before = patient.pulse.skipped
            patient.pulse.beat(patient.faulted)
            different = different or patient.pulse.skipped != before
            if 0 < heartbeat.restart_after_skipped < patient.pulse.skipped and self._may_restart(patient, now):
                failing.append(patient)
        if failing:
            self._restart(failing)
        if different or failing:
            self._changed()

    def _may_restart(self, patient: P, now: Duration) -> bool:
        name, identity = patient.start.name, patient.start.identity
        due, restarts = self.backoff.due(identity, now), self.backoff.restarts(identity)
        if due > now:
            if "crash loop" not in patient.problems:
                patient.problems["crash loop"] = explanation = (
                    f"stopped to react again, after {restarts} restarts: the next one is put off for "
                    f"{milliseconds((due - now) // 1000)}")
                self._tell(name, f"{name}: {explanation}")
            return False
        self._tell(name, f"child \"{name}\" skipped {patient.pulse.skipped} heartbeats, restarting it")
        self.backoff.note(identity, now)
        return True
