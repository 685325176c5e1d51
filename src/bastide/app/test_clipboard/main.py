"""test-clipboard: plays the GUI server and three components that copy and paste, and checks what each of them sees."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Env, Generator, Node, Rom, SignalHandler, milliseconds
from bastide.session.report import Reporter
from bastide.session.timer import Timer

SETTLED = milliseconds(500)         # long enough for a change of focus to arrive
SILENCE = milliseconds(500)         # long enough for a signal that must not come

CLEARED = ""


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        self._focus = Reporter(env, "focus")
        self.actors = {domain: Actor(env, name, self._look)
                       for name, domain in (("linux", "hobby"), ("win7", "work"), ("noux", "admin"))}
        self._awaited: dict[str, str] | None = None
        self._steps = iter(self._script())
        self._go_on()

    def _script(self) -> list[Callable[[], None]]:
        def expect(**texts: str) -> Callable[[], None]:
            return lambda: self._expect(texts)

        focus, copy, silence = self._set_focus, self._copy, self._expect_silence
        return [
            lambda: focus("hobby"),
            lambda: copy("hobby", "cat picture"), expect(hobby="cat picture", work="cat picture", admin="cat picture"),
            lambda: focus("admin"),
            lambda: copy("admin", "private key"), expect(hobby=CLEARED, work=CLEARED, admin="private key"),
            lambda: copy("admin", "another key"), lambda: silence("hobby", "work"), expect(admin="another key"),
            lambda: focus("work"),
            lambda: copy("work", "contract"), expect(hobby=CLEARED, work="contract", admin="contract"),
            lambda: focus("work", active=False),
            lambda: copy("work", "late contract"), lambda: silence("hobby", "work", "admin"),
            lambda: focus("hobby"),
            lambda: copy("work", "hidden contract"), lambda: silence("hobby", "work", "admin"),
            expect(hobby=CLEARED, work="contract", admin="contract"),
            self._finish,
        ]

    def _go_on(self) -> None:
        next(self._steps)()

    def _set_focus(self, domain: str, active: bool = True) -> None:
        self._env.log(f"focus {domain}" + ("" if active else ", inactive"))
        self._focus.generate(Generator("focus", domain=domain, active=active).build())
        self._timer.once(SETTLED, self._go_on)

    def _copy(self, domain: str, text: str) -> None:
        self._env.log(f"{domain} copies '{text}'")
        for actor in self.actors.values():
            actor.told = False
        self.actors[domain].copy(text)
        self._go_on()

    def _expect(self, texts: dict[str, str]) -> None:
        self._awaited = texts
        self._look()

    def _look(self) -> None:
        """Go on when everybody sees what is expected."""
        if self._awaited is not None and all(self.actors[name].text == text for name, text in self._awaited.items()):
            self._env.log("as expected: " + ", ".join(f"{name} sees '{text}'" for name, text in self._awaited.items()))
            self._awaited = None
            self._go_on()

    def _expect_silence(self, *domains: str) -> None:
        def check() -> None:
            for domain in domains:
                if self.actors[domain].told:
                    raise ValueError(f"{domain} was told of something that it can't see")
            self._env.log(f"nothing was told to {', '.join(domains)}")
            self._go_on()

        self._timer.once(SILENCE, check)

    def _finish(self) -> None:
        self._env.log("--- test-clipboard finished ---")
        self._env.exit(0)


class Actor:
    """A component that copies and pastes."""

    def __init__(self, env: Env, name: str, changed: Callable[[], None]) -> None:
        self._reporter, self._rom = Reporter(env, f"{name} -> clipboard"), Rom(env, f"{name} -> clipboard")
        self._notify, self.told, self.text = changed, False, CLEARED
        self._changed = SignalHandler(env, self._update)
        self._rom.sigh(self._changed.cap)

    def copy(self, text: str) -> None:
        self._reporter.generate(Node("clipboard", children=(Node("text", text=text),)))

    def _update(self) -> None:
        self.told = True
        self._rom.update()
        text = self._rom.node.sub_node("text")
        self.text = text.text if text else CLEARED
        self._notify()


construct = Main
