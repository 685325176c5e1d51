"""What all children of one sandbox share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bastide.base import Env, SignalCap
from bastide.init.complaints import Complaints
from bastide.init.directory import Directory

if TYPE_CHECKING:
    from bastide.init.child import Child


@dataclass
class Surroundings:
    env: Env
    complaints: Complaints
    directory: Directory
    exited: Callable[[Child, int], None]
    """A child asked to end."""
    faulted: SignalCap
    """Where to tell that the program of some child ended by itself."""
    verbose: bool = False
