"""Random systems, and large ones."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from bastide.base.label import SEPARATOR
from bastide.tool.graph.model import Component, Link, Session, System

SERVICES = "ROM", "Report", "Timer", "Nic", "File_system", "Own_service"


@st.composite
def systems(draw: st.DrawFn, most: int = 14) -> System:
    """A tree of components with any sessions between them, circles and denials among them."""
    count = draw(st.integers(1, most))
    labels = ["init"]
    for number in range(count):
        labels.append(draw(st.sampled_from(labels[-4:])) + SEPARATOR + f"c{number}")
    name = st.sampled_from([*labels, "core"])
    sessions = draw(st.lists(st.builds(
        Session, st.sampled_from(labels), st.sampled_from(SERVICES), name, st.just("x"),
        st.sampled_from([Link.PLANNED, Link.PLANNED, Link.OPEN, Link.WAITING])), max_size=2 * count))
    denied = draw(st.lists(st.builds(Session, st.sampled_from(labels), st.sampled_from(SERVICES), st.just(""),
                                     st.just("x"), st.just(Link.DENIED)), max_size=3))

    def component(label: str) -> Component:
        below = [other for other in labels if other.rpartition(SEPARATOR)[0] == label]
        return Component(label, "binary", children=tuple(map(component, below)))

    return System("random", Component("core", children=(component("init"),)), (*sessions, *denied))


def town(size: int) -> System:
    """A system such as people build: some servers that many use, drivers, and subsystems."""
    dice = random.Random(size)
    servers = {"timer": ("Timer",), "report_rom": ("Report", "ROM"), "fs": ("File_system",), "nic_router": ("Nic",),
               "gui": ("Gui",), "event_filter": ("Event",), "terminal": ("Terminal",)}
    labels = {name: f"init -> {name}" for name in servers}
    components = [Component(labels[name], name, services) for name, services in servers.items()]
    sessions = [Session(labels[name], "Timer", labels["timer"]) for name in servers if name != "timer"]
    sessions += [Session(labels["gui"], "Report", labels["report_rom"]),
                 Session(labels["report_rom"], "File_system", labels["fs"]),
                 Session(labels["fs"], "Report", labels["report_rom"]),
                 Session(labels["event_filter"], "Event", labels["gui"])]

    def ask(client: str) -> None:
        for server in dice.sample(sorted(servers), dice.randint(1, 3)):
            sessions.extend(Session(client, service, labels[server]) for service in servers[server])

    number = 0
    while len(components) + 6 * number // 9 < size:
        number += 1
        label = f"init -> app_{number}"
        parts = tuple(Component(f"{label} -> part_{part}", "worker") for part in range(6 if number % 9 == 5 else 0))
        components.append(Component(label, "init" if parts else "app", children=parts))
        for place, part in enumerate(parts):
            sessions.extend(Session(part.label, "Work", parts[dice.randrange(place)].label) for _ in parts[:place][:1])
        ask(parts[-1].label if parts else label)
    sessions.append(Session("init -> app_3", "Audio_out", "", link=Link.DENIED, explanation="nobody provides it"))
    return System("town", Component("core", children=(Component("init", "init", children=tuple(components)),)),
                  tuple(sessions))
