"""Block: a device of numbered blocks. `bastide.lib.block` is what both ends use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from bastide.base import Bytes, Capability, Session, SessionArgs, rpc
from bastide.session.packet_stream import PacketChannel


class Operation(IntEnum):
    INVALID, READ, WRITE, SYNC, TRIM = range(5)


@dataclass(frozen=True)
class BlockArgs(SessionArgs):
    """The buffer, and the part of the device that the client wants to see: `num_blocks` 0 is all behind `offset`."""

    tx_buf_size: Bytes = Bytes(128 << 10)
    offset: int = 0
    num_blocks: int = 0
    writeable: bool = True

    @property
    def ram(self) -> int:
        return self.tx_buf_size


@dataclass(frozen=True)
class BlockInfo:
    """Constant for a session. Content of packets is aligned to `1 << align_log2` bytes."""

    block_size: int
    block_count: int
    align_log2: int
    writeable: bool


class BlockSession(Session):
    service, ram_quota, cap_quota = "Block", "32K", 5

    @rpc
    def info(self) -> BlockInfo: ...

    @rpc
    def tx(self) -> Capability[PacketChannel]: ...
