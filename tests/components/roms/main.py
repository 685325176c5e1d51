"""Reads ROM modules, and follows one that changes."""

from __future__ import annotations

from bastide.base import Env, InvalidNode, IpcError, Node, Rom, SessionDenied, SignalHandler


class Main:
    def __init__(self, env: Env) -> None:
        self.env, self.log = env, env.log
        getattr(self, env.name)()

    def read(self) -> None:
        before = self.env.account.caps.used, self.env.account.ram.used
        rom = Rom(self.env, "state")
        self.log(len(rom.content), rom.content.readonly, rom.text, rom.node.attribute("size", 0))
        rom.close()
        # the handler of session answers is made once, with the first session
        self.log(self.env.account.caps.used - before[0] <= 1, self.env.account.ram.used - before[1])
        try:
            Rom(self.env, "nowhere/else")
        except SessionDenied as error:
            self.log(error)
        self.env.exit()

    def watch(self) -> None:
        self.rom = Rom(self.env, "state")
        self.rom.watch(self.apply)
        self.log("watching")

    def tolerant(self) -> None:
        self.rom = Rom(self.env, "state")
        self.rom.follow(self.apply)
        self.log("following")

    def strict(self) -> None:
        rom = Rom(self.env, "state")
        try:
            rom.watch(self.apply)
        except InvalidNode:
            self.log("refused at first")
        self.env.exit()

    def late(self) -> None:
        """Looks at the content when it is told of a change, without asking for the newer one."""
        rom = Rom(self.env, "state")

        def look() -> None:
            try:
                self.log(rom.node)
            except InvalidNode as error:
                self.log(error)

        self.kept = SignalHandler(self.env, look)
        rom.sigh(self.kept.cap)
        self.log("opened")

    def careful(self) -> None:
        """Has mapped the content when it is told of a change, and copies it nevertheless."""
        rom = Rom(self.env, "state")

        def look() -> None:
            try:
                self.log(rom.copy)
            except IpcError as error:
                self.log(f"IpcError: {error}")

        self.kept = SignalHandler(self.env, look)
        rom.sigh(self.kept.cap)
        self.log("opened", len(rom.content))

    def apply(self, node: Node) -> None:
        self.log("size", node.attribute("size", -1))


construct = Main
