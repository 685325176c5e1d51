"""rom_to_file: keeps the content of a ROM where others can read it, whenever it changes."""

from __future__ import annotations

from bastide.base import Env, Node, Rom, SignalHandler
from bastide.session.report import Reporter


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._rom: Rom | None = None
        self._target: Reporter | None = None
        self._changed = SignalHandler(env, self._update)
        env.config.watch(self._apply)

    def _apply(self, config: Node) -> None:
        name = config.required("rom", str)
        if self._rom is not None and self._target is not None and self._rom.label != name:
            self._rom.close()
            self._target.close()
            self._rom = None
        if self._rom is None:
            self._rom, self._target = Rom(self._env, name), Reporter(self._env, name)
            self._rom.sigh(self._changed.cap)
            self._write()

    def _update(self) -> None:
        if self._rom is not None:
            self._rom.update()
            self._write()

    def _write(self) -> None:
        """An empty ROM leaves what was written before."""
        if self._rom is not None and self._target is not None and (content := self._rom.text):
            self._target.submit(content)


construct = Main
