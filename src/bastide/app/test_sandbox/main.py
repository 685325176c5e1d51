"""test-sandbox: hosts a child, serves its LOG sessions, and replaces it again and again by a newer version."""

from __future__ import annotations

from bastide.base import Env, Node, SessionRequest, milliseconds
from bastide.init.sandbox import Sandbox
from bastide.session.log import LogSession
from bastide.session.timer import Timer

LAST = 5
PAUSE = milliseconds(100)
READY = "created all LOG connections"
"""What a child says when it has done all that it has to."""

CONFIG = """config
+ parent-provides
  + service ROM
  + service CPU
  + service PD
+ start dummy | ram: 1M | caps: 100 | version: {version}
  + config
    + log | string: started version {version}
    + create_log_connections | count: 1 | ram_upgrade: 100K
  + route
    + service LOG | + local
    + any-service | + parent
-
"""


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer, self._version = env, Timer(env), 0
        self.open = 0
        self._sandbox = Sandbox(env, lambda: None)
        LogSession.announce(self._sandbox, lambda request: Session(self, request))
        self._replace()

    def log(self, text: str) -> None:
        self._env.log(text)

    def heard(self, text: str) -> None:
        """The child said something."""
        if text == READY:
            self._timer.once(PAUSE, self._replace)

    def _replace(self) -> None:
        if self._version == LAST:
            self._sandbox.apply_config(Node("config"))
            self._env.log(f"{self.open} sessions are open")
            self._env.log("--- test-sandbox finished ---")
            self._env.exit(0)
        self._version += 1
        self._sandbox.apply_config(Node.parse(CONFIG.format(version=self._version)))


class Session(LogSession):
    """Tells of itself what a child would not."""

    def __init__(self, main: Main, request: SessionRequest) -> None:
        self._main, self._label = main, request.label
        main.open += 1
        main.log(f"open session '{self._label}'")

    def write(self, text: str) -> None:
        self._main.log(f"[{self._label}] {text.rstrip()}")
        self._main.heard(text.rstrip())

    def upgrade(self, *, ram: int = 0, caps: int = 0) -> None:
        self._main.log(f"session '{self._label}' gets {ram} bytes more")

    def close(self) -> None:
        self._main.open -= 1
        self._main.log(f"close session '{self._label}'")


construct = Main
