"""A running system as a value: all its components, what they have and use, and the sessions between them.

Two sources are put together. Core knows every protection domain, at whatever depth of the tree: labels, budgets, time.
Inits know their children: binaries, sessions, problems; so much of it is known as their reports say that reach core.
Of an init whose reports don't, one sees the sessions that leave it, and nothing of those within.

A session leaves no trace of how it was routed. Its server is found by service and label, which both sides report; if
two sessions agree in both, the one may be taken for the other. Reports are some moments old, and each by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from bastide.base.label import SEPARATOR
from bastide.base.node import Node
from bastide.base.value import Bytes
from bastide.core import main as core
from bastide.init.config import MOST_CHILDREN, Config
from bastide.tool.graph.model import Amount, Component, Link, Session, System

CORE = "core"

MOST_PROBLEMS, LONGEST_PROBLEM = 10, 2000
"""Of one component, and in characters: more than an init has to say."""

_LINKS = {"CREATING": Link.WAITING, "DENIED": Link.DENIED, "INSUFFICIENT_RAM": Link.DENIED,
          "INSUFFICIENT_CAP": Link.DENIED}
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_DENIED = (re.compile(rf"{_QUOTED} asks for service {_QUOTED} with label {_QUOTED}: "),
           re.compile(rf"(.*?) denied a (\S+) session with label {_QUOTED}: "))


@dataclass(frozen=True, slots=True)
class Domain:
    """A protection domain as core sees it."""

    label: str
    ram: Amount
    caps: Amount
    cpu: float


@dataclass(frozen=True)
class Seen:
    """What core says at one moment. `births`: how many domains of a label there were so far."""

    top: str
    ram: Amount
    caps: Amount
    domains: tuple[Domain, ...]
    births: Mapping[str, int]


def look(system: core.System) -> Seen:
    """In core's entrypoint. A few microseconds for each domain."""
    domains = []
    for pd in system.domains:
        account = pd.account
        domains.append(Domain(str(pd.label), Amount(account.ram.limit, account.ram.limit - account.ram_avail),
                              Amount(account.caps.limit, account.caps.used), pd.domain.cpu_time() / 1_000_000))
    own = system.treasury
    return Seen(system.name, Amount(own.ram.limit, own.ram.used), Amount(own.caps.limit, own.caps.used),
                tuple(domains), dict(system.births))


def assemble(name: str, seen: Seen, binary: str, config: Node | None,
             report_of: Callable[[str], Node | None]) -> System:
    """The system called `name`, whose top component runs that binary and has that config.

    `report_of` has the newest state report of the init of that label, if it ever reported.
    """
    picture = _Picture(seen, report_of)
    picture.boxes[seen.top].binary = binary
    if binary == "init" and config is not None:
        picture.declare(seen.top, config)
    picture.report(seen.top, lambda service, label: CORE)
    root = Component(CORE, "core", ram=seen.ram, caps=seen.caps, children=picture.components())
    return System(name, root, tuple(picture.sessions))


@dataclass
class _Box:
    binary: str = ""
    provides: tuple[str, ...] = ()
    state: str = ""
    ram: Amount | None = None
    caps: Amount | None = None
    cpu: float | None = None
    problems: list[str] = field(default_factory=list)
    inline_config: bool = False


@dataclass
class _Relayed:
    """Sessions that an init asked its parent for, with their servers. Those that its own report explains are taken."""

    known: dict[tuple[str, str], list[Session]] = field(default_factory=dict)

    def add(self, label: str, session: Session) -> None:
        self.known.setdefault((session.service, label), []).append(session)

    def take(self, service: str, label: str) -> str:
        waiting = self.known.get((service, label))
        return waiting.pop(0).server if waiting else CORE

    def left(self) -> Iterator[Session]:
        return (session for sessions in self.known.values() for session in sessions)


