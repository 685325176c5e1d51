"""The other end of a run's socket: requests and answers, one JSON object a line, for the user who runs it.

    {"ask": "snapshot"}                           {"ok": {...}}
    {"ask": "kill", "label": "init -> gone"}      {"error": "there is no component 'init -> gone'"}
    {"ask": "log", "after": null, "follow": true} {"ok": {"lines": [...], "after": 7, "missed": 0}} and so on

One thread serves all, and takes at most a fifth of a processor: it rests four times as long as it works. Everything is
bounded, so that whoever writes garbage, never ends a line, never reads, or comes a thousand times harms itself: it is
cut off, or has to wait. Only the user whose run it is is served. Root could do all this without asking, but commands
look for the runs of whoever calls them: `sudo -u USER bastide ps` does as that user what root wants done.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from bastide.base.errors import BastideError
from bastide.tool.live.folder import peer
from bastide.tool.live.live import Live
from bastide.tool.live.proposal import ConfigRefused

CONNECTIONS = 16
"""At a time. Whoever comes then is told so, and cut off."""

LARGEST_REQUEST = 2 << 20
"""Bytes of a line: the largest config, with its line ends written as JSON has them."""

LONGEST_ORIGIN = 4096
"""Characters of what a config is called, which each message about it begins with: as long as a path may be."""

AT_ONCE = 64 << 10
"""Bytes that are read or written of one connection, until all others had their turn."""

IDLE = 30.0
"""Seconds within which a connection has to say a whole request, and to read an answer."""

FOLLOWING = 0.05
"""Seconds between two looks at the log for those who follow it."""

EXCERPT = 500
"""Lines of the log in one answer."""

REST = 4.0
LONGEST_REST = 0.5


class Server:
    """Serves a listening socket until `stop`."""

    def __init__(self, listener: socket.socket, live: Live) -> None:
        self._listener, self._live = listener, live
        self._selector = selectors.DefaultSelector()
        self._connections: dict[int, _Connection] = {}
        self._stopped = threading.Event()
        self._stop, self._stopper = socket.socketpair()
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(self._stop, selectors.EVENT_READ)

    def run(self) -> None:
        """In a thread of its own."""
        while not self._stopped.is_set():
            events = self._selector.select(self._until())
            began = time.thread_time()
            for key, mask in events:
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.data, _Connection):
                    self._turn(key.data, mask)
            self._follow()
            self._cut_off_the_late()
            self._stopped.wait(min(LONGEST_REST, REST * (time.thread_time() - began)))
        for connection in list(self._connections.values()):
            self._close(connection)
        self._selector.close()
        self._stop.close()

    def stop(self) -> None:
        """From any thread. What is being answered is finished first."""
        self._stopped.set()
        self._stopper.close()

    def _until(self) -> float | None:
        """Seconds until something is to be done that no descriptor tells."""
        if any(connection.following and not connection.pending for connection in self._connections.values()):
            return FOLLOWING
        return 1.0 if self._connections else None

    def _accept(self) -> None:
        try:
            stream, _ = self._listener.accept()
        except OSError:                     # it is gone again, or there are no descriptors left
            self._stopped.wait(FOLLOWING)
            return
        stream.setblocking(False)
        connection = _Connection(stream)
        if peer(stream) != os.geteuid():
            connection.refuse(f"only the user with the id {os.geteuid()}, whose run this is, may ask")
            stream.close()
        elif len(self._connections) >= CONNECTIONS:
            connection.refuse(f"{CONNECTIONS} others are being served, and there is no room for more")
            stream.close()
        else:
            self._connections[stream.fileno()] = connection
            self._selector.register(stream, selectors.EVENT_READ, connection)

    def _turn(self, connection: _Connection, mask: int) -> None:
        """Go on with a connection. One request at a time: the next is read when the answer has been."""
        try:
            if mask & selectors.EVENT_WRITE:
                connection.write()
                self._await(connection)
            elif (request := connection.read()) is not None:
                self._say(connection, self._answer(connection, request))
        except OSError:
            self._close(connection)

    def _say(self, connection: _Connection, answer: dict[str, Any]) -> None:
        try:
            connection.say(answer)
            self._await(connection)
        except OSError:
            self._close(connection)

    def _await(self, connection: _Connection) -> None:
        """Read on only when all is written."""
        wanted = selectors.EVENT_WRITE if connection.pending else selectors.EVENT_READ
        if self._selector.get_key(connection.stream).events != wanted:
            self._selector.modify(connection.stream, wanted, connection)

    def _follow(self) -> None:
        for connection in list(self._connections.values()):
            if connection.following and not connection.pending:
                answer = self._log(connection.after)
                if answer["ok"]["lines"] or answer["ok"]["missed"]:
                    connection.after = answer["ok"]["after"]
                    self._say(connection, answer)

    def _cut_off_the_late(self) -> None:
        now = time.monotonic()
        for connection in list(self._connections.values()):
            if now > connection.deadline and not (connection.following and not connection.pending):
                self._close(connection)

    def _close(self, connection: _Connection) -> None:
        del self._connections[connection.stream.fileno()]
        self._selector.unregister(connection.stream)
        connection.stream.close()

    # answers

    def _answer(self, connection: _Connection, request: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(request)
        except (ValueError, RecursionError):
            return {"error": "expected a JSON object in one line"}
        if not isinstance(asked, dict):
            return {"error": "expected a JSON object"}
        try:
            return self._served(connection, asked)
        except ConfigRefused as error:
            return {"error": str(error), "refused": True}
        except BastideError as error:
            return {"error": str(error)}
        except Exception as error:          # whatever is wrong here, the others are still served
            return {"error": f"{type(error).__name__}: {error}"}

    def _served(self, connection: _Connection, asked: dict[str, Any]) -> dict[str, Any]:
        match asked:
            case {"ask": "about"}:
                return {"ok": asdict(self._live.about())}
            case {"ask": "snapshot"}:
                return {"ok": self._live.snapshot().to_json()}
            case {"ask": "log", "after": int() | None as after} if after is None or 0 <= after < 1 << 62:
                answer = self._log(after)
                connection.after, connection.following = answer["ok"]["after"], asked.get("follow") is True
                return answer
            case {"ask": "config"}:
                return {"ok": self._live.config()}
            case {"ask": "apply", "text": str(text), "origin": str(origin)} if len(origin) <= LONGEST_ORIGIN:
                self._live.apply(text, origin, asked.get("force") is True)
                return {"ok": True}
            case {"ask": "kill", "label": str(label)}:
                return {"ok": self._live.kill(label)}
        return {"error": "expected 'ask' to be about, snapshot, log (after: lines or null, follow), config, "
                         f"apply (text, origin of at most {LONGEST_ORIGIN} characters, force) or kill (label)"}

    def _log(self, after: int | None) -> dict[str, Any]:
        excerpt = self._live.backlog.since(after, EXCERPT)
        return {"ok": excerpt._asdict() | {"lines": [line._asdict() for line in excerpt.lines]}}


class _Connection:
    """What was read and is no request yet, and what is still to be written."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.following, self.after = False, 0
        self.pending = memoryview(b"")
        self.deadline = time.monotonic() + IDLE
        self._read = bytearray()

    def read(self) -> bytes | None:
        """A whole request, if there is one now. Raises OSError at the end, and for what can be none."""
        begin = len(self._read)
        with suppress(BlockingIOError):
            data = self.stream.recv(AT_ONCE)
            if not data:
                raise ConnectionResetError
            if self.following:
                raise ConnectionAbortedError("whoever follows the log has nothing more to say")
            self._read += data
        end = self._read.find(b"\n", begin)
        if end < 0:
            if len(self._read) > LARGEST_REQUEST:
                self.refuse(f"a request has at most {LARGEST_REQUEST} bytes")
                raise ConnectionAbortedError
            return None
        request = bytes(self._read[:end])
        if len(self._read) > end + 1:
            raise ConnectionAbortedError("the next request has to wait for the answer")
        self._read.clear()
        return request

    def say(self, answer: dict[str, Any]) -> None:
        self.pending = memoryview(json.dumps(answer).encode() + b"\n")
        self.write()

    def write(self) -> None:
        """Raises OSError."""
        with suppress(BlockingIOError):
            written = self.stream.send(self.pending[:AT_ONCE])
            self.pending = self.pending[written:]
            self.deadline = time.monotonic() + IDLE

    def refuse(self, reason: str) -> None:
        """Say one last thing, as far as that is possible without waiting."""
        with suppress(OSError):
            self.stream.send(json.dumps({"error": reason}).encode() + b"\n")
