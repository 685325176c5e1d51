"""What this host has to give to a system, by the rules of the Linux port."""

from __future__ import annotations

import resource

from bastide.base.value import Bytes
from bastide.core.main import PRESERVED_RAM
from bastide.init.start import Quota
from bastide.kernel.linux.machine import CAP_RAM, RAM_SHARE
from bastide.tool.host import available_memory


def what_this_host_gives() -> Quota:
    """As core would find it now."""
    ram = available_memory() // RAM_SHARE
    caps = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], ram // CAP_RAM)
    return Quota(Bytes(max(0, ram - PRESERVED_RAM)), caps - min(1000, caps // 4))
