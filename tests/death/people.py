"""Twenty components that work with one another, in three nested inits, and the config that brings them to life."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A component: its part, who serves it, and the init that it lives in."""

    name: str
    part: str
    at: str = ""
    home: str = "init"
    version: int = 1
    stillborn: bool = False

    @property
    def works(self) -> bool:
        return self.part not in ("init", "timer")


PEOPLE = (
    Person("timer", "timer"),
    Person("vault", "server"), Person("mint", "server"), Person("bank", "server", "vault"),
    Person("clerk", "client", "vault"), Person("porter", "client", "vault"), Person("smith", "client", "mint"),
    Person("lord", "client", "bank"), Person("lady", "client", "bank"),
    Person("greedy", "greedy"), Person("miser", "greedy"),
    Person("monk", "sleeper", "timer"), Person("nun", "sleeper", "timer"),
    Person("ward", "init"),
    Person("desk", "server", home="ward"), Person("guest", "client", "desk", "ward"),
    Person("stranger", "client", "desk", "ward"), Person("envoy", "client", "vault", "ward"),
    Person("sleepy", "sleeper", "timer", "ward"),
    Person("annex", "init", home="ward"), Person("hermit", "client", "mint", "annex"),
)

HERALDS = {"init": "greedy", "ward": "sleepy", "annex": "hermit"}
"""In each init one that serves nobody. It is replaced with every change of the config, to show that init follows."""

BINARIES = {"init": "init", "timer": "timer"}
QUOTAS = {"ward": "ram: 32M | caps: 2500", "annex": "ram: 12M | caps: 500"}

_PARENTS = ("ROM", "CPU", "PD", "LOG", "Beat")
_FROM_OUTSIDE = ("Work", "Timer")
"""Services that a nested init hands on from its own parent."""


def household(people: Iterable[Person], name: str) -> set[str]:
    """Who goes when this one goes."""
    inner = [person.name for person in people if person.home == name]
    return {name}.union(*(household(people, other) for other in inner))


def dependants(people: Iterable[Person], name: str) -> set[str]:
    """Who can't work without this one."""
    gone = household(people, name)
    while more := {person.name for person in people if person.at in gone} - gone:
        gone |= more
    return gone


def restarted(people: Iterable[Person], name: str) -> set[str]:
    """Who may be restarted when this one is replaced: whole inits on the way from who needs it are, too."""
    known = {person.name: person for person in people}
    gone = dependants(known.values(), name)
    while more := _between(known, gone) - gone:
        gone = gone.union(*(dependants(known.values(), other) for other in more))
    return gone


def _between(known: Mapping[str, Person], gone: Collection[str]) -> set[str]:
    """The inits between those of `gone` and who serves them."""
    found = set[str]()
    for person in (known[name] for name in gone if known[name].at in gone):
        home = person.home
        while home not in ("init", known[person.at].home):
            found.add(home)
            home = known[home].home
    return found


def config(people: Iterable[Person], pace: int = 0) -> str:
    """The config of the outermost init. With a `pace` in milliseconds, all work by themselves."""
    return f"config\n{_content(tuple(people), 'init', pace)}-\n"


def _content(people: tuple[Person, ...], home: str, pace: int) -> str:
    here, nested = [person for person in people if person.home == home], home != "init"
    lines = ["+ parent-provides", *(f"  + service {name}" for name in (*_PARENTS, *_FROM_OUTSIDE * nested)),
             "+ default | ram: 3M | caps: 200",
             "+ default-route",
             *(f"  + service Work | label_last: {person.name} | + child {person.name}" for person in here
               if person.part == "server"),
             "  + service Timer | + parent" if nested else "  + service Timer | + child timer",
             *["  + service Work | + parent"] * nested,
             "  + any-service | + parent"]
    for person in here:
        quota = f" | {QUOTAS[person.name]}" if person.name in QUOTAS else ""
        lines.append(f"+ start {person.name} | version: {person.version}{quota}")
        lines.append(f"  + binary {BINARIES.get(person.part, 'mortal')}")
        if person.part in ("server", "timer"):
            lines.append(f"  + provides | + service {'Work' if person.part == 'server' else 'Timer'}")
        if person.part == "init":
            lines += ["  + config", *(f"    {line}" for line in _content(people, person.name, pace).splitlines())]
        elif person.works:
            part = "stillborn" if person.stillborn else person.part
            lines.append(f"  + config | part: {part} | at: {person.at} | pace_ms: {pace}")
    return "".join(f"{line}\n" for line in lines)
