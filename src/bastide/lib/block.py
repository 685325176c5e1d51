"""Both ends of a Block session, with their packet stream.

Requests are acknowledged in any order; their `tag`, which the client chooses, tells which is which.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bastide.base import Account, Capability, Env, SessionDenied, SessionRequest
from bastide.lib.packet_stream import Format, OpenedChannel, Ranges, ServedChannel, Sink, Source
from bastide.session.block import BlockArgs, BlockInfo, BlockSession, Operation
from bastide.session.packet_stream import PacketChannel


class Request(NamedTuple):
    """A packet of blocks. `success` counts in acknowledgements."""

    offset: int
    size: int
    operation: int
    tag: int
    number: int
    blocks: int
    success: bool = False


REQUESTS = Format(Request, "IIBQQQ?", 256)


class Block:
    """The client's end. `progress` is called when requests were acknowledged."""

    def __init__(self, env: Env, label: str, progress: Callable[[], object], args: BlockArgs | None = None, *,
                 payer: Account | None = None) -> None:
        self.session = BlockSession.connect(env, label, args or BlockArgs(), payer=payer)
        self.info = self.session.info()
        self._tx = OpenedChannel(env, self.session.tx(), progress, payer)
        self.tx: Source[Request] = Source(self._tx, REQUESTS, Ranges(1 << self.info.align_log2))

    def request(self, operation: Operation, number: int, blocks: int, tag: int = 0) -> Request | None:
        """A request with room for its content, ready to be filled and submitted. None: there is no room now."""
        offset = size = 0
        if operation in (Operation.READ, Operation.WRITE):
            room = self.tx.allocate(blocks * self.info.block_size)
            if not room:
                return None
            [(offset, size)] = room
        return Request(offset, size, operation, tag, number, blocks)

    def close(self) -> None:
        self._tx.close()
        self.session.close()


class ServedBlock(BlockSession):
    """A server's end. `progress` is called when the client submitted requests.

    The device has `info`, of which the client sees what its arguments say.
    """

    def __init__(self, env: Env, request: SessionRequest, info: BlockInfo, progress: Callable[[], object]) -> None:
        args = request.args(BlockArgs)
        behind = info.block_count - args.offset
        if args.offset < 0 or args.num_blocks < 0 or behind < max(1, args.num_blocks):
            raise SessionDenied(f"'{request.label}' wants {args.num_blocks or 'all'} blocks from {args.offset} on, but "
                                f"the device has {info.block_count}")
        if args.tx_buf_size < info.block_size:
            raise SessionDenied(f"a buffer of {args.tx_buf_size} for '{request.label}' can't hold a block of "
                                f"{info.block_size}: give more tx_buf_size")
        self.first = args.offset
        """Of the device's blocks, the one that the client knows as 0."""
        self._info = BlockInfo(info.block_size, args.num_blocks or behind, info.align_log2,
                               info.writeable and args.writeable)
        self._tx = ServedChannel(env, request.account, REQUESTS.overhead + args.tx_buf_size, progress)
        self.requests: Sink[Request] = Sink(self._tx, REQUESTS)

    def info(self) -> BlockInfo:
        return self._info

    def tx(self) -> Capability[PacketChannel]:
        return self._tx.cap

    def take(self) -> list[Request]:
        """Requests that make sense. The others are acknowledged as failed."""
        good, wrong = list[Request](), list[Request]()
        for request in self.requests.take():
            (good if self._valid(request) else wrong).append(request)
        self.requests.acknowledge([request._replace(success=False) for request in wrong])
        return good

    def _valid(self, request: Request) -> bool:
        info = self._info
        if request.number + request.blocks > info.block_count:
            return False
        if request.operation in (Operation.READ, Operation.WRITE):
            return (request.blocks > 0 and request.size == request.blocks * info.block_size
                    and request.offset % (1 << info.align_log2) == 0
                    and (info.writeable or request.operation == Operation.READ))
        return request.size == 0 and request.operation in (Operation.SYNC, Operation.TRIM) and info.writeable
