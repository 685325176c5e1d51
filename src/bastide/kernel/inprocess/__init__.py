"""The in-process kernel: components are threads under a virtual clock. For tests; it isolates nothing."""

from __future__ import annotations

from bastide.kernel.inprocess.machine import Machine
from bastide.kernel.inprocess.scheduler import Deadlock

__all__ = ["Deadlock", "Machine"]
