"""Who has many doors, and who knocks at all of them: each way there is a channel, which somebody pays for."""

from __future__ import annotations

from components.contracts import BoardSession, Echo

from bastide.base import Capability, Env, Interface, IpcError, RamDataspace, SignalContext, SignalHandler, Transmitter

DOORS = 30


class Door(Echo):
    def echo(self, text: str) -> str:
        return text

    def keep(self, cap: Capability[Interface] | None) -> bool:
        return False


class Main:
    def __init__(self, env: Env) -> None:
        self.env, self.board = env, BoardSession.connect(env)
        self._quota = env.pd.quota()
        getattr(self, env.name.rstrip("12"))()

    def doors(self) -> None:
        """An entrypoint for each door."""
        for number in range(DOORS):
            ep = self.env.entrypoint(f"door{number}")
            self.board.put(f"door{number}", ep.manage(Door(), self.env.account))
        self.env.log("open")

    def caller(self) -> None:
        """Knocks at every door, and comes back for a reply that tells what it was charged."""
        self._again = SignalHandler(self.env, lambda: self._tell("later"))
        self.board.put("again", self._again.cap)
        self._knock()
        self._tell("knocked")

    def poor_caller(self) -> None:
        """Has spent what it had before."""
        self.env.pd.alloc_ram(self.env.pd.quota().ram_avail // 4096 * 4096)
        try:
            self._knock()
        except Exception as error:
            self.env.log(f"{type(error).__name__}: {error}")
        self.env.log("still here")

    def porter(self) -> None:
        """Has spent what its domain was paid for, and stores; then it ends when it is told to."""
        self._knock()
        memory = RamDataspace(self.env.account, 4096)
        self._again = SignalHandler(self.env, self.env.exit)
        self.board.put("again", self._again.cap)
        self._quota = self.env.pd.quota()
        for text in (b"once", b"twice"):
            self.env.kernel.store(memory.view, text)
        self._tell("stored")

    def poor_porter(self) -> None:
        memory = RamDataspace(self.env.account, 4096)
        self._knock()
        self.env.pd.alloc_ram(self.env.pd.quota().ram_avail // 4096 * 4096)
        try:
            self.env.kernel.store(memory.view, b"never")
        except IpcError as error:
            self.env.log(f"{type(error).__name__}: {error}")
        self.env.log("still here")

    def listener(self) -> None:
        """Has a bell at every entrypoint, for others to ring."""
        self._rung = 0
        self._bells = []
        for number in range(DOORS):
            ep = self.env.entrypoint(f"bell{number}")
            self._bells.append(SignalHandler(self.env, self._ring, ep=ep))
            self.board.put(f"bell{number}", self._bells[-1].cap)
        self._asked = SignalHandler(self.env, lambda: self._tell(f"rung {self._rung}"))
        self.board.put("again", self._asked.cap)
        self._quota = self.env.pd.quota()
        self.env.log("listening")

    def ringer(self) -> None:
        """Rings all bells."""
        for number in range(DOORS):
            bell = self.board.take(f"bell{number}")
            assert bell is not None
            Transmitter(Capability[SignalContext](bell.handle, SignalContext, self.env.kernel)).submit()
        self._tell("rang")

    def _ring(self) -> None:
        self._rung += 1

    def _knock(self) -> None:
        for number in range(DOORS):
            door = self.board.take(f"door{number}")
            assert door is not None
            Capability[Echo](door.handle, Echo, self.env.kernel).client().echo("knock")

    def _tell(self, what: str) -> None:
        used, before = self.env.pd.quota(), self._quota
        self.env.log(f"{what}: {used.ram_used - before.ram_used} bytes, {used.cap_used - before.cap_used} caps")


construct = Main
