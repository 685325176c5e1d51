"""Servers that do not keep to the rules. The name of the component says how; each is pinned as `hostile`."""

from __future__ import annotations

import ctypes
import os
import random
import threading
from collections.abc import Callable
from typing import Any, cast

from components.contracts import BoardSession, Echo

from bastide.base import Capability, Env, Interface
from bastide.base.environment import NativeEntrypoint
from bastide.kernel.interface import Caps, Handle
from bastide.kernel.linux import page
from bastide.kernel.linux.gate import LinuxGate
from bastide.kernel.linux.incoming import Calls


class Main(Echo):
    def __init__(self, env: Env) -> None:
        self.env, self.calls = env, 0
        self.gate = cast(LinuxGate, env.ep.gate)
        self.chance = random.Random(4)
        self.act: Callable[[], str] = getattr(self, env.name)
        cap = env.ep.manage(self, env.account)
        board = BoardSession.connect(env)
        board.put(env.name if env.name in ("dissolver", "silent") else "hostile", cap)
        if env.name == "forger":
            self._forger(board)
        env.log("serving")

    def echo(self, text: str) -> str:
        self.calls += 1
        return self.act()

    def keep(self, cap: object) -> bool:
        return False

    def dissolver(self) -> str:
        self.env.ep.defer(lambda: self.env.ep.dissolve(self))
        return "once"

    def silent(self) -> str:
        self.env.log("silent")
        self.env.ep.wait_for_io()
        return ""

    def dier(self) -> str:
        os._exit(5)

    def crasher(self) -> str:
        os.abort()

    def closer(self) -> str:
        """Closes its end of everything."""
        os.closerange(3, 100)
        self.env.kernel.call(self.env.parent.cap.handle, b"")
        return ""

    def garbler(self) -> str:
        """Rings without a reply, and writes replies of its own past the framework."""
        if self.calls > 30:
            return "answer"
        for channel in self._channels():
            for _ in range(3):
                os.write(channel.reply, b"!")       # no reason to ring
            channel.memory[page.REPLY:page.REPLY + page.MESSAGE] = self.chance.randbytes(page.MESSAGE)
            channel.words[page.REPLY_SIZE] = self.chance.choice(
                (0xFFFF, 0xFFFF_FFFF, 255 << 16 | 100, 5 << 16 | 200, 4 << 16 | 31, 7 << 24, page.MESSAGE + 1, 0, 1))
            channel.words[page.REPLY_NUMBER] = channel.seen         # done, says this
            os.write(channel.reply, b"!")
        raise RuntimeError("the framework's own reply comes too late")

    def scribbler(self) -> str:
        """Writes over its replies while its client reads them."""
        if self.calls == 1:
            libc = ctypes.CDLL(None)
            libc.getrandom.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint)
            places = [ctypes.addressof(ctypes.c_char.from_buffer(channel.memory)) for channel in self._channels()]

            def scribble() -> None:
                while True:
                    for place in places:
                        libc.getrandom(place + 4 * page.REPLY_SIZE, 4, 0)
                        libc.getrandom(place + page.REPLY, page.MESSAGE, 0)

            threading.Thread(target=scribble, daemon=True).start()
        return "answer"

    def forger(self) -> str:
        return "answer"

    def _channels(self) -> list[Any]:
        return [channel for channel in self.gate._channels.values() if isinstance(channel, Calls)]

    def _forger(self, board: BoardSession) -> None:
        """An object whose replies hold capabilities that it made up, for whoever calls."""
        entrypoint = Capability[NativeEntrypoint](self.env.ep.identity, NativeEntrypoint, self.env.kernel)
        made = self.env.pd.alloc_rpc_cap(entrypoint)
        gate = self.gate

        def dispatch(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
            return b"x", (Handle(b""), )

        def give(channel: Any, reply: bytes, caps: Caps) -> tuple[int, bytes, int]:
            foreign = cast(bytes, self.env.parent.cap.handle)
            forged = (foreign, foreign[:16] + os.urandom(16), os.urandom(32), bytes(32))
            return page.OK, reply + b"".join(forged), len(forged)

        gate._give_caps = give  # type: ignore[method-assign]
        gate.serve(made.handle, dispatch)
        board.put("hostile", Capability[Interface](made.handle, Interface, self.env.kernel))


construct = Main
