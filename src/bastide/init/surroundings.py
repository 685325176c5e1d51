"""What all children of one sandbox share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bastide.base import Env, SignalCap
from bastide.init.complaints import Complaints
from bastide.init.directory import Directory
from bastide.init.start import Quota
from bastide.init.waiting import Waiting

if TYPE_CHECKING:
    from bastide.init.child import Child


class Changed(Protocol):
    def __call__(self, at_once: bool = False) -> None:
        """The state report is out of date; `at_once`: worth a new one now."""


@dataclass
class Surroundings:
    env: Env
    complaints: Complaints
    directory: Directory
    waiting: Waiting
    exited: Callable[[Child, int], None]
    """A child asked to end."""
    faulted: SignalCap
    """Where to tell that the program of some child ended by itself."""
    means: Callable[[], Quota]
    """What init could give to its children now."""
    changed: Changed
    verbose: bool = False
    unpaid: int = 0
    """Children that have a domain, but whose environment is still to be paid for."""
