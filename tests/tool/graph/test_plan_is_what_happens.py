"""Random routes, planned and run: a probe asks for sessions in a running system, and gets what the plan says.

Longer runs: BASTIDE_EXAMPLES=1000.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.base import Env, Session, SessionDenied, SessionRequest, SignalHandler, rpc
from bastide.testing.inprocess import InprocessTestbed
from bastide.tool.graph.model import Link
from bastide.tool.graph.plan import Plan
from bastide.tool.scenario import Scenario, parse_scenario

EXAMPLES = int(os.environ.get("BASTIDE_EXAMPLES", "12"))
LABELS = "", "x", "xy", "y", "x -> y"
SERVICES = "Alpha", "Beta"
ENVIRONMENT = tuple(f"+ service {service} | + parent" for service in ("PD", "CPU", "LOG", "ROM"))


class Alpha(Session):
    service = "Alpha"

    @rpc
    def seen(self) -> str:
        """Who serves, and the label as it arrived."""
        ...


class Beta(Session):
    service = "Beta"

    @rpc
    def seen(self) -> str:
        """As above."""
        ...


class ServedAlpha(Alpha):
    def __init__(self, text: str) -> None:
        self._text = text

    def seen(self) -> str:
        return self._text


class ServedBeta(Beta):
    def __init__(self, text: str) -> None:
        self._text = text

    def seen(self) -> str:
        return self._text


def serve(env: Env) -> None:
    offered = env.config.node.attributes["services"]

    def told(request: SessionRequest) -> str:
        return f"{env.name}|{request.label}"

    if "Alpha" in offered:
        Alpha.announce(env, lambda request: ServedAlpha(told(request)))
    if "Beta" in offered:
        Beta.announce(env, lambda request: ServedBeta(told(request)))


def probe(env: Env) -> list[SignalHandler]:
    """Ask for everything, each in an entrypoint of its own: some answers never come."""
    def asker(kind: type[Alpha] | type[Beta], label: str) -> Callable[[], None]:
        def ask() -> None:
            try:
                answer = kind.connect(env, label).seen()
            except SessionDenied:
                answer = "denied"
            env.log(f"{kind.service}|{label}|{answer}")

        return ask

    handlers = [SignalHandler(env, asker(kind, label), ep=env.entrypoint(f"{kind.service} {label}"))
                for kind in (Alpha, Beta) for label in LABELS]
    for handler in handlers:
        handler.submit()
    return handlers


def joined(parts: Sequence[Sequence[str]]) -> list[str]:
    return [line for part in parts for line in part]


def indented(lines: Sequence[str], depth: int) -> list[str]:
    return ["  " * depth + line for line in lines]


rewriting = st.sampled_from(["", "", "", " | label: new", " | identity: i", " | resource: r", " | prepend_resource: q-",
                             " | identity:", " | identity: i | resource: r"])
condition = st.sampled_from(["", "", "", " | label: x", " | label:", " | label_prefix: x", " | label_suffix: y",
                             " | label_last: y", " | unscoped_label: probe -> x",
                             " | label_prefix: x | label_suffix: y"])


def rule(children: Sequence[str]) -> st.SearchStrategy[list[str]]:
    target = st.builds(lambda who, how: f"+ {who}{how}", st.sampled_from(
        ["parent", "any-child", *(f"child {name}" for name in children)]), rewriting)
    head = st.builds(lambda what, when: f"+ {what}{when}",
                     st.sampled_from([*(f"service {name}" for name in SERVICES), "any-service"]), condition)
    targets = st.lists(target, min_size=1, max_size=3)
    return st.builds(lambda first, further: [first, *indented(further, 1)], head, targets)


def route(children: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(rule(children), min_size=2, max_size=5).map(
        lambda rules: [*ENVIRONMENT, *joined(rules)])


services = st.sampled_from([["Alpha", "Beta"], ["Alpha", "Beta"], ["Alpha"], ["Beta"], []])


def provides(kind: str, names: Sequence[str]) -> list[str]:
    return [f"+ {kind}", *indented([f"+ service {name}" for name in names], 1)]


def start(name: str, binary: str, offered: Sequence[str], rules: Sequence[str], config: Sequence[str]) -> list[str]:
    return [f"+ start {name}", *indented([
        f"+ binary {binary}", *provides("provides", offered), "+ route", *indented(rules, 1), *config], 1)]


def server(name: str) -> st.SearchStrategy[list[str]]:
    return services.map(lambda offered: start(name, "server", offered, ENVIRONMENT,
                                              [f"+ config | services: {' '.join(offered)}"]))


policy = st.builds(
    lambda kind, child, label: [f"+ {kind}", f"  + child {child}{label}"],
    st.sampled_from(["policy | label_prefix: probe", "policy | label_suffix: y", "policy | label: new",
                     "default-policy"]),
    st.sampled_from(["inner", "inner", "nick", "nobody"]), st.sampled_from(["", " | label: l"]))
offer = st.builds(lambda name, policies: [f"+ service {name}", *indented(joined(policies), 1)],
                  st.sampled_from(SERVICES), st.lists(policy, min_size=1, max_size=2))


def init(children: st.SearchStrategy[list[list[str]]], names: Sequence[str],
         alias: str) -> st.SearchStrategy[list[str]]:
    """The config of an init with a probe and further children."""
    return st.builds(
        lambda parent, mine, others, offers: [
            *provides("parent-provides", ["PD", "CPU", "LOG", "ROM", *parent]), "+ default | ram: 1M | caps: 300",
            f"+ alias nick | child: {alias}", *start("probe", "probe", (), mine, ()),
            *joined([*others, *offers])],
        services, route(names), children, st.lists(offer, max_size=2))


inside = init(st.tuples(server("inner")).map(list), ["inner", "nick"], "inner")
box = st.builds(lambda offered, mine, config: start("box | ram: 8M | caps: 1500", "init", offered, mine,
                                                    ["+ config", *indented(config, 1)]),
                services, route(["first", "second", "box"]), inside)
town = init(st.tuples(server("first"), server("second"), box).map(list), ["first", "second", "nick", "box", "nobody"],
            "first").map(lambda lines: "\n".join(indented(lines, 1)))


def scenario(config: str) -> Scenario:
    return parse_scenario("runtime | ram: 64M | caps: 4000 | binary: init\n+ content\n  + rom init\n  + rom probe\n"
                          f"  + rom server\n+ config\n{config}\n-\n", "town", Path("/nowhere/runtime"))


@given(town)
@settings(max_examples=EXAMPLES)
def test_what_is_planned_is_what_happens(config: str) -> None:
    planned = scenario(config)
    plan = Plan.of(planned)
    system = InprocessTestbed(planned, {"probe": probe, "server": serve}, None, None)
    try:
        system.settle()
        for label in ("probe", "box -> probe"):
            told = {tuple(line.split("|", 2)[:2]): line.split("|", 2)[2] for line in system.lines(label)}
            assert told == expected(plan, f"init -> {label}"), config
        assert system.trouble == []
    finally:
        system.close()


def expected(plan: Plan, label: str) -> dict[tuple[str, str], str]:
    """What a probe will log; nothing of what it waits for in vain."""
    found = {}
    for service in SERVICES:
        for asked in LABELS:
            answer = plan.request(plan.components[label], service, asked)
            if answer.link is Link.PLANNED:
                found[service, asked] = f"{answer.server.rpartition(' -> ')[2]}|{answer.seen}"
            elif answer.link is Link.DENIED:
                found[service, asked] = "denied"
    return found
