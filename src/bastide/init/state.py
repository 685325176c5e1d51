"""The state report: what the children are doing, in the words that Genode's management components know.

One addition to these: a `problem` node for each thing that is wrong with a child, with an explanation as its text.
This file only describes. When a report is due is up to `schedule`, who reads it up to whoever writes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bastide.base import Bytes, Generator, Node
from bastide.base.environment import PdQuota
from bastide.base.errors import InvalidArgs
from bastide.init.child import Child
from bastide.init.config import Config, ReportSettings
from bastide.init.session_state import SessionState


def state_report(config: Config, own: PdQuota | None, children: Iterable[Child]) -> Node:
    """The state of `children`, newest first; `own` is init's own quota, None if it is not to be shown."""
    settings = config.report or ReportSettings()
    state = Generator("state")
    if config.version:
        state.attribute("version", config.version)
    if own is not None and settings.init_ram:
        _ram(state.node("ram"), own)
    if own is not None and settings.init_caps:
        _caps(state.node("caps"), own)
    for child in sorted(children, key=lambda child: -child.id):
        _child(state, child, settings)
    for alias in config.aliases:
        state.node("alias", name=alias.name, child=alias.child)
    return state.build()


def without_problems(report: Node) -> Node:
    """The same report in fewer bytes."""
    return Node(report.type, report.attributes, tuple(
        Node(node.type, node.attributes, tuple(node.sub_nodes("ram", "caps", "requested", "provided")), node.text)
        for node in report.children))


def _child(state: Generator, child: Child, settings: ReportSettings) -> None:
    node = state.node("child", name=child.name, binary=child.start.binary)
    if child.start.version:
        node.attribute("version", child.start.version)
    if settings.ids:
        node.attribute("id", child.id)
    if child.incomplete:
        node.attribute("state", "incomplete")
    if child.exit_value is not None:
        node.attribute("exited", child.exit_value)
    if child.start.heartbeat is not None and child.pulse.skipped:
        node.attribute("skipped_heartbeats", child.pulse.skipped)
    quota = child.budget.look() if settings.child_ram or settings.child_caps else None
    wanted = child.budget.wanted
    if settings.child_ram and quota is not None:
        ram = node.node("ram", assigned=child.budget.assigned.ram)
        _ram(ram, quota)
        if wanted.ram:
            ram.attribute("requested", Bytes(wanted.ram))
    if settings.child_caps and quota is not None:
        caps = node.node("caps", assigned=child.budget.assigned.caps)
        _caps(caps, quota)
        if wanted.caps:
            caps.attribute("requested", wanted.caps)
    if settings.requested:
        _sessions(node.node("requested"), (child.sessions[id] for id in sorted(child.sessions)), settings)
    if settings.provided:
        _sessions(node.node("provided"), child.requests.sessions.values(), settings)
    for name, explanation in child.problems.items():
        node.node("problem", name=name).text(explanation)


def _sessions(node: Generator, sessions: Iterable[SessionState], settings: ReportSettings) -> None:
    for session in sessions:
        # HID knows no blanks around a value, and a session without a name of its own has one behind the last arrow.
        shown = node.node("session", name=session.service.name, state=session.phase.value, label=session.label.strip(),
                          ram=Bytes(session.ram), caps=session.caps)
        if settings.session_args:
            try:
                shown.node("args").text(session.args_text)
            except InvalidArgs:
                shown.node("args")


def _ram(node: Generator, quota: PdQuota) -> None:
    for name, amount in (("quota", quota.ram_limit), ("used", quota.ram_used), ("avail", max(0, quota.ram_avail))):
        node.attribute(name, Bytes(amount))


def _caps(node: Generator, quota: PdQuota) -> None:
    for name, amount in (("quota", quota.cap_limit), ("used", quota.cap_used), ("avail", max(0, quota.cap_avail))):
        node.attribute(name, amount)
