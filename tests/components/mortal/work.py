"""A service that has something of everything: calls, memory of both sides, objects that are handed out, signals."""

from __future__ import annotations

from components.mortal.fate import Fate

from bastide.base import (
    Capability,
    DataspaceCap,
    Env,
    Interface,
    RamDataspace,
    Session,
    SessionRequest,
    SignalCap,
    Transmitter,
    rpc,
)

PAGE = 4096


class Tool(Interface):
    @rpc
    def turn(self, angle: int) -> int: ...


class WorkSession(Session):
    service, ram_quota, cap_quota = "Work", "24K", 6

    @rpc
    def add(self, a: int, b: int) -> int: ...

    @rpc
    def weigh(self, load: DataspaceCap) -> int:
        """The sum of the first bytes of a dataspace of the client's."""
        ...

    @rpc
    def stock(self) -> DataspaceCap:
        """A dataspace of the server's, bought from the client's donation."""
        ...

    @rpc
    def tool(self) -> Capability[Tool]: ...

    @rpc
    def sigh(self, context: SignalCap | None) -> None: ...

    @rpc
    def ring(self) -> None:
        """Submit a signal."""


class Wrench(Tool):
    def __init__(self, fate: Fate) -> None:
        self._fate = fate

    def turn(self, angle: int) -> int:
        self._fate.step()
        return -angle


class Bench(WorkSession):
    """`beyond` is the same service elsewhere, that has its share in all that is done here."""

    def __init__(self, env: Env, fate: Fate, request: SessionRequest, beyond: str) -> None:
        fate.step()
        self._env, self._fate = env, fate
        self._stock = RamDataspace(request.account, PAGE)
        self._stock.view[:4] = b"full"
        fate.step()
        self._wrench = Wrench(fate)
        self._tool = env.ep.manage(self._wrench, request.account)
        self._client = Transmitter()
        self._beyond = WorkSession.connect(env, beyond) if beyond else None     # last, for who fails must not keep it

    def add(self, a: int, b: int) -> int:
        self._fate.step()
        return self._beyond.add(a, b) if self._beyond else a + b

    def weigh(self, load: DataspaceCap) -> int:
        self._fate.step()
        return sum(self._env.kernel.read(load.handle, 0, 8))

    def stock(self) -> DataspaceCap:
        self._fate.step()
        return self._stock.cap

    def tool(self) -> Capability[Tool]:
        self._fate.step()
        return self._beyond.tool() if self._beyond else self._tool

    def sigh(self, context: SignalCap | None) -> None:
        self._client.context = context

    def ring(self) -> None:
        self._fate.step()
        self._client.submit()
        self._fate.step()

    def close(self) -> None:
        self._fate.step()
        if self._beyond:
            self._beyond.close()
