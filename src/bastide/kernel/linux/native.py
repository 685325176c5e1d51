"""What a component can ask of core's switchboard, as messages to the one object that each domain has there."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct


class Ask(IntEnum):
    CONNECT = 1         # flags: 1 calls | handle -> channel
    REDEEM = 2          # the domain that sent it | voucher -> handle
    MEMORY = 3          # address, plus 1 if writeable | dataspace -> PART: the first part from the address on
    PAGE = 4            # -> serial of the news that brings a page that is the asking domain's own


REQUEST = Struct("<BQ32s")
NUMBER = Struct("<Q")
PART = Struct("<QQQQQ")
"""Serial of the news that brings the descriptor (0: no more parts), size of the dataspace; address, offset, size."""
REFUSED = b"!"
"""First byte of a reply that is a text instead: why not."""
GRANTED = b"="
