"""test-resource_yield: a parent that asks its child to give memory back, and the child that does."""

from __future__ import annotations

from bastide.base import Bytes, Env, Node, RamDataspace, SignalHandler, milliseconds
from bastide.init.sandbox import Sandbox
from bastide.session.timer import Timer

CHUNK = Bytes("1M")
RAM, CAPS = Bytes("10M"), 100
YIELDED = Bytes("5M")
ROUNDS = 4
TICK, TICKS = milliseconds(100), 5
"""How often the parent looks, and how often before it asks."""

PERIOD = milliseconds(25)
"""Between two chunks."""

CONFIG = """config
+ report | child_ram: yes | delay_ms: 10
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
  + service Timer
+ start child | ram: {ram} | caps: {caps}
  + binary test-resource_yield
  + config | role: child
  + route | + any-service | + parent
-
"""


class Parent:
    """Lets the child fill its memory, takes most of it away, and gives it back when the child has released enough."""

    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        self._ticks = self._rounds = self._used = 0
        self._sandbox = Sandbox(env, lambda: None)
        self._apply(RAM)
        self._timer.every(TICK, self._tick)

    def _apply(self, ram: int) -> None:
        self._sandbox.apply_config(Node.parse(CONFIG.format(ram=Bytes(ram), caps=CAPS)))

    def _tick(self) -> None:
        self._ticks += 1
        used = self._used_by_child()
        if self._ticks == TICKS:
            self._used = used
            self._env.log("ask for memory")
            self._apply(RAM - YIELDED - CHUNK)
        elif self._ticks > TICKS and used <= self._used - YIELDED:
            self._env.log("got memory back")
            self._ticks = 0
            self._rounds += 1
            if self._rounds == ROUNDS:
                self._env.log("--- test-resource_yield finished ---")
                self._env.exit(0)
            self._apply(RAM)

    def _used_by_child(self) -> int:
        child = self._sandbox.generate_state_report().sub_node("child")
        ram = child.sub_node("ram") if child else None
        return ram.value("used", Bytes(0)) if ram else 0


class Child:
    """Takes all memory that it can get, and gives back what it is asked for."""

    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        self._chunks: list[RamDataspace] = []
        self._asked = SignalHandler(env, self._give_back)
        env.parent.yield_sigh(self._asked.cap)
        self._timer.every(PERIOD, self._fill)

    def _fill(self) -> None:
        if self._env.pd.quota().ram_avail >= 2 * CHUNK:
            self._chunks.append(RamDataspace(self._env.account, CHUNK))

    def _give_back(self) -> None:
        wanted, released = self._env.parent.yield_request().ram, 0
        while self._chunks and released < wanted:
            self._chunks.pop().close()
            released += CHUNK
        self._env.log(f"release {Bytes(released)} of {Bytes(wanted)} that are wanted")
        self._env.parent.yield_response()


def construct(env: Env) -> object:
    return Parent(env) if env.config.node.attribute("role", "parent") == "parent" else Child(env)
