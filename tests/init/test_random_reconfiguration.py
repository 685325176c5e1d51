"""Hundreds of random configs against a model: who must live, under which number, and who must be incomplete.

Each child logs by the parent or by another child, which has to serve it: so each start, end and change of a service
concerns others. Longer runs: BASTIDE_EXAMPLES=1000.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count

from hypothesis import example, given, settings
from hypothesis import strategies as st
from init.puppet import Puppets

from bastide.base import Env, IpcError, SessionRequest
from bastide.base.environment import LogSession

EXAMPLES = int(os.environ.get("BASTIDE_EXAMPLES", "25"))
NAMES = "a", "b", "c", "d"


@dataclass(frozen=True)
class Wish:
    """One start node. `log` is the child that is to serve LOG; empty: the parent."""

    name: str
    version: int
    serves: bool
    log: str
    ram: int

    def __str__(self) -> str:
        target = f"child {self.log}" if self.log else "parent"
        return (f"+ start {self.name} | version: {self.version} | ram: {self.ram}K\n  + binary citizen\n"
                + "  + provides | + service LOG\n" * self.serves
                + f"  + route\n    + service LOG | + {target}\n    + any-service | + parent\n")


Source = tuple[str, int, int]
"""Whose service a child logs by: name, number, and which service of it. The parent has no name."""


@dataclass(frozen=True)
class Life:
    """What the model knows of a child. `service` is a number for each time that it began to serve, 0 if it doesn't.

    `source` is what it logs by, or logged by before it got stuck; None if it got stuck before it could start.
    """

    wish: Wish
    number: int
    service: int
    source: Source | None = None
    stuck: bool = False
    runs: bool = False


class Model:
    def __init__(self) -> None:
        self.lives: dict[str, Life] = {}
        self._numbers, self._services = count(1), count(1)

    def follow(self, wishes: list[Wish]) -> None:
        before, self.lives = self.lives, {}
        for wish in wishes:                     # in the order of the config, as new ones get their numbers
            old = before.get(wish.name)
            if old is None or old.wish.version != wish.version:
                self.lives[wish.name] = self._born(wish)
            else:
                service = 0 if not wish.serves else old.service or next(self._services)
                self.lives[wish.name] = replace(old, wish=wish, service=service)
        wave = [name for name, life in self.lives.items() if self._must_restart(life)]
        restarted = set(wave)
        while wave:
            gone = {name: self.lives[name].number for name in wave}
            for name in wave:
                self.lives[name] = self._born(self.lives[name].wish)
            wave = [name for name, life in self.lives.items() if name not in restarted
                    and life.source is not None and gone.get(life.source[0]) == life.source[1]]
            restarted.update(wave)
        for name in sorted(self.lives):         # nobody logs by one behind him in this order
            life = self.lives[name]
            source = self._source(life.wish)
            runs = life.runs or (source is not None and (not source[0] or self.lives[source[0]].runs))
            self.lives[name] = replace(life, source=source or life.source, stuck=source is None, runs=runs)

    def _born(self, wish: Wish) -> Life:
        return Life(wish, next(self._numbers), next(self._services) if wish.serves else 0)

    def _must_restart(self, life: Life) -> bool:
        source = self._source(life.wish)
        if source is None or (life.source is None and not life.stuck):
            return False                        # nowhere to go, or just born
        return source != life.source or (life.stuck and not life.runs)

    def _source(self, wish: Wish) -> Source | None:
        if not wish.log:
            return "", 0, 0
        server = self.lives.get(wish.log)
        return (wish.log, server.number, server.service) if server is not None and server.service else None


def wishes(draw: st.DrawFn) -> list[Wish]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return [Wish(name, draw(st.integers(1, 2)), draw(st.booleans()),
                 draw(st.sampled_from(["", *NAMES[:NAMES.index(name)]])), draw(st.sampled_from([512, 1024, 2048])))
            for name in names]


def citizen(env: Env) -> object:
    """Logs, and serves LOG to whoever init sends."""
    env.log(f"{env.name} lives")
    return LogSession.announce(env, lambda request: Writer(env, request))


class Writer(LogSession):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        self._env, self._label = env, request.label

    def write(self, text: str) -> None:
        with suppress(IpcError):            # who got stuck may have lost its own LOG
            self._env.log(f"<{self._label}> {text.rstrip()}")


@settings(max_examples=EXAMPLES)
@example([[Wish("c", 1, True, "a", 512), Wish("a", 1, False, "", 512), Wish("d", 1, False, "c", 512)],
          [Wish("a", 1, False, "", 512), Wish("d", 1, False, "a", 512), Wish("c", 1, False, "", 512)]])
@given(st.lists(st.composite(wishes)(), min_size=1, max_size=8))
def test_whoever_must_live_lives_and_nobody_is_disturbed_without_need(configs: list[list[Wish]]) -> None:
    model = Model()
    with Puppets("", {"citizen": citizen}) as puppets:
        total = puppets.town.total
        for config in configs:
            model.follow(config)
            puppets.apply("".join(map(str, config)))
            report = puppets.sandbox.generate_state_report()
            assert puppets.ids == {name: life.number for name, life in model.lives.items()}
            assert ({child.name for child in report.sub_nodes("child") if "state" in child.attributes}
                    == {name for name, life in model.lives.items() if life.stuck or not life.runs})
            assert puppets.town.total == total
            for child in puppets.sandbox._children:
                if child.alive and not child.stuck:
                    assert child.budget.assigned == child.start.quota
        puppets.apply("")
        assert (puppets.ids, puppets.town.total, puppets.town.init_has) == ({}, total, puppets.before)
        assert puppets.town.trouble == []
