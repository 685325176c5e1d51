"""A run that says what a test wants it to say, and a client of its page that is no browser."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bastide.base.errors import BastideError
from bastide.tool.graph.model import Amount, Component, Link, Session, System
from bastide.tool.live.excerpt import Excerpt, Line
from bastide.tool.web.address import Address, listen
from bastide.tool.web.server import PageServer
from bastide.tool.web.source import Ended

CONFIG = """config
+ parent-provides | + service ROM
+ start clock
  + provides | + service Timer
+ start guest
  + config
    + start inner
-
"""
WHY = 'init.config:7:3: "guest" asks for service "Timer": refused; add `+ service Timer | + child clock` to its route'


def small_system() -> System:
    """A server, and a client who was denied a session with it."""
    clock = Component("init -> clock", "timer", ("Timer",), ram=Amount(1 << 20, 1 << 19), caps=Amount(100, 20), cpu=0.5)
    guest = Component("init -> guest", "guest", problems=(WHY,), ram=Amount(1 << 20, 1 << 20), restarts=2)
    init = Component("init", "init", children=(clock, guest))
    sessions = (Session("init -> guest", "LOG", "core", link=Link.OPEN, ram=4096, caps=2),
                Session("init -> guest", "Timer", "", "alarm", Link.DENIED, explanation=WHY))
    return System("small", Component("core", children=(init,)), sessions)


def allowed(system: System) -> System:
    """The same with what was denied."""
    init, = system.root.children
    clock, guest = init.children
    init = replace(init, children=(clock, replace(guest, problems=())))
    sessions = (system.sessions[0], Session("init -> guest", "Timer", clock.label, "alarm", Link.OPEN, 4096, 2))
    return System(system.name, replace(system.root, children=(init,)), sessions)


@dataclass
class Recorded:
    """A run that applies a config if it has a route to the clock, and refuses one with the word `bad`."""

    system: System = field(default_factory=small_system)
    said: list[Line] = field(default_factory=list)
    first: int = 0
    """So many lines are not known any more."""
    text: str = CONFIG
    killed: list[str] = field(default_factory=list)
    looks: int = 0
    trouble: str = ""
    ended: bool = False

    def snapshot(self) -> System:
        self.looks += 1
        if self.trouble:
            raise BastideError(self.trouble)
        if self.ended:
            raise Ended("the run ended")
        return self.system

    def log(self, after: int) -> Excerpt:
        begin = max(after, self.first)
        lines = tuple(self.said[begin:begin + 500])
        return Excerpt(lines, begin + len(lines), begin - after)

    def config(self) -> str:
        return self.text

    def apply(self, text: str) -> None:
        if "bad" in text:
            line = text[:text.index("bad")].count("\n") + 1
            raise BastideError(f"config:{line}:3: expected 'start', got 'bad'\nand that is all")
        self.text = text
        if "child clock" in text:
            self.system = allowed(self.system)

    def kill(self, label: str) -> None:
        if label not in ("init -> clock", "init -> guest"):
            raise BastideError(f"there is no component '{label}'")
        self.killed.append(label)


def served(run: Recorded) -> PageServer:
    """The page of such a run."""
    listener = listen()
    return PageServer(run, listener, Address(listener.getsockname()[1]), "init")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Asks as the page would, unless told otherwise."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.host = f"127.0.0.1:{address.port}"
        self.own = {"Host": self.host, "Cookie": f"{address.cookie}={address.token}",
                    "Origin": f"http://{self.host}"}

    def ask(self, path: str = "", **changed: str | None) -> Answer:
        """`changed` are headers, by names with underscores; None leaves one out."""
        return self.send("GET", self.address.path + path, None, changed)

    def post(self, path: str, body: bytes, **changed: str | None) -> Answer:
        return self.send("POST", self.address.path + path, body, {"content_type": "application/json", **changed})

    def send(self, method: str, path: str, body: bytes | None, changed: Mapping[str, str | None]) -> Answer:
        headers = dict(self.own)
        for name, value in changed.items():
            headers.pop(name.replace("_", "-").title(), None)
            if value is not None:
                headers[name.replace("_", "-").title()] = value
        connection = http.client.HTTPConnection("127.0.0.1", self.address.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    def listen(self, **headers: str) -> Events:
        return Events(self, headers)


class Events:
    """The stream of events of one browser, read when a test reads it."""

    def __init__(self, client: Client, headers: Mapping[str, str] = {}) -> None:
        self._socket = socket.create_connection(("127.0.0.1", client.address.port), timeout=30)
        lines = [f"GET {client.address.path}events HTTP/1.1",
                 *(f"{name}: {value}" for name, value in {**client.own, **headers}.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        while self._file.readline().strip():
            pass

    def next(self, kind: str) -> str:
        """The data of the next event of a kind; those before it are skipped."""
        found = ""
        while line := self._file.readline():
            text = line.decode().rstrip("\r\n")
            if text.startswith("event: "):
                found = text.removeprefix("event: ")
            elif text.startswith("data: ") and found == kind:
                return text.removeprefix("data: ")
        raise EOFError(f"the stream ended without '{kind}'")

    def close(self) -> None:
        self._file.close()
        self._socket.close()
