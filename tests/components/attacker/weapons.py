"""What all attackers have: their environment, and the bare transport below it."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from typing import Any, cast

from components.contracts import BoardSession, Echo

from bastide.base import BastideError, Capability, DataspaceCap, Env, Interface
from bastide.kernel.interface import Handle
from bastide.kernel.linux import page
from bastide.kernel.linux.channel import Channel
from bastide.kernel.linux.component import FarAuthority
from bastide.kernel.linux.native import Ask
from bastide.kernel.linux.transport import Transport
from bastide.kernel.linux.voucher import proper


class Attacker:
    def __init__(self, env: Env) -> None:
        self.env, self.log = env, env.log
        self.transport = cast(Transport, env.kernel)
        self.board = BoardSession.connect(env)

    def take(self, name: str) -> Capability[Interface]:
        cap = self.board.take(name)
        assert cap is not None
        return cap

    def echo(self, name: str = "echo_server") -> Echo:
        return Capability[Echo](self.take(name).handle, Echo, self.env.kernel).client()

    def ask_for_channel(self, name: str) -> None:
        """Ask core for a channel, and do not wait for its ends: who takes no news waits for ever."""
        authority = cast(FarAuthority, self.transport.authority)
        authority._ask(Ask.CONNECT, 1, proper(self.take(name).handle))

    def channel(self, handle: object) -> Channel:
        """The open channel to the entrypoint of a handle."""
        return self.transport.channels[bytes(cast(bytes, handle))[:8]]

    def descriptor(self, dataspace: DataspaceCap) -> tuple[int, int]:
        """What core hands out for mapping memory, and its size."""
        part = self.transport.authority.memory(cast(bytes, dataspace.handle), True, 0)
        return part.descriptor, part.total

    def victims(self) -> tuple[Raw, ...]:
        """Open channels to a server and to core."""
        echo = self.echo()
        echo.echo("hello")
        return Raw(self.channel(echo.cap.handle), echo.cap.handle), Raw(
            self.channel(self.env.parent.cap.handle), self.env.parent.cap.handle)

    def quietly(self, function: Callable[[], Any]) -> bool:
        """Whether it came to a result."""
        try:
            return function() is not None
        except BastideError:
            return False

    def attempt(self, what: str, function: Callable[[], Any]) -> None:
        """Log how it came out: the kind of error, or that there was none."""
        try:
            function()
        except Exception as error:
            self.log(f"{what}: {type(error).__name__}")
        else:
            self.log(f"{what}: SUCCEEDED")


class Raw:
    """A channel as its holder can abuse it."""

    def __init__(self, channel: Channel, handle: Handle) -> None:
        self.channel, self.handle = channel, cast(bytes, handle)
        self.memory, self.words = channel._memory, channel._words
        self.bell, self.reply = channel._doorbell, channel._reply

    def request(self, content: bytes, size_word: int) -> int | None:
        """Put a request there and ring. The status of the reply; None if there was none within a second."""
        self.memory[page.REQUEST:page.REQUEST + len(content)] = content
        self.words[page.REQUEST_SIZE] = size_word
        self.words[page.REQUEST_NUMBER] = number = self.words[page.REQUEST_NUMBER] + 1 & page.WORD
        self.channel._request_number = number
        os.write(self.bell, self.channel._ring)
        poll = select.poll()
        poll.register(self.reply, select.POLLIN)
        while poll.poll(1000):
            os.read(self.reply, 16)
            if self.words[page.REPLY_NUMBER] == number:
                return self.words[page.REPLY_SIZE] >> page.STATUS_SHIFT
        return None