class _Picture:
    def __init__(self, seen: Seen, report_of: Callable[[str], Node | None]) -> None:
        self.boxes: dict[str, _Box] = {seen.top: _Box()}
        self.sessions: list[Session] = []
        self._births, self._report_of = seen.births, report_of
        for domain in seen.domains:             # a component may have several of one label: they are one box
            box = self.boxes.setdefault(domain.label, _Box())
            box.ram, box.caps = _sum(box.ram, domain.ram), _sum(box.caps, domain.caps)
            box.cpu = (box.cpu or 0.0) + domain.cpu

    def declare(self, label: str, config: Node) -> None:
        """What the config of an init says of its children, as far as they exist."""
        for start in Config.parse(config).starts:
            child = label + SEPARATOR + start.name
            if (box := self.boxes.get(child)) is not None:
                box.binary, box.provides = start.binary, tuple(sorted(start.provides))
                box.inline_config = start.config is not None
                if start.binary == "init" and start.config is not None:
                    self.declare(child, start.config)

    def report(self, label: str, upward: Callable[[str, str], str]) -> None:
        """What an init reports of its children. `upward` knows the servers of sessions that its parent routes."""
        report = self._report_of(label) if self.boxes[label].binary == "init" else None
        if report is None:
            return
        # Who reports may have been taken over: there are no more children than an init can have, and a name is no path,
        # by which boxes could be put into one another.
        told = islice(report.sub_nodes("child"), MOST_CHILDREN)
        children = {node.name: node for node in told if node.name and SEPARATOR not in node.name}
        for name, node in children.items():
            self._describe(label + SEPARATOR + name, node)
        provided = _provided(label, children)
        for name, node in children.items():
            child = label + SEPARATOR + name
            relayed = _Relayed()
            explained = self.boxes[child].binary == "init" and self._report_of(child) is not None
            for asked in _sessions(node, "requested"):
                session = self._session(label, name, asked, provided, upward)
                if explained and _label(asked).startswith(name + SEPARATOR):
                    relayed.add(_label(asked).removeprefix(name + SEPARATOR), session)
                else:
                    self.sessions.append(session)
            if explained:
                self.report(child, relayed.take)
                self.sessions += relayed.left()

    def components(self) -> tuple[Component, ...]:
        """All boxes, each within the nearest one that its label leads through."""
        inner: dict[str, list[str]] = {}
        for label in self.boxes:
            inner.setdefault(self._owner(label.rpartition(SEPARATOR)[0]), []).append(label)

        def component(label: str) -> Component:
            box = self.boxes[label]
            return Component(label, box.binary, box.provides, box.state, box.ram, box.caps, box.cpu,
                             max(0, self._births.get(label, 1) - 1), tuple(box.problems),
                             tuple(map(component, inner.get(label, ()))))

        return tuple(map(component, inner[""]))

    def _owner(self, label: str) -> str:
        """The component that a label means, or the nearest one above; empty if there is none."""
        while label and label not in self.boxes:
            label = label.rpartition(SEPARATOR)[0]
        return label

    def _describe(self, label: str, node: Node) -> None:
        box = self.boxes.setdefault(label, _Box())
        box.binary = node.attributes.get("binary", box.binary)
        if node.attributes.get("state") == "incomplete":
            box.state = "incomplete"
        if (value := node.attributes.get("exited")) is not None:
            box.state = f"exited with {value}"
        if skipped := node.attributes.get("skipped_heartbeats"):
            box.state = f"skipped {skipped} heartbeats"
        for problem in islice(node.sub_nodes("problem"), MOST_PROBLEMS):
            text = problem.text[:LONGEST_PROBLEM]
            box.problems.append(text)
            if problem.name == "denied" and (denied := _denied(label, text)) is not None:
                self.sessions.append(denied)

    def _session(self, label: str, name: str, asked: Node, provided: dict[tuple[str, str], list[str]],
                 upward: Callable[[str, str], str]) -> Session:
        service, seen = asked.name, _label(asked)
        servers = provided.get((service, seen))
        if servers:
            server = servers.pop(0)
        elif service == "ROM" and (not seen or (seen.rpartition(SEPARATOR)[2] == "config"
                                                and self.boxes[label + SEPARATOR + name].inline_config)):
            server = label                      # init itself has inline configs, and lists of requests without a label
        else:
            server = upward(service, seen)
        whole = label + SEPARATOR + seen
        child = label + SEPARATOR + name
        client = self._owner(whole) if (whole + SEPARATOR).startswith(child + SEPARATOR) else child
        link = _LINKS.get(asked.attributes.get("state", ""), Link.OPEN)
        shown = whole.removeprefix(client).removeprefix(SEPARATOR) if whole.startswith(client) else seen
        return Session(client, service, server, shown, link, int(asked.value("ram", Bytes(0))), asked.value("caps", 0))


def _provided(label: str, children: Mapping[str, Node]) -> dict[tuple[str, str], list[str]]:
    """The servers among the children of an init, by service and label of the session."""
    servers: dict[tuple[str, str], list[str]] = {}
    for name, node in children.items():
        for session in _sessions(node, "provided"):
            servers.setdefault((session.name, _label(session)), []).append(label + SEPARATOR + name)
    return servers


def _sessions(child: Node, kind: str) -> Iterator[Node]:
    for listed in child.sub_nodes(kind):
        yield from listed.sub_nodes("session")


def _label(session: Node) -> str:
    """Reports have no blanks at the end of a label, so of one whose last element is empty there is but the arrow."""
    label = session.attributes.get("label", "")
    return f"{label} " if label.endswith(SEPARATOR.rstrip()) else label


def _denied(client: str, explanation: str) -> Session | None:
    for pattern in _DENIED:
        if found := pattern.match(explanation):
            _, service, label = found.groups()
            own = client.rpartition(SEPARATOR)[2] + SEPARATOR
            return Session(client, service, "", label.removeprefix(own), Link.DENIED, explanation=explanation)
    return None


def _sum(one: Amount | None, other: Amount) -> Amount:
    return other if one is None else Amount(one.quota + other.quota, (one.used or 0) + (other.used or 0))
