"""Children of init on a real kernel: the name of a child decides which part it plays."""

from __future__ import annotations

import ctypes
import threading

from bastide.base import (
    Capability,
    DataspaceCap,
    Env,
    Interface,
    IpcError,
    Node,
    NotYet,
    RamDataspace,
    Session,
    SessionRequest,
    SignalHandler,
    rpc,
)
from bastide.base.environment import CpuSession
from bastide.init.interposed import InterposedCpu, InterposedPd
from bastide.init.sandbox import Sandbox
from bastide.session.hello import HelloSession


class BackDoor(Interface):
    @rpc
    def release(self) -> None:
        """Let whoever waits at the front go on."""


class DeskSession(Session):
    service, ram_quota, cap_quota = "Desk", "16K", 4

    @rpc
    def back_door(self) -> Capability[BackDoor]: ...

    @rpc
    def wait(self) -> None: ...


class Greeter(HelloSession):
    def __init__(self, env: Env) -> None:
        self._env = env

    def say_hello(self) -> None:
        if self._env.name == "exiting":
            self._env.exit(0)
        if self._env.name == "faulting":
            ctypes.string_at(8)

    def add(self, a: int, b: int) -> int:
        return a + b


class Front(DeskSession):
    """Is served at the first entrypoint, and waits there for a call to the second one."""

    def __init__(self, door: Capability[BackDoor], waiting: threading.Event, released: threading.Event) -> None:
        self._door, self._waiting, self._released = door, waiting, released

    def back_door(self) -> Capability[BackDoor]:
        return self._door

    def wait(self) -> None:
        self._waiting.set()
        self._released.wait()


class Back(BackDoor):
    def __init__(self, waiting: threading.Event, released: threading.Event) -> None:
        self._waiting, self._released = waiting, released

    def release(self) -> None:
        self._waiting.wait()
        self._released.set()


class Watched(InterposedPd):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        super().__init__(env, request)
        self._env, self._label = env, request.label

    def alloc_ram(self, size: int) -> DataspaceCap:
        self._env.log(f"{self._label} takes {size}")
        return super().alloc_ram(size)


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        getattr(self, env.name)()

    def hesitant(self) -> None:
        """Answers the request for the door when it has seen the one for the key, and that one not before."""
        seen = set[str]()

        def create(request: SessionRequest) -> HelloSession:
            wanted = request.label.last_element
            if wanted not in seen:
                self.env.log(f"{wanted} is asked for")
                seen.add(wanted)
                retry.submit()
            if (wanted == "key" and "door" not in seen) or (wanted == "door" and not opened):
                raise NotYet
            if wanted == "key":
                opened.append(True)
                retry.submit()
            self.env.log(f"{wanted} is given")
            return Greeter(self.env)

        opened = list[bool]()
        root = HelloSession.announce(self.env, create)
        self._retry = retry = SignalHandler(self.env, lambda: root.retry())

    def door(self) -> None:
        self._ask("door")

    def key(self) -> None:
        self._ask("key")

    def exiting(self) -> None:
        self._serve()

    def faulting(self) -> None:
        self._serve()

    def caller(self) -> None:
        """Is waiting when its server ends, and does something else afterwards."""
        with HelloSession.connect(self.env) as hello:
            try:
                hello.say_hello()
            except IpcError:
                self.env.log("IpcError")
            else:
                self.env.log("answered")
        self.env.log("going on")
        self.env.exit()

    def poor(self) -> None:
        self.env.patient.charge(8 << 20, 0)
        self.env.log("got it")

    def watchful(self) -> None:
        """Has a child, and serves its domain."""
        self._sandbox = sandbox = Sandbox(self.env, lambda: None)
        Watched.announce(sandbox, lambda request: Watched(self.env, request))
        CpuSession.announce(sandbox, lambda request: InterposedCpu(self.env, request))
        sandbox.apply_config(Node.parse("""config
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
+ start eater | ram: 2M | caps: 100
  + binary under_init
  + route
    + service PD | + local
    + service CPU | + local
    + any-service | + parent
-
"""))

    def eater(self) -> None:
        self.env.log(f"ate {RamDataspace(self.env.account, 300 << 10).size}")
        self.env.exit()

    def desk(self) -> None:
        waiting, released = threading.Event(), threading.Event()
        self._door = self.env.entrypoint("back").manage(Back(waiting, released), self.env.account)
        DeskSession.announce(self.env, lambda request: Front(self._door, waiting, released))

    def visitor(self) -> None:
        """Is at the front of the desk and at its back at the same time."""
        desk = DeskSession.connect(self.env)
        door = desk.back_door().client()
        self.env.kernel.start_thread(door.release, "behind")
        desk.wait()
        self.env.log("through")
        self.env.exit()

    def _serve(self) -> None:
        HelloSession.announce(self.env, lambda request: Greeter(self.env))

    def _ask(self, label: str) -> None:
        with HelloSession.connect(self.env, label) as hello:
            self.env.log(f"2 + 5 = {hello.add(2, 5)}")
        self.env.exit()


construct = Main
