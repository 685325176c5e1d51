"""dummy: a child that does what its config says, for scenarios that try out init."""

from __future__ import annotations

from collections.abc import Callable

from bastide.app.dummy.log_service import LogService
from bastide.base import (
    Bytes,
    Entrypoint,
    Env,
    Interface,
    Node,
    RamDataspace,
    Resource,
    SignalHandler,
    milliseconds,
    rpc,
)
from bastide.session.log import LogSession
from bastide.session.timer import sleep

MOST_CAPS = 100
LONGEST_VERSION = LONGEST_TEXT = 49


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._count, self._version = 0, ""
        self._connections: list[LogSession] = []
        self._service: LogService | None = None
        self._ram, self._caps = Held(env, "{} bytes of memory"), Held(env, "{} caps")
        self._yield: SignalHandler | None = None
        self._commands: dict[str, Callable[[Node], object]] = {
            "log": lambda command: env.log(command.value("string", "")[:LONGEST_TEXT]),
            "create_log_connections": self._create_log_connections,
            "destroy_log_connections": self._destroy_log_connections,
            "log_service": self._start_log_service,
            "consume_ram": self._consume_ram,
            "consume_caps": self._consume_caps,
            "handle_yield_requests": self._handle_yield_requests,
            "sleep": lambda command: sleep(env, milliseconds(command.value("ms", 100))),
            "sleep_forever": self._sleep_forever,
            "exit": lambda command: env.exit(0),
        }
        env.config.watch(self._apply)

    def _apply(self, config: Node) -> None:
        """Carry out a config if its version is new."""
        version = config.value("version", "")[:LONGEST_VERSION]
        if self._count and version == self._version:
            return
        self._count, self._version = self._count + 1, version
        if version:
            self._env.log(f"config {self._count}: {version}")
        for command in config.sub_nodes():
            if (carry_out := self._commands.get(command.type)) is not None:
                carry_out(command)

    def _create_log_connections(self, command: Node) -> None:
        self._close_log_connections()
        count, upgrade = command.value("count", 0), command.value("ram_upgrade", Bytes(0))
        self._env.log(f"going to create {count} LOG connections")
        for number in range(count):
            session = LogSession.connect(self._env, str(number), payer=self._env.patient)
            self._connections.append(session)
            if upgrade:
                self._env.log(f"upgrade connection {number}")
                session.upgrade(ram=upgrade)
        self._env.log("created all LOG connections")

    def _destroy_log_connections(self, command: Node) -> None:
        self._close_log_connections()
        self._env.log("destroyed all LOG connections")

    def _close_log_connections(self) -> None:
        while self._connections:
            self._connections.pop(0).close()

    def _start_log_service(self, command: Node) -> None:
        self._service = LogService(self._env, command.value("verbose", False),
                                   milliseconds(command.value("delay_close_ms", 0)))

    def _consume_ram(self, command: Node) -> None:
        self._ram.release()
        amount = command.value("amount", Bytes(0))
        self._env.log(f"consume {amount} bytes of memory")
        self._ram.hold([lambda: RamDataspace(self._env.patient, amount)] if amount else [], amount)

    def _consume_caps(self, command: Node) -> None:
        self._caps.release()
        amount = min(command.value("amount", 0), MOST_CAPS)
        self._env.log(f"consume {amount} caps")
        self._caps.hold([lambda: Identity(self._env)] * amount, amount)

    def _handle_yield_requests(self, command: Node) -> None:
        if self._yield is None:
            self._yield = SignalHandler(self._env, self._give_back)
        self._env.parent.yield_sigh(self._yield.cap)

    def _give_back(self) -> None:
        self._env.log("got yield request")
        self._ram.release()
        self._caps.release()
        self._env.parent.yield_response()

    def _sleep_forever(self, command: Node) -> None:
        """Call what nobody serves: so not even heartbeats are answered, as they would be while waiting for signals."""
        nowhere = Entrypoint(self._env.domain, self._env.domain.alloc_entrypoint(), self._env.report)
        nowhere.manage(Sleep(), self._env.account).client().sleep()


class Held:
    """What was consumed of one kind."""

    def __init__(self, env: Env, unit: str) -> None:
        self._env, self._unit = env, unit
        self._resources: list[Resource | Identity] = []
        self._amount = 0

    def hold(self, obtain: list[Callable[[], Resource | Identity]], amount: int) -> None:
        """Obtain each, waiting for the parent if the budget is short of it."""
        for one in obtain:
            self._resources.append(one())
        self._amount = amount

    def release(self) -> None:
        if self._resources:
            while self._resources:
                self._resources.pop().close()
            self._env.log("release " + self._unit.format(self._amount))


class Slumber(Interface):
    @rpc
    def sleep(self) -> None: ...


class Sleep(Slumber):
    def sleep(self) -> None: ...


class Identity(Interface):
    """An object that nobody calls. It costs one capability."""

    def __init__(self, env: Env) -> None:
        self._ep = env.ep
        env.ep.manage(self, env.patient)

    def close(self) -> None:
        self._ep.dissolve(self)


construct = Main
