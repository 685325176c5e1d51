"""The kernels that tests run on, as machines that can be made and thrown away.

The Linux port needs a zygote, which takes a sixth of a second to start: tests share one for each kind of isolation.
What components and zygotes write to their standard error is kept in `complaints`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from bastide.base import Construct, startup
from bastide.kernel import inprocess
from bastide.kernel.interface import Entry, Machine, Start
from bastide.kernel.linux.layers import Isolation
from bastide.kernel.linux.machine import LinuxMachine
from bastide.kernel.linux.spawner import Zygote
from bastide.tool.pack import pack

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "src" / "bastide"
SEARCH = [str(PACKAGE.parent), str(TESTS)]

ISOLATIONS = {
    "everything": Isolation(),
    "without namespaces": Isolation(user_namespaces=False),
    "without signal scoping": Isolation(user_namespaces=False, landlock_scope=False, private_uids=False),
    "seccomp alone": Isolation(user_namespaces=False, landlock=False, landlock_scope=False, private_uids=False),
}


class Complaints:
    """Lines that components wrote to their standard error. A thread adds them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def add(self, line: str) -> None:
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def since(self, begin: int, last: str) -> list[str]:
        """From the line of that number to the line `last`, which is waited for."""
        with self._changed:
            assert self._changed.wait_for(lambda: last in self.lines[begin:], 60), self.lines[begin:]
            return self.lines[begin:self.lines.index(last, begin) + 1]


complaints = Complaints()

_zygotes: list[Zygote] = []


def entry_of(name: str) -> Entry:
    """The function that is named as `module:function`."""
    module, _, function = name.partition(":")
    entry: Entry = getattr(import_module(module), function)
    return entry


def inprocess_machine(entry: str) -> AbstractContextManager[Machine]:
    return inprocess.Machine(entry_of(entry))


def linux_machine(entry: str, isolation: str = "everything") -> AbstractContextManager[LinuxMachine]:
    return LinuxMachine(entry, zygote(isolation))


MACHINES: dict[str, Callable[[str], AbstractContextManager[Machine]]] = {
    "inprocess": inprocess_machine, "linux": linux_machine}
"""By port: makes a machine whose programs are run by the entry function of that name."""

ENTRIES = {"inprocess": "ports:construct_by_name", "linux": "bastide.base.startup:main"}
"""By port: the entry function for components of the base framework."""


def construct_by_name(start: Start) -> int:
    """In-process: the binary is the name of the folder below `components`."""
    folder = bytes(start.binary).partition(b"\0")[0].decode()
    return startup.run(start, lambda: cast(Construct, import_module(f"components.{folder}.main").construct))


def named(folder: str) -> bytes | None:
    return folder.encode() if (TESTS / "components" / folder / "main.py").exists() else None


@cache
def packed(folder: str) -> bytes | None:
    if folder == "init":
        return pack(PACKAGE / "init", "bastide")
    return pack(TESTS / "components" / folder, "") if named(folder) else None


CONTENTS: dict[str, Callable[[str], bytes | None]] = {"inprocess": named, "linux": packed}
"""By port: the content of the ROM module of a test component, None if there is none of that name."""


@cache
def zygote(isolation: str) -> Zygote:
    """Started when it is needed first."""
    hear, say = os.pipe()
    threading.Thread(target=_listen, args=(hear,), name="complaints", daemon=True).start()
    made = Zygote("bastide.kernel.linux.component:main", _preload(), SEARCH, None, ISOLATIONS[isolation], say)
    os.close(say)
    _zygotes.append(made)
    return made


@contextmanager
def zygotes() -> Iterator[None]:
    """Ends those that were started meanwhile."""
    try:
        yield
    finally:
        for made in _zygotes:
            made.close()
        _zygotes.clear()
        zygote.cache_clear()


def _preload() -> list[str]:
    names = [f"bastide.{part}.{file.stem}" for part in ("base", "session")
             for file in sorted((PACKAGE / part).glob("*.py")) if file.stem != "__init__"]
    return ["bastide.base", *names, "bastide.kernel.linux.component", "components.conformance_entry",
            "components.contracts", "components.arrangement_entry"]


def _listen(descriptor: int) -> None:
    with os.fdopen(descriptor, "rb") as lines:
        while line := lines.readline(4096):
            complaints.add(line.decode(errors="replace").rstrip("\n"))
            print(complaints.lines[-1], file=sys.stderr)
