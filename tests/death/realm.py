"""A system of twenty components under load, in which a test lets some come to harm, and a census of what there is.

Core runs in this process, so its books are open; init and all others are sandboxed processes. Work goes by beats: each
component works once per beat and reports, so that there are moments at which nothing is under way. The census of two
such moments must be the same if the same components live, whatever happened in between.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

from booted import Booted, ChangingRom
from components.mortal.beat import Beat, BeatSession
from death import host
from death.people import HERALDS, PEOPLE, config, dependants, household, restarted
from offspring import children

from bastide.base import SessionRequest, SignalCap, Transmitter
from bastide.kernel.linux.layers import Isolation
from bastide.tool.boot import Machine
from bastide.tool.modules import Modules, shelves

PATIENCE = 30
"""Seconds that something may take that is a matter of milliseconds."""

RAM, CAPS = "192M", 10_000


@dataclass(frozen=True)
class Census:
    """What there is while nothing is under way."""

    people: frozenset[str]
    accounts: Mapping[str, tuple[int, int, int, int]]
    """Limit and use of RAM, limit and use of capabilities, by label."""
    descriptors: Mapping[str, Counter[str]]
    """By kind, of core and of all components."""
    shared_files: int
    objects: Counter[str]
    """Core's own, by type."""

    @property
    def total(self) -> tuple[int, int]:
        """RAM and capabilities that all have together."""
        limits = [(account[0], account[2]) for account in self.accounts.values()]
        return sum(ram for ram, _ in limits), sum(caps for _, caps in limits)

    def differences(self, before: Census) -> list[str]:
        """What is not as before, one line for each."""
        pairs = [(field.name, getattr(before, field.name), getattr(self, field.name)) for field in fields(self)]
        return [f"{name}: {_difference(old, new)}" for name, old, new in pairs if old != new]


