"""Zygotes for the tests of the sandbox, with and without namespaces, and a way to ask a component something."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bastide.kernel.linux.layers import Isolation
from bastide.kernel.linux.process import Process
from bastide.kernel.linux.spawner import Zygote

SEARCH = [str(Path(__file__).parents[3] / "src"), str(Path(__file__).parent)]


class Running:
    """A component that was asked something: `read` what it writes, let it `go` on, `close` it."""

    def __init__(self, zygote: Zygote, what: str, more: tuple[int, ...] = (), **details: Any) -> None:
        self.answers, theirs = os.pipe()
        blocked, self.leash = os.pipe()
        payload = json.dumps({"do": what, **details}).encode()
        self.process: Process = zygote.spawn(what, [theirs, *(more or (blocked,))], payload)
        os.close(theirs)
        os.close(blocked)

    def read(self) -> str:
        return os.read(self.answers, 1 << 16).decode()

    def go(self) -> None:
        os.write(self.leash, b"g")

    def close(self) -> None:
        os.close(self.leash)
        self.process.join()
        self.process.close()
        os.close(self.answers)


Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def log() -> Iterator[tuple[int, int]]:
    """A pipe for last words: the end to read, which does not block, and the end to write."""
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture(scope="session")
def boot(log: tuple[int, int]) -> Callable[..., Zygote]:
    def start(options: Isolation | None = None, **more: Any) -> Zygote:
        settings: dict[str, Any] = {"preload": [], "search": SEARCH, "library_fd": None, "log_fd": log[1], **more}
        return Zygote(entry="sandbox_probe:entry", options=options or Isolation(), **settings)

    return start


@pytest.fixture(scope="session", params=["in namespaces", "without namespaces"])
def zygote(request: pytest.FixtureRequest, boot: Callable[..., Zygote]) -> Iterator[Zygote]:
    with_namespaces = request.param == "in namespaces"
    made = boot(Isolation(user_namespaces=with_namespaces, landlock_scope=with_namespaces))
    yield made
    made.close()


@pytest.fixture
def run(zygote: Zygote) -> Iterator[Callable[..., Running]]:
    """Start a component of `zygote`."""
    started: list[Running] = []

    def start(what: str, **details: Any) -> Running:
        started.append(Running(zygote, what, **details))
        return started[-1]

    yield start
    for running in started:
        running.close()


@pytest.fixture
def ask(run: Callable[..., Running]) -> Ask:
    """Start a component, and give what it answers once it has ended."""
    def answer(what: str, **details: Any) -> Any:
        running = run(what, **details)
        text = running.read()
        assert running.process.join().fault == ""
        return json.loads(text)

    return answer
