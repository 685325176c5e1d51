"""rom_logger: writes the content of a ROM to the log, now and whenever it changes."""

from __future__ import annotations

from bastide.base import Env, IpcError, Node, Rom, SignalHandler
from bastide.lib.listing import write_listing

WIDTH = 16
"""Bytes per line of a hexdump."""


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._rom: Rom | None = None
        self._format = "text"
        self._changed = SignalHandler(env, self._show_newest)
        env.config.watch(self._apply)

    def _apply(self, config: Node) -> None:
        name, self._format = config.required("rom", str), config.value("format", "text")
        if self._rom is None or self._rom.label != name:
            if self._rom is not None:
                self._rom.close()
            self._rom = Rom(self._env, name)
            self._rom.sigh(self._changed.cap)
        self._show()

    def _show_newest(self) -> None:
        if self._rom is not None:
            self._rom.update()
            self._show()

    def _show(self) -> None:
        assert self._rom is not None
        log, rom = self._env.log, self._rom
        try:
            content = rom.copy              # for whoever serves it can take the original away
        except IpcError as error:
            log.error(f"ROM '{rom.label}': its content can't be had: {error}")
            return
        if not content:
            log(f"ROM '{rom.label}': no content")
            return
        write_listing(log, f"ROM '{rom.label}':",
                      _hexdump(content) if self._format == "hexdump" else content.partition(b"\0")[0])


def _hexdump(content: bytes) -> bytes:
    return "\n".join(f"{start:08x}  {content[start:start + WIDTH].hex(' ')}"
                     for start in range(0, len(content), WIDTH)).encode()


construct = Main
