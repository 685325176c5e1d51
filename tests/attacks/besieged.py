"""An init of the real kernel whose children attack it and one another, and a config that changes at will."""

from __future__ import annotations

from booted import Booted, ChangingRom, Child

HEAD = """config
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service RM
  + service LOG
  + service Board
+ default | ram: 8M | caps: 200
+ default-route
  + any-service
    + parent
    + any-child
"""

HONEST = """+ start honest_server
  + binary attacker
  + provides | + service Honest
+ start honest_client
  + binary attacker
  + route
    + service Honest | + child honest_server
    + any-service | + parent
"""
"""Two that have nothing to do with the attack. They come when it is over, and have to be served."""


def start(name: str, provides: str = "", binary: str = "attacker", **routes: str) -> str:
    """A start node: a component that plays the part of its name. `routes` lead services to children."""
    lines = [f"+ start {name}", f"  + binary {binary}"]
    if provides:
        lines.append(f"  + provides | + service {provides}")
    if routes:
        lines += ["  + route", *(f"    + service {service} | + child {child}" for service, child in routes.items()),
                  "    + any-service | + parent"]
    return "\n".join(lines) + "\n"


class Besieged:
    """`log` has lines of init, and `[child] text` of its children."""

    def __init__(self, fortress: Booted, children: str, *, ram: str = "96M", caps: int = 3000) -> None:
        self.fortress, self._children = fortress, children
        self._config = ChangingRom(fortress, "config", f"{HEAD}{children}-\n".encode())
        self.init: Child = fortress.start("init", ram=ram, caps=caps)

    @property
    def log(self) -> list[str]:
        return self.init.lines

    def wait(self, *lines: str) -> None:
        """Until all of them have been logged."""
        self.fortress.wait(lambda: all(line in self.log for line in lines))

    def said(self, name: str) -> list[str]:
        return [line.removeprefix(f"[{name}] ") for line in self.log if line.startswith(f"[{name}] ")]

    def change(self, children: str) -> None:
        self._children = children
        self._config.change(f"{HEAD}{children}-\n".encode())

    def survives(self) -> None:
        """Newcomers are served beside whoever is still there, and nothing is left when all have to go."""
        self.serves_newcomers()
        self.change("")
        self.init.lines.clear()
        self.change(start("last"))
        self.wait("[last] here")
        assert self.init.ended is None

    def serves_newcomers(self) -> None:
        self.change(self._children + HONEST)
        self.wait("[honest_client] served")
