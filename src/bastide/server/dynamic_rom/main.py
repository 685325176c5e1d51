"""dynamic_rom: ROM modules that change along a timeline."""

from __future__ import annotations

from bastide.base import Env, Node, SessionRequest, milliseconds
from bastide.lib.rom_module import Module
from bastide.session.rom import RomSession
from bastide.session.timer import Timeout, Timer


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._timer = env, Timer(env)
        self._modules: dict[str, Module] = {}       # those that have a timeline or a client
        self._lines: dict[str, Timeline] = {}
        self._verbose = False
        env.config.watch(self._apply)
        RomSession.announce(env, self._open)

    def say(self, text: str) -> None:
        if self._verbose:
            self._env.log(text)

    def content(self, inline: Node) -> bytes:
        return self._env.encode(inline.children[0]) if inline.children else (inline.text + "\n").encode()

    def _apply(self, config: Node) -> None:
        """Begin anew with each module whose steps changed; the others go on."""
        self._verbose = config.value("verbose", False)
        nodes = {node.required("name", str): node for node in config.sub_nodes("rom")}
        for name in [known for known in self._lines if known not in nodes]:
            self._lines.pop(name).end()
            self._released(name)
        for name, node in nodes.items():
            if name not in self._lines:
                self._lines[name] = Timeline(name, self._module(name), self._timer, self)
            self._lines[name].follow(node)

    def _open(self, request: SessionRequest) -> RomSession:
        name = request.label.last_element
        if name not in self._lines:
            self._env.log.warning(f"the config has no ROM '{name}' for '{request.label}', who waits for it to come")
        return self._module(name).open(request.account, lambda: self._released(name))

    def _module(self, name: str) -> Module:
        return self._modules.setdefault(name, Module())

    def _released(self, name: str) -> None:
        if name not in self._lines and not self._modules[name].sessions:
            del self._modules[name]


class Timeline:
    """One module and the steps it goes through, again and again."""

    def __init__(self, name: str, module: Module, timer: Timer, main: Main) -> None:
        self._name, self._module, self._timer, self._main = name, module, timer, main
        self._node = Node("rom")
        self._steps: tuple[Node, ...] = ()
        self._next = 0
        self._pause: Timeout | None = None

    def follow(self, node: Node) -> None:
        if node != self._node:
            self._stop()
            self._node, self._steps, self._next = node, tuple(node.sub_nodes("inline", "sleep", "empty")), 0
            self._proceed()

    def end(self) -> None:
        self._stop()
        self._module.show(None)

    def _stop(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _proceed(self) -> None:
        """Take steps up to a pause. A timeline without any is gone through once."""
        for _ in self._steps:
            step = self._steps[self._next]
            self._next = (self._next + 1) % len(self._steps)
            if step.type == "sleep":
                pause = step.value("milliseconds", 0)
                self._main.say(f"{self._name}: sleep {pause} milliseconds")
                self._pause = self._timer.once(milliseconds(pause), self._proceed)
                return
            if step.type == "inline":
                self._main.say(f"{self._name}: change ({step.value('description', '')})")
                self._module.show(self._main.content(step))
            else:
                self._main.say(f"{self._name}: remove")
                self._module.show(None)


construct = Main
