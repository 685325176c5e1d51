"""A system in a test: core, init, and children whose programs are functions of the test, on the in-process kernel.

    town = Town({"server": serve, "client": ask}, '''config ... -''')
    town.run()                  # until all are blocked
    town.log                    # lines "[label] text"

A binary is the name of its program. `init` is there by itself, and nests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from bastide.base import Env, startup
from bastide.base.environment import Resources
from bastide.core.main import System
from bastide.init.main import construct as init
from bastide.kernel.inprocess import Machine
from bastide.kernel.interface import Start

Program = Callable[[Env], Any]

PARENT_PROVIDES = """
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
+ default | ram: 1M | caps: 100
"""

ROUTE = """
+ default-route
  + any-service
    + parent
    + any-child
"""


class Town:
    def __init__(self, programs: Mapping[str, Program], config: str, **options: Any) -> None:
        self.programs = {**programs, "init": init}
        self.log: list[str] = []
        self.exits: list[int] = []
        self.files = {"config": f"config\n{config}\n-\n".encode()}
        self.machine = Machine(self._enter)
        self.system = System(self.machine, self._module, lambda label, text: self.log.append(f"[{label}] {text}"),
                             self.exits.append, **options)

        def serve() -> None:
            self.system.run()

        self.machine.spawn_core(serve)

    def run(self) -> list[str]:
        """Let all run until they are blocked; the log so far."""
        self.machine.settle()
        return self.log

    def said(self, text: str) -> bool:
        return any(text in line for line in self.log)

    def lines(self, label: str) -> list[str]:
        """What one component logged."""
        return [line.removeprefix(f"[{label}] ") for line in self.log if line.startswith(f"[{label}] ")]

    @property
    def init_has(self) -> Resources:
        """The limits of init's own account."""
        return Resources(self.system.account.ram.limit, self.system.account.caps.limit)

    @property
    def total(self) -> Resources:
        """What all accounts together have: an invariant."""
        accounts, todo = [self.system.treasury], [self.system.treasury]
        while todo:
            accounts += (more := list(todo.pop()._dependants))
            todo += more
        return Resources(sum(account.ram.limit for account in accounts),
                         sum(account.caps.limit for account in accounts))

    @property
    def trouble(self) -> list[object]:
        return [*self.machine.failures, *self.system.office.trouble]

    def __enter__(self) -> Town:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 where: TracebackType | None) -> None:
        self.machine.close()

    def _enter(self, start: Start) -> int:
        name = bytes(start.binary).rstrip(b"\0").decode()
        return startup.run(start, lambda: self.programs[name])

    def _module(self, name: str) -> bytes | None:
        return name.encode() if name in self.programs else self.files.get(name)
