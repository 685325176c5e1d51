"""Takes all it can get of one kind, which its name tells, and says when it can't get more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from components.contracts import BoardSession

from bastide.base import BastideError, Capability, Env, IpcError, OutOfCaps, OutOfRam, SessionDenied, SignalHandler
from bastide.base.environment import NativeEntrypoint, PdSession, RegionAttr, Resources, RmSession
from bastide.base.errors import RegionConflict
from bastide.base.session import ANYWHERE

LABEL = "x" * 100


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        self.ep = Capability[NativeEntrypoint](env.ep.identity, NativeEntrypoint, env.kernel)
        self.board = BoardSession.connect(env)
        self.go = SignalHandler(env, getattr(self, env.name))
        self.board.put(env.name, self.go.cap)
        env.log("ready")

    def take(self, one: Callable[[], Any]) -> None:
        for number in count():
            try:
                one()
            except (OutOfRam, OutOfCaps, SessionDenied, IpcError) as error:
                self.env.log(f"{type(error).__name__} after {number}")
                return

    def contexts(self) -> None:
        self.take(lambda: self.env.pd.alloc_context(self.ep))

    def objects(self) -> None:
        self.take(lambda: self.env.pd.alloc_rpc_cap(self.ep))

    def entrypoints(self) -> None:
        self.take(self.env.pd.alloc_entrypoint)

    def dataspaces(self) -> None:
        self.take(lambda: self.env.pd.alloc_ram(1))

    def descriptors(self) -> None:
        """Whatever takes one of core's."""
        self.take(lambda: self.env.pd.alloc_ram(1))
        self.take(self.env.pd.alloc_entrypoint)

    def sessions(self) -> None:
        numbers = count(1000)
        self.take(lambda: self.env.parent.session(
            next(numbers), "LOG", f'label="{LABEL}", ram_quota=2048, cap_quota=1', ANYWHERE))

    def domains(self) -> None:
        self.take(lambda: PdSession.connect(self.env, LABEL))

    def maps(self) -> None:
        rm = RmSession.connect(self.env)
        self.take(lambda: rm.create(4096))

    def regions(self) -> None:
        rm = RmSession.connect(self.env)
        page = self.env.pd.alloc_ram(4096)

        maps = [rm.create(1 << 30).client()]

        def attach() -> None:
            try:
                maps[-1].attach(page, RegionAttr())
            except RegionConflict:      # the map is full
                maps.append(rm.create(1 << 30).client())

        self.take(attach)

    def requests(self) -> None:
        """Asks for a great deal that is not given, and for what is free."""
        env = self.env
        for number in range(100):
            self.board.take(LABEL)
            env.parent.resource_request(Resources(1 << 60, 1 << 60))
            env.parent.announce(LABEL + str(number))
            env.parent.close(number + 5000)
            for service, args in ((LABEL, ""), ("LOG", "label=" + LABEL), ("ROM", f'label="{number}"')):
                try:
                    env.parent.session(number + 5000, service, args, ANYWHERE)
                except BastideError:
                    continue
        env.log("IpcError after 0")

    def threads(self) -> None:
        stop = threading.Event()
        for number in count():
            try:
                self.env.kernel.start_thread(lambda: self.wait(stop), f"thread{number}")
            except RuntimeError as error:
                stop.set()
                self.env.log(f"{error} after {number}")
                return

    def wait(self, stop: threading.Event) -> None:
        stop.wait()

    def heap(self) -> None:
        """Of small objects, which take the last bit of memory."""
        self.pieces: list[list[int]] = []
        while True:
            self.pieces.append([len(self.pieces)] * 30)

    def flood(self) -> None:
        while True:
            self.env.log("x" * 200)


class Born(Main):
    """Exhausts its heap before it is constructed."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.heap()


def construct(env: Env) -> object:
    return Born(env) if env.name == "born" else Main(env)
