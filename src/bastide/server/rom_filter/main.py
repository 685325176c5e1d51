"""rom_filter: one ROM, composed of others by conditions."""

from __future__ import annotations

from collections.abc import Callable

from bastide.base import Env, InvalidNode, Node, Rom, SessionDenied, SignalHandler
from bastide.lib.rom_module import Module
from bastide.server.rom_filter.output import Selection, check, check_input, generate, select
from bastide.session.rom import RomSession


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._module = Module()
        self._config = Node("config")
        self._inputs: dict[str, Input] = {}
        env.config.watch(self._apply)
        RomSession.announce(env, lambda request: self._module.open(request.account))

    def _apply(self, config: Node) -> None:
        """Raises InvalidNode, and then all stays as it was."""
        nodes = {node.required("name", str): node for node in config.sub_nodes("input")}
        output = config.sub_node("output")
        if output is None:
            raise InvalidNode(f"{config.place}: expected a node 'output', which is missing")
        for node in nodes.values():
            check_input(node)
        check(output, nodes)
        roms = {source.name: source.attributes.get("rom", source.name) for source in config.sub_nodes("input")}
        for name in [known for known, input in self._inputs.items() if roms.get(known) != input.rom]:
            self._inputs.pop(name).close()
        for name, node in nodes.items():
            if name not in self._inputs:
                self._inputs[name] = Input(self._env, roms[name], self._compose)
            self._inputs[name].config = node
        self._config = config
        self._compose()

    def _compose(self) -> None:
        output = self._config.sub_node("output")
        if output is None:
            return
        selections = {name: input.selection for name, input in self._inputs.items()}
        content = self._env.encode(generate(output, selections))
        if self._config.value("verbose", False):
            self._env.log(content.decode().rstrip())
        self._module.show(content)


class Input:
    """A ROM, and what of it the config is interested in."""

    def __init__(self, env: Env, rom: str, changed: Callable[[], None]) -> None:
        self.rom, self.config = rom, Node("input")
        self._env, self._notify = env, changed
        self._content, self._valid = Node(""), True
        self._session: Rom | None = None
        self._changed = SignalHandler(env, self._update)
        try:
            self._session = Rom(env, rom)
        except SessionDenied as error:
            env.log.warning(f"the ROM '{rom}' counts as empty: {error}")
            return
        self._read()
        self._session.sigh(self._changed.cap)

    @property
    def selection(self) -> Selection:
        return select(self.config, self._content)

    def close(self) -> None:
        self._changed.close()
        if self._session is not None:
            self._session.close()

    def _update(self) -> None:
        if self._session is not None:
            self._session.update()
            self._read()
            self._notify()

    def _read(self) -> None:
        """Content that is no node counts as empty; that is told once, until it is a node again."""
        assert self._session is not None
        try:
            self._content, valid = self._session.node, True
        except InvalidNode as error:
            self._content, valid = Node(""), False
            if self._valid:
                self._env.log.warning(f"the ROM '{self.rom}' counts as empty: {error}")
        self._valid = valid


construct = Main
