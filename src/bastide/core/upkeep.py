"""What a protection domain costs beyond what it asks for: the machine's own memory and descriptors for it.

Opening a PD session has a price, which the parent pays. A part of it is what any domain takes; the rest pays for ways
to talk to others, as many as most components ever need. Who wants more pays from its quota.
"""

from __future__ import annotations

from bastide.base import Account, OutOfCaps, OutOfRam
from bastide.core.ledger import LedgerAccount

DOMAIN_RAM, DOMAIN_CAPS = 32 << 10, 6
"""What a domain takes in any case: objects in core's memory, and descriptors of its process, sockets and pipes."""


class Upkeep:
    """`price` is the account of the PD session; `quota` is charged what exceeds that."""

    def __init__(self, price: Account, quota: LedgerAccount) -> None:
        self._price, self._quota = price, quota
        self._kept = self._charged = (0, 0)
        price.reserve(ram=DOMAIN_RAM, caps=DOMAIN_CAPS)

    def __call__(self, ram: int, caps: int) -> bool:
        """See `kernel.interface.Upkeep`."""
        kept = self._kept[0] + ram, self._kept[1] + caps
        charged = max(0, kept[0] - self._price.ram.avail), max(0, kept[1] - self._price.caps.avail)
        more = charged[0] - self._charged[0], charged[1] - self._charged[1]
        try:
            self._quota.charge(max(0, more[0]), max(0, more[1]))
        except (OutOfRam, OutOfCaps):
            return False
        self._quota.refund(max(0, -more[0]), max(0, -more[1]))
        self._kept, self._charged = kept, charged
        return True
