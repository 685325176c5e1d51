"""A system as a picture shows it: components within components, and the sessions between them.

The same values describe a scenario that is only planned and a system that runs; what is not known is None. This module
knows neither where they come from nor how they are drawn. `to_json` and `from_json` carry them over a socket.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from bastide.base.label import SEPARATOR


class Link(Enum):
    """What became of a session."""

    PLANNED = "planned"
    OPEN = "open"
    WAITING = "waiting"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Amount:
    """A budget: bytes of RAM, or a number of capabilities."""

    quota: int
    used: int | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One box. `label` is its whole path (`init -> panel -> clock`), and its own name the last element of it."""

    label: str
    binary: str = ""
    provides: tuple[str, ...] = ()
    state: str = ""                     # empty: as it should be; else in a few words
    ram: Amount | None = None
    caps: Amount | None = None
    cpu: float | None = None            # seconds of processor time so far
    restarts: int = 0
    problems: tuple[str, ...] = ()      # explanations, one each
    children: tuple[Component, ...] = ()

    @property
    def name(self) -> str:
        return self.label.rpartition(SEPARATOR)[2]


@dataclass(frozen=True, slots=True)
class Session:
    """One arrow. `server` is empty if there is none: the session was denied."""

    client: str
    service: str
    server: str
    label: str = ""
    link: Link = Link.PLANNED
    ram: int | None = None
    caps: int | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """All of it. The outermost component is `core`, unless a part is shown alone."""

    name: str
    root: Component
    sessions: tuple[Session, ...] = ()

    def to_json(self) -> dict[str, Any]:
        made = asdict(self)
        for session, shown in zip(self.sessions, made["sessions"], strict=True):
            shown["link"] = session.link.value
        return made

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> System:
        """Raises ValueError, KeyError or TypeError for what `to_json` never made."""
        sessions = tuple(Session(**{**shown, "link": Link(shown["link"])}) for shown in value["sessions"])
        return cls(value["name"], _component(value["root"]), sessions)


def _component(value: dict[str, Any]) -> Component:
    return Component(**{
        **value, "provides": tuple(value["provides"]), "problems": tuple(value["problems"]),
        "ram": value["ram"] and Amount(**value["ram"]), "caps": value["caps"] and Amount(**value["caps"]),
        "children": tuple(map(_component, value["children"]))})
