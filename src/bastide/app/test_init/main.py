"""test-init: drives an init through a script: gives it configs, and waits for what it logs and reports."""

from __future__ import annotations

from collections.abc import Callable

from bastide.app.test_init.condition import holds
from bastide.base import Env, Generator, Node, Rom, SessionRequest, SignalHandler, milliseconds
from bastide.session.log import LogSession
from bastide.session.report import Reporter
from bastide.session.timer import Timer

LONGEST_TITLE = 79


class Main:
    """The steps of the script, in order; what completes one goes on with the next at once."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._timer = Timer(env)
        self._reporter = Reporter(env, "init.config")
        self._steps = tuple(env.config.node.sub_nodes())
        self._state = Rom(env, "state")
        self._state_changed = SignalHandler(env, self._look_at_state)
        self._state.sigh(self._state_changed.cap)
        self._index = 0
        self._awaited: str | None = None        # the log message that completes the current step
        self._sleeping = False
        self._kinds: dict[str, Callable[[Node], bool]] = {
            "message": self._message,
            "init_config": self._init_config,
            "expect_log": self._expect_log,
            "expect_warning": self._expect_log,
            "expect_init_state": self._expect_init_state,
            "sleep": self._sleep,
            "nop": lambda step: True,
        }
        self._execute()
        LogSession.announce(env, lambda request: Session(self, request))

    def logged(self, message: str) -> None:
        """Something under test wrote to its LOG."""
        expected = message == self._awaited
        self._env.log(f"{message} ({'expected' if expected else 'ignored'})")
        if expected:
            self._awaited = None
            self._advance()

    def _execute(self) -> None:
        """Carry out steps up to one that has to wait."""
        while self._index < len(self._steps):
            step = self._steps[self._index]
            self._env.log(f"step {self._index} ({step.type})")
            if step.type not in self._kinds:
                self._env.log.error(f"unexpected step: {step}".rstrip())
                self._env.exit(1)
            if not self._kinds[step.type](step):
                return
            self._index += 1
        self._env.exit(0)

    def _advance(self) -> None:
        self._index += 1
        self._execute()

    def _message(self, step: Node) -> bool:
        self._env.log(f"\n--- {step.value('string', '')[:LONGEST_TITLE]} ---")
        return True

    def _init_config(self, step: Node) -> bool:
        config = Generator("config")
        if version := step.value("version", ""):
            config.attribute("version", version)
        for node in step.sub_nodes():
            config.copy(node)
        self._reporter.generate(config.build())
        return True

    def _expect_log(self, step: Node) -> bool:
        self._awaited = step.value("string", "")
        return False

    def _expect_init_state(self, step: Node) -> bool:
        state = self._state.node
        if holds(step, state, self._env.log.error):
            return True
        self._env.log.warning(f"init state does not match: {state}".rstrip())
        self._env.log.warning(f"expected condition: {step}".rstrip())
        return False

    def _sleep(self, step: Node) -> bool:
        if not self._sleeping:
            self._sleeping = True
            self._timer.once(milliseconds(step.value("ms", 250)), self._wake)
        return False

    def _wake(self) -> None:
        self._sleeping = False
        self._advance()

    def _look_at_state(self) -> None:
        self._state.update()
        self._execute()


class Session(LogSession):
    def __init__(self, main: Main, request: SessionRequest) -> None:
        self._main, self._label = main, request.label

    def write(self, text: str) -> None:
        self._main.logged(f"[{self._label}] {_plain(text)}")


def _plain(text: str) -> str:
    """Without escape sequences, each of which is taken for five characters, and without the line's end."""
    first, *colored = text.split("\x1b")
    return (first + "".join(part[4:] for part in colored)).removesuffix("\n")


construct = Main
