"""test-init_loop: lets an init create and remove a client of a server again and again, and watches what is lost."""

from __future__ import annotations

from bastide.base import Bytes, Env, Node, Rom, SignalHandler
from bastide.session.report import Reporter

TOLERATED = Bytes("16K")

CONFIG = """config
+ report | requested: yes | provided: yes | init_ram: yes | init_caps: yes | child_ram: yes | child_caps: yes
  delay_ms: 100
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
+ start server | ram: 1M | caps: 100
  + binary dummy
  + provides | + service LOG
  + config | + log_service
  + route | + any-service | + parent
{client}-
"""

CLIENT = """+ start client | ram: 1M | caps: 100
  + binary dummy
  + config | + create_log_connections | count: 1
  + route
    + service LOG | + child server
    + any-service | + parent
"""


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._rounds = env, env.config.node.attribute("rounds", 20)
        self._reporter = Reporter(env, "init.config")
        self._state = Rom(env, "state")
        self._changed = SignalHandler(env, self._look)
        self._round, self._client = 0, True
        self._before: Bytes | None = None
        self._state.sigh(self._changed.cap)
        self._apply()

    def _apply(self) -> None:
        self._reporter.submit(CONFIG.format(client=CLIENT if self._client else "").encode())

    def _look(self) -> None:
        self._state.update()
        state = self._state.node
        client, server = (state.sub_node("child", name=name) for name in ("client", "server"))
        if self._client and client is not None and _served(client):
            self._client = False
            self._apply()
        elif not self._client and client is None and server is not None and not _sessions(server, "provided"):
            self._finish_round(Bytes(_available(state) + _available(server)))

    def _finish_round(self, available: Bytes) -> None:
        self._round += 1
        self._before = self._before or available
        lost = self._before - available
        self._env.log(f"round {self._round}: {lost} bytes were lost so far")
        if lost > TOLERATED:
            self._env.log.error(f"{Bytes(lost)} were lost in {self._round} rounds, {TOLERATED} are tolerated")
            self._env.exit(1)
        if self._round == self._rounds:
            self._env.exit(0)
        self._client = True
        self._apply()


def _served(client: Node) -> bool:
    """Whether the client has got its session at the server."""
    return any(session.attributes.get("name") == "LOG" and session.attributes.get("state") == "OK"
               for session in _sessions(client, "requested"))


def _sessions(child: Node, which: str) -> tuple[Node, ...]:
    node = child.sub_node(which)
    return tuple(node.sub_nodes("session")) if node else ()


def _available(owner: Node) -> int:
    ram = owner.sub_node("ram")
    return ram.value("avail", Bytes(0)) if ram else 0


construct = Main
