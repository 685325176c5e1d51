"""Rehearsals: the zygote starts a component in its own process, before the first real one.

What happens in each process at first use has then happened once for all: caches are filled, types have versions, the
bytecode is specialised. And the image learns which pages a start writes to. The play is `base`'s (`Play`); this file
provides the stage: a second process in core's place, forked for the purpose, which connects the component to objects
of its own by the same means as core does.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
from collections.abc import Callable
from itertools import count
from typing import NoReturn, Protocol

from bastide.kernel.interface import Caps, Dispatch, Handle, IpcError, Kernel
from bastide.kernel.linux import component, control, pools, privileges, traces
from bastide.kernel.linux.component import Birth, take_in
from bastide.kernel.linux.control import News
from bastide.kernel.linux.image import writeable_regions
from bastide.kernel.linux.memory import Dataspace
from bastide.kernel.linux.seal import numbers
from bastide.kernel.linux.switchboard import Side, Switchboard, to_socket
from bastide.kernel.linux.traces import Learnt, Notebook
from bastide.kernel.linux.transport import Transport
from bastide.kernel.linux.voucher import proper
from bastide.kernel.linux.window import Part

TIMES = 10
"""Python makes the bytecode of a function better at its ninth call. Each takes two or three milliseconds."""

LEARNING_WAIT = 3
"""When the scout looks back: it has started and handled a signal by then, even if news of a channel woke it once."""

BIRTH_BYTES = 4096


class Play(Protocol):
    """What is performed. `cast` makes the component's parent, on the stage."""

    ENTRY: str

    def binary(self) -> bytes: ...

    def cast(self, stage: Stage) -> Handle: ...

    def forget(self) -> None: ...


Run = Callable[[list[int], bytes], int]
Begin = Callable[[bytes, list[int], Run], int]
"""Fork a child that locks itself down as a component, and then runs a function with descriptors and payload; its id."""


def rehearse(play: Play, maps: int, begin: Begin) -> Learnt:
    """Start components in this process, then in a scout. `maps` is a descriptor of /proc/self/maps. Raises OSError."""
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})      # to wake up another processor takes longer than to answer
    cues, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    audience = os.getpid()
    actors = os.fork()
    if actors == 0:
        cues.close()
        _act(play, theirs, audience)
    theirs.close()
    gc.freeze()     # so that it takes no time to collect what a rehearsal leaves behind
    try:
        for _ in range(TIMES):
            _perform(*_called(cues))
            play.forget()
            gc.collect()
        traces.settle_classes()
        pools.leave_no_room()
        gc.freeze()
        return _scout(Notebook(writeable_regions(maps)), begin, *_called(cues))
    finally:
        os.close(maps)
        cues.close()
        os.kill(actors, signal.SIGKILL)     # the scout's parent waits for ever to be told its end
        os.waitpid(actors, 0)
        os.sched_setaffinity(0, processors)


def _called(cues: socket.socket) -> tuple[list[int], bytes]:
    """What core would send to a component."""
    cues.send(b"!")
    payload, descriptors, _, _ = socket.recv_fds(cues, BIRTH_BYTES, 2, socket.MSG_CMSG_CLOEXEC)
    if not payload:
        raise OSError(errno.EPIPE, "the other side of the rehearsal has ended")
    return descriptors, payload


def _perform(descriptors: list[int], payload: bytes) -> None:
    transport, start, entry = component.born(descriptors, payload)
    entry(start)
    transport.close()


def _scout(notebook: Notebook, begin: Begin, descriptors: list[int], payload: bytes) -> Learnt:
    def run(given: list[int], payload: bytes) -> int:
        *given, pagemap = given
        transport, start, entry = component.born(given, payload)
        waits = count(1)

        def settled() -> None:
            wait = next(waits)
            if wait == 1:
                notebook.started(pagemap)
            elif wait == LEARNING_WAIT:
                notebook.ended(pagemap)
                raise SystemExit

        transport.gates[numbers(proper(start.entrypoint))[0]].settled = settled
        return entry(start)

    scout = begin(payload, descriptors, run)
    for number in descriptors:
        os.close(number)
    _, status = os.waitpid(scout, 0)
    if status:
        raise OSError(errno.ECHILD, "the scout has failed")
    return notebook.read()


class Stage:
    """Implements `Authority`."""

    def __init__(self) -> None:
        self._board = Switchboard()
        self._sides: dict[int, Side] = {}
        self._side = self._board.side(self._take_in)
        self.transport = Transport(self._side.number, self._side.key)
        self.transport.authority = self
        self._entrypoint = self._board.entrypoint(self._side)
        self.gate = self.transport.gates[self._entrypoint.number]
        self._native = self.serve(_refuse)

    @property
    def kernel(self) -> Kernel:
        return self.transport

    def serve(self, dispatch: Dispatch) -> Handle:
        handle = Handle(self._board.handle(self._entrypoint, self._board.mint(self._entrypoint), self._side))
        self.gate.serve(handle, dispatch)
        return handle

    def context(self, entrypoint: Handle) -> Handle:
        served_at = self._board.authentic(proper(entrypoint), self._side)
        return Handle(self._board.handle(served_at, self._board.mint(served_at, context=True), self._side))

    def end(self) -> None:
        self.gate.stop()

    def enter(self, parent: Handle, binary: Dataspace, entry: str) -> tuple[bytes, socket.socket]:
        """A component to be: its birth message, and its end of the socket for news."""
        near, far = control.pair()
        side = self._board.side(to_socket(near))
        self._sides[side.number] = side
        entrypoint = self._board.entrypoint(side)
        native, sealed = (self._board.sealed(proper(handle), self._side, side) for handle in (self._native, parent))
        self._board.connect(native, side, True)
        heartbeat = self._board.mint(entrypoint, context=True)
        birth = Birth(side.number, entrypoint.number, heartbeat, side.key, native, sealed, binary.size, "practice",
                      entry)
        return birth.pack(), far

    def connect(self, handle: bytes, calls: bool) -> None:
        self._board.connect(handle, self._side, calls)

    def passed_on(self, handle: bytes, receiver: int) -> bytes:
        return self._board.sealed(handle, self._side, self._sides[receiver])

    def redeem(self, voucher: bytes, sender: int) -> bytes:
        return self._board.redeem(voucher, sender, self._side)

    def memory(self, dataspace: bytes, writeable: bool, since: int) -> Part:
        raise IpcError("there is no memory on a stage")

    def page(self) -> int:
        raise IpcError("there are no pages on a stage")

    def news(self) -> None:
        """Taken in at once."""

    def await_gate(self, number: int) -> None:
        """If it is there at all, it is there already."""

    def _take_in(self, news: News) -> bool:
        if news.descriptors:
            news = News(news.kind, news.first, news.second, news.third, tuple(map(os.dup, news.descriptors)))
        take_in(self.transport, news, lambda serial, found: None)
        return True


def _act(play: Play, cues: socket.socket, parent: int) -> NoReturn:
    """In the other process: one component after the other."""
    try:
        privileges.die_with_parent()
        if os.getppid() != parent:
            os._exit(0)
        stage = Stage()
        leading = play.cast(stage)
        content = play.binary()
        binary = Dataspace(len(content))
        binary.write(content)
        while cues.recv(1):
            message, far = stage.enter(leading, binary, play.ENTRY)
            with far:
                socket.send_fds(cues, [message], [far.fileno(), binary.descriptor(False)])
            stage.gate.run()
    finally:
        os._exit(0)


def _refuse(request: bytes, caps: Caps) -> NoReturn:
    raise IpcError("nobody answers here")