def _kind(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _difference(old: Any, new: Any) -> str:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return f"{old} became {new}"
    return ", ".join(f"{key}: {_difference(old.get(key), new.get(key))}" for key in sorted({*old, *new})
                     if old.get(key) != new.get(key))


class Realm:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._strangers = children().keys()     # zygotes of other tests, and this one's own
        self.system = Booted(machine.machine, Modules(None, shelves()).find)
        self.people = {person.name: person for person in PEOPLE}
        self.number = 0
        self.reports: dict[str, str] = {}
        """What those that are done with the present beat said, by name."""
        self._fates: dict[str, Beat] = {}
        self._drummers: list[Drummer] = []
        BeatSession.announce(self.system, self._drummer)
        self._config = ChangingRom(self.system, "config", self._text())
        self.start_init()

    def start_init(self) -> None:
        self.init = self.system.start("init", ram=RAM, caps=CAPS)

    def bury_init(self) -> None:
        """Have core end what is left of init, and of all below it, unless that was done."""
        if self.init in self.system.children:
            self.init.destroy()
            self.system.children.remove(self.init)
            self.machine.machine.reap()

    @property
    def log(self) -> list[str]:
        """What init and all below it have said."""
        return self.init.lines

    @property
    def ready(self) -> set[str]:
        """Those that take part in the present beat, and in the next ones."""
        return {drummer.name for drummer in self._drummers if drummer.client.context and not drummer.obsolete}

    @property
    def workers(self) -> set[str]:
        return {name for name, person in self.people.items() if person.works}

    def beat(self, **fates: Beat) -> None:
        """Let all work once, and let some of them meet their fate."""
        self.number += 1
        self._fates = fates
        self.reports = {}
        first = {name for name in fates if self.people[name].part == "server"}
        for drummer in self._drummers:      # servers learn of their fate before anybody calls them
            if drummer.name in first:
                drummer.client.submit()
        self.wait(lambda: not first & self._fates.keys(), f"{sorted(first)} take the beat")
        for drummer in self._drummers:
            if drummer.name not in first:
                drummer.client.submit()

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Serve until the condition holds."""
        try:
            self.system.wait(condition)
        except AssertionError as error:
            living = [f"{pid} {name} {host.state_of(pid)}" for pid, name in self.living().items()]
            raise AssertionError(f"{what}: this did not happen; reports: {self.reports}; living: {living}; "
                                 f"{error}") from None

    def wait_for_life(self, names: Collection[str]) -> None:
        """Serve until these live."""
        self.wait(lambda: self.ready >= set(names), f"{sorted(names)} come to life")

    def wait_for(self, names: Collection[str]) -> None:
        """Serve until these are done."""
        wanted = set(names)
        self.wait(lambda: self.reports.keys() >= wanted, f"the work of {sorted(names)} at beat {self.number}")

    def settle(self) -> None:
        """Serve until all live and work."""
        self.wait_for_life(self.workers)
        for _ in range(2):
            assert self.work() == {}

    def work(self) -> dict[str, str]:
        """Let all work undisturbed; who had trouble, and which."""
        self.beat()
        self.wait_for(self.workers)
        return {name: trouble for name, trouble in self.reports.items() if trouble}

    def renew(self, *names: str, **changes: Any) -> None:
        """Have init replace these by new ones of the same name. Who has a session at one is restarted by that, too."""
        for name in names:
            self._renew(name, **changes)
        for home in {self.people[name].home for name in names}:
            if HERALDS[home] not in names:
                self._renew(HERALDS[home])
        self._config.change(self._text())

    def _renew(self, name: str, **changes: Any) -> None:
        self.people[name] = replace(self.people[name], version=self.people[name].version + 1, **changes)
        for drummer in self._drummers:
            drummer.obsolete |= drummer.name in self.household(name)

    def strike(self, name: str, number: signal.Signals) -> None:
        os.kill(self.pid(name), number)

    def living(self) -> dict[int, str]:
        """All components, those that are dead and not buried included."""
        return {pid: name for pid, name in children().items() if pid not in self._strangers}

    def pid(self, name: str) -> int:
        return next(pid for pid, known in self.living().items() if known == name)

    def wait_for_line(self, text: str) -> None:
        self.wait(lambda: any(text in line for line in self.log), f"the line {text!r}")

    def revive(self, name: str) -> None:
        """The next one of this name will live."""
        self.people[name] = replace(self.people[name], stillborn=False)

    def household(self, name: str) -> set[str]:
        return household(self.people.values(), name)

    def dependants(self, name: str) -> set[str]:
        return dependants(self.people.values(), name)

    def restarted(self, name: str) -> set[str]:
        return restarted(self.people.values(), name)

    def census(self) -> Census:
        self.machine.machine.reap()
        self.system.breathe()
        gc.collect()
        treasury = self.system.treasury
        living = self.living()
        return Census(
            frozenset(living.values()),
            {pd.account.name: (pd.account.ram.limit, pd.account.ram.used, pd.account.caps.limit, pd.account.caps.used)
             for pd in self.system.domains} | {"core": (treasury.ram.limit, treasury.ram.used,
                                                        treasury.caps.limit, treasury.caps.used)},
            {"core": host.descriptors(), **{name: host.descriptors(pid) for pid, name in living.items()}},
            host.shared_memory(["self", *living])[0],
            Counter(_kind(thing) for thing in gc.get_objects() if type(thing).__module__.startswith("bastide.")
                    # values, remembered here and there; and arrays, whose class belongs to who needed that size first
                    and not isinstance(thing, str | int | ctypes.Array)))

    def _drummer(self, request: SessionRequest) -> BeatSession:
        return Drummer(self, request.label.prefix.last_element)

    def _text(self) -> bytes:
        return config(self.people.values()).encode()


class Drummer(BeatSession):
    """Core's side of a component that works by beats."""

    def __init__(self, realm: Realm, name: str) -> None:
        self._realm, self.name = realm, name
        self.client = Transmitter()
        self.obsolete = False
        realm._drummers.append(self)

    def sigh(self, context: SignalCap | None) -> None:
        self.client.context = context
        if self.name not in self._realm.reports:
            self.client.submit()                # a newcomer takes part at once
        self._realm.system.office.ep.stop()

    def take(self) -> Beat:
        realm = self._realm
        realm.system.office.ep.stop()
        return realm._fates.pop(self.name, Beat(realm.number))

    def done(self, number: int, trouble: str) -> None:
        if number == self._realm.number and not self.obsolete:
            self._realm.reports[self.name] = trouble
            self._realm.system.office.ep.stop()

    def close(self) -> None:
        self._realm._drummers.remove(self)


@contextmanager
def realm(namespaces: bool = True) -> Iterator[Realm]:
    """A realm in which everybody works. Afterwards, this process holds what it held before."""
    threads = set(threading.enumerate())
    outside = host.descriptors(), children().keys(), host.shared_memory(["self"])
    machine = Machine(Isolation(user_namespaces=namespaces), print)       # what those say whose parent has died
    try:
        with machine.machine:
            made = Realm(machine)
            made.settle()
            yield made
            made.bury_init()
            made.system.close()
    finally:
        machine.close()
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)                   # it reads what components complain about, to the end
        assert not thread.is_alive(), f"the thread '{thread.name}' is left"
    assert (host.descriptors(), children().keys(), host.shared_memory(["self"])) == outside
