"""Block sessions: a disk in memory, and a client that checks what it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from init.puppet import Puppets

from bastide.base import Bytes, Env, SessionDenied, SessionRequest
from bastide.lib.block import Block, Request, ServedBlock
from bastide.session.block import BlockArgs, BlockInfo, BlockSession, Operation

INFO = BlockInfo(block_size=512, block_count=64, align_log2=6, writeable=True)


class Disk(ServedBlock):
    def __init__(self, env: Env, request: SessionRequest, content: bytearray) -> None:
        super().__init__(env, request, INFO, self._progress)
        self._content = memoryview(content)

    def _progress(self) -> None:
        self.requests.acknowledge([self._done(request) for request in self.take()])
        self.requests.wakeup()

    def _done(self, request: Request) -> Request:
        begin = (self.first + request.number) * INFO.block_size
        device = self._content[begin:begin + request.size]
        if request.operation == Operation.READ:
            self.requests.content(request)[:] = device
        elif request.operation == Operation.WRITE:
            device[:] = self.requests.content(request)
        return request._replace(success=True)


CONFIG = """
+ start disk | ram: 4M
  + provides | + service Block
  + route | + any-service | + parent
+ start client | ram: 4M
  + binary puppet
  + route
    + service Block | + child disk
    + any-service | + parent
"""


class Bench(Puppets):
    def __init__(self) -> None:
        def disk(env: Env) -> object:
            return BlockSession.announce(env, lambda request: Disk(env, request, content))

        content = bytearray(INFO.block_size * INFO.block_count)
        super().__init__(CONFIG, {"disk": disk})
        self.block: Block
        self.done: list[tuple[Request, bytes]] = []

    def open(self, args: BlockArgs | None = None) -> Any:
        def progress() -> None:
            for request in (requests := self.block.tx.collect()):
                self.done.append((request, bytes(self.block.tx.content(request)) if request.size else b""))
            self.block.tx.release(requests)

        def act(env: Env) -> None:
            self.block = Block(env, "", progress, args)

        return self.tell("client", act)

    def do(self, *requests: Callable[[Block], Request | None]) -> list[tuple[int, bool, bytes]]:
        """Submit requests at once; tag, success and content of what was acknowledged."""
        self.done.clear()

        def act(env: Env) -> None:
            for make in requests:
                request = make(self.block)
                assert request is not None
                self.block.tx.submit([request])
            self.block.tx.wakeup()

        assert self.tell("client", act) is None
        return [(request.tag, request.success, content) for request, content in self.done]


def read(number: int, count: int, tag: int = 0) -> Callable[[Block], Request | None]:
    return lambda block: block.request(Operation.READ, number, count, tag)


def write(number: int, content: bytes, tag: int = 0) -> Callable[[Block], Request | None]:
    def make(block: Block) -> Request | None:
        request = block.request(Operation.WRITE, number, len(content) // 512, tag)
        if request is not None:
            block.tx.content(request)[:] = content
        return request
    return make


def test_what_was_written_is_read_by_requests_that_are_told_apart_by_their_tags() -> None:
    with Bench() as bench:
        bench.open()
        a, b = b"a" * 1024, b"b" * 512
        assert bench.do(write(3, a, 1), write(5, b, 2), read(4, 2, 3)) == [(1, True, a), (2, True, b),
                                                                       (3, True, a[:512] + b)]
        sync = bench.do(lambda block: block.request(Operation.SYNC, 0, block.info.block_count, 9))
        assert sync == [(9, True, b"")]
        assert bench.town.trouble == []


def test_a_client_sees_the_part_of_the_device_that_it_asked_for() -> None:
    with Bench() as bench:
        bench.open()
        bench.do(write(10, b"x" * 512))
        bench.open(BlockArgs(offset=10, num_blocks=2, writeable=False))
        assert bench.block.info == BlockInfo(512, 2, 6, False)
        assert bench.do(read(0, 1, 1), read(1, 2, 2), write(0, b"y" * 512, 3)) == [
            (2, False, b"\0" * 1024), (3, False, b"y" * 512), (1, True, b"x" * 512)]


@pytest.mark.parametrize("change", [
    {"blocks": 0}, {"blocks": 3}, {"number": 63}, {"number": (1 << 64) - 1}, {"blocks": (1 << 64) - 1}, {"size": 512},
    {"operation": Operation.SYNC}, {"operation": Operation.INVALID}, {"operation": 77}, "misaligned"])
def test_requests_that_make_no_sense_fail_and_the_others_go_on(change: Any) -> None:
    def odd(block: Block) -> Request | None:
        request = block.request(Operation.READ, 0, 2, 1)
        assert request is not None
        return request._replace(offset=request.offset + 1) if change == "misaligned" else request._replace(**change)

    with Bench() as bench:
        bench.open()
        assert [(tag, success) for tag, success, _ in bench.do(odd, read(0, 1, 2))] == [(1, False), (2, True)]
        assert bench.town.trouble == [] and bench.town.lines("init -> disk") == []


def test_a_full_buffer_gives_no_room_until_requests_are_done() -> None:
    def fill(env: Env) -> int:
        requests = list(iter(lambda: bench.block.request(Operation.READ, 0, 1), None))
        assert bench.block.request(Operation.READ, 0, 1) is None
        bench.block.tx.submit(requests)
        bench.block.tx.wakeup()
        return len(requests)

    with Bench() as bench:
        bench.open(BlockArgs(tx_buf_size=Bytes(1024)))
        count = bench.tell("client", fill)
        assert count >= 2 and len(bench.done) == count
        assert bench.tell("client", fill) == count


@pytest.mark.parametrize(("args", "reason"), [
    (BlockArgs(offset=64), "wants all blocks from 64 on, but the device has 64"),
    (BlockArgs(offset=60, num_blocks=5), "wants 5 blocks from 60 on, but the device has 64"),
    (BlockArgs(offset=-1), "wants all blocks from -1 on"),
    (BlockArgs(num_blocks=-1), "wants -1 blocks"),
    (BlockArgs(tx_buf_size=Bytes(511)), "a buffer of 511 for 'client -> ' can't hold a block of 512"),
])
def test_views_that_can_not_be_are_denied_with_the_reason(args: BlockArgs, reason: str) -> None:
    with Bench() as bench:
        assert isinstance(bench.open(args), SessionDenied)
        assert reason in "".join(bench.town.lines("init -> disk"))
