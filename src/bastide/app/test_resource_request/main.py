"""test-resource_request: a child that runs out of RAM and capabilities, and the monitor that gives it more."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Bytes, Env, Node, RamDataspace, Rom, SignalHandler
from bastide.base.environment import PdSession, Resources
from bastide.session.report import Reporter

CONFIG = """config
+ report | child_ram: yes | child_caps: yes
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
+ start child | ram: {ram} | caps: {caps}
  + binary test-resource_request
  + config | role: child
  + exit | propagate: yes
  + route | + any-service | + parent
-
"""


def construct(env: Env) -> object:
    return Monitor(env) if env.config.node.attribute("role", "monitor") == "monitor" else Child(env)


class Monitor:
    """Reads what the child asks for in the state of its init, and grants it by another config."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._reporter = Reporter(env, "init.config")
        self._state = Rom(env, "state")
        self._changed = SignalHandler(env, self._look)
        self._state.sigh(self._changed.cap)
        config = env.config.node
        self._ram, self._caps = config.attribute("ram", Bytes("2M")), config.attribute("caps", 3000)
        self._apply()

    def _apply(self) -> None:
        self._reporter.submit(CONFIG.format(ram=self._ram, caps=self._caps).encode())

    def _look(self) -> None:
        self._state.update()
        child = self._state.node.sub_node("child", name="child")
        if child is None:
            return
        ram, caps = _wanted(child, "ram"), _wanted(child, "caps")
        if (ram, caps) != (self._ram, self._caps) and ram >= self._ram and caps >= self._caps:
            self._env.log(f"grant {Bytes(ram)} and {caps} caps")
            self._ram, self._caps = Bytes(ram), caps
            self._apply()


def _wanted(child: Node, kind: str) -> int:
    """What it has, and asks for in addition."""
    node = child.sub_node(kind)
    return node.value("assigned", Bytes(0)) + node.value("requested", Bytes(0)) if node else 0


class Child:
    """Does what needs more than it has. Each step waits until the monitor has given enough."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._hold = RamDataspace(env.account, env.pd.quota().ram_avail - LEFT)
        self._step("create signal contexts", self._create_contexts, used=False)
        self._step("open a PD session", self._open_domain, used=False)
        self._step("transfer quota to it", self._transfer, used=False)
        self._step("allocate memory", self._allocate, used=True)
        env.exit(0)

    def _step(self, what: str, act: Callable[[], object], *, used: bool) -> None:
        before = self._env.pd.quota().ram_used
        self._env.log(what)
        act()
        grown = self._env.pd.quota().ram_used - before
        if (grown >= AMOUNT) != used:
            raise ValueError(f"{what}: {grown} bytes more are in use")

    def _create_contexts(self) -> None:
        handlers = [SignalHandler(self._env, self._never, self._env.patient) for _ in range(CONTEXTS)]
        for handler in handlers:
            handler.close()

    def _never(self) -> None:
        raise ValueError("nobody submits to this")

    def _open_domain(self) -> None:
        self._domain = PdSession.connect(self._env, "domain", payer=self._env.patient)
        self._domain.ref_account(self._env.pd_cap)

    def _transfer(self) -> None:
        self._env.patient.reserve(ram=AMOUNT).close()       # waits until there is as much
        self._env.pd.transfer_quota(self._domain.cap, Resources(AMOUNT, 0))

    def _allocate(self) -> None:
        self._memory = RamDataspace(self._env.patient, AMOUNT)


LEFT = Bytes("64K")
AMOUNT = Bytes("512K")
CONTEXTS = 1000
