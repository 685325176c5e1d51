"""Which server answers a request, which label it sees, and what a refusal says."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.node import Node
from bastide.init.route import Kind, Route
from bastide.init.routing import (
    Denial,
    InlineConfig,
    Request,
    Resolution,
    SessionRequests,
    Target,
    binary_rom,
    config_rom,
    linker_rom,
    resolve,
    session_requests_rom,
    special,
)


@dataclass
class Town:
    """A directory of services: what the parent, this program and the children declare."""

    parent: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    children: dict[str, set[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def parent_provides(self, service: str) -> bool:
        return service in self.parent

    def local_provides(self, service: str) -> bool:
        return service in self.local

    def child(self, name: str) -> str | None:
        name = self.aliases.get(name, name)
        return name if name in self.children else None

    def providers(self, service: str) -> Collection[str]:
        return [name for name, services in self.children.items() if service in services]


TOWN = Town(parent={"ROM", "LOG"}, local={"Nic"}, aliases={"time": "clock", "again": "time"},
            children={"clock": {"Timer"}, "a": {"Gui"}, "b": {"Gui"}, "x": set()})


def parsed(rules: str, type: str = "route") -> Route:
    return Route.parse(Node.parse(f"{type}\n{rules.rstrip()}\n-\n", "init.config"))


def routed(rules: str, service: str, label: str = "x -> ", town: Town = TOWN) -> Resolution:
    return resolve(Request("x", service, label), parsed(rules), town)


def taken(resolution: Resolution) -> tuple[str, str, str]:
    assert isinstance(resolution, Target), resolution
    return resolution.kind.value, resolution.child, resolution.label


def refused(resolution: Resolution) -> Denial:
    assert isinstance(resolution, Denial), resolution
    return resolution


# -- special requests -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("label", ["x -> config", "config", "x -> a -> config"])
def test_a_config_rom_is_the_inline_config_under_the_same_label(label: str) -> None:
    assert config_rom(Request("x", "ROM", label), True) == InlineConfig(label)
    assert special(Request("x", "ROM", label), "x", True, True) == InlineConfig(label)


def test_without_inline_config_the_rules_decide_about_the_config_rom() -> None:
    request = Request("x", "ROM", "x -> config")
    assert config_rom(request, False) is None
    assert special(request, "x", True, False) is request


@pytest.mark.parametrize(("service", "label"), [("ROM", "x -> config.x"), ("LOG", "x -> config"), ("ROM", "x->config")])
def test_other_requests_are_not_for_the_inline_config(service: str, label: str) -> None:
    assert config_rom(Request("x", service, label), True) is None


def test_the_binary_is_asked_for_by_its_own_name() -> None:
    assert binary_rom(Request("x", "ROM", "x"), "job") == Request("x", "ROM", "job")
    assert special(Request("x", "ROM", "x"), "job", True, True) == Request("x", "ROM", "job")


@pytest.mark.parametrize(("service", "label", "binary"), [("ROM", "x", "x"), ("ROM", "x -> x", "job"),
                                                          ("ROM", "y", "job"), ("LOG", "x", "job")])
def test_other_requests_are_not_for_the_binary(service: str, label: str, binary: str) -> None:
    assert binary_rom(Request("x", service, label), binary) is None


def test_without_linker_the_binary_takes_its_place() -> None:
    assert linker_rom(Request("x", "ROM", "ld.lib.so"), "job", False) == Request("x", "ROM", "job")
    assert special(Request("x", "ROM", "ld.lib.so"), "job", False, False) == Request("x", "ROM", "job")


@pytest.mark.parametrize(("label", "ld", "service"), [("ld.lib.so", True, "ROM"), ("x -> ld.lib.so", False, "ROM"),
                                                      ("ld.lib.so", False, "LOG")])
def test_other_requests_are_not_for_the_linker(label: str, ld: bool, service: str) -> None:
    assert linker_rom(Request("x", service, label), "job", ld) is None


def test_a_binary_called_like_the_linker_is_not_renamed_for_ever() -> None:
    request = Request("ld.lib.so", "ROM", "ld.lib.so")
    assert special(request, "ld.lib.so", False, False) is request


def test_the_session_requests_of_a_child_are_a_local_rom_without_label() -> None:
    assert session_requests_rom(Request("x", "ROM", "x -> session_requests")) == SessionRequests("")
    assert special(Request("x", "ROM", "session_requests"), "x", True, True) == SessionRequests("")
    assert session_requests_rom(Request("x", "LOG", "x -> session_requests")) is None


def test_the_inline_config_comes_before_the_binary() -> None:
    assert special(Request("config", "ROM", "config"), "job", True, True) == InlineConfig("config")
    assert special(Request("config", "ROM", "config"), "job", True, False) == Request("config", "ROM", "job")


def test_a_renamed_request_is_looked_at_again() -> None:
    assert special(Request("x", "ROM", "x"), "config", True, True) == InlineConfig("config")
    assert special(Request("x", "ROM", "x"), "session_requests", True, True) == SessionRequests()


# -- which rule decides -----------------------------------------------------------------------------------------------

def test_a_rule_with_a_target_that_resolves_takes_the_request() -> None:
    resolution = routed("+ service LOG | + parent", "LOG")
    assert taken(resolution) == ("parent", "", "x -> ")
    assert isinstance(resolution, Target)
    assert (resolution.rule.place, str(resolution.rule)) == ("init.config:2:1", "+ service LOG | + parent")


def test_the_first_matching_rule_wins() -> None:
    assert taken(routed("+ service LOG | + parent | label: 1\n+ any-service | + parent | label: 2", "LOG"))[2] == "1"
    assert taken(routed("+ any-service | + parent | label: 2\n+ service LOG | + parent | label: 1", "LOG"))[2] == "2"


def test_a_service_rule_without_resolving_target_denies_at_once_and_silently() -> None:
    denial = refused(routed("+ service LOG | + child clock\n+ any-service | + parent", "LOG"))
    assert denial.log == ""
    assert denial.rule is not None and denial.rule.place == "init.config:2:1"


def test_an_any_service_rule_without_resolving_target_passes_on() -> None:
    assert taken(routed("+ any-service | + child clock\n+ any-service | + parent", "LOG"))[0] == "parent"


def test_the_end_of_the_list_denies_with_a_warning() -> None:
    denial = refused(routed("+ service ROM | + parent", "LOG", "x -> a"))
    assert denial.log == 'x: no route to service "LOG" (label="x -> a")'
    assert denial.rule is None


# -- label conditions -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("condition", "label", "matches"), [
    ("label: a", "x -> a", True),
    ("label: a", "x ->  a ", True),
    ("label: a", "x -> ab", False),
    ("label: a", "x -> b -> a", False),
    ("label: a", "a", False),
    ("label:", "x -> ", True),
    ("label:", "x", False),
    ("label:", "x -> a", False),
    ("label_prefix: a", "x -> abc", True),
    ("label_prefix: a", "x -> ba", False),
    ("label_prefix: x", "x", False),
    ("label_prefix:", "x -> ", True),
    ("label_prefix:", "x -> anything", True),
    ("label_prefix:", "x", False),
    ("label_prefix:", "xy -> a", False),
    ("label_suffix: c", "x -> abc", True),
    ("label_suffix: c", "x -> cab", False),
    ("label_suffix: x", "x", False),
    ("label_prefix: a | label_suffix: c", "x -> abc", True),
    ("label_prefix: a | label_suffix: c", "x -> abd", False),
    ("label_prefix: a | label_suffix: c", "x -> bc", False),
    ("label: abc | label_prefix: b", "x -> abc", False),
    ("label_last: a", "x -> b -> a", True),
    ("label_last: x", "x", True),
    ("label_last:", "x -> ", True),
    ("label_last: a", "x -> a -> b", False),
    ("label_last: a | label: b | label_prefix: c", "x -> a", True),
    ("unscoped_label: x", "x", True),
    ("unscoped_label: job", "job", True),
    ("unscoped_label: x -> a", "x -> a", True),
    ("unscoped_label: x ->", "x -> ", True),
    ("unscoped_label: a", "x -> a", False),
    ("unscoped_label: x -> a | label: b | label_last: c", "x -> a", True),
])
@pytest.mark.parametrize("rule", ["service ROM", "any-service"])
def test_label_conditions(rule: str, condition: str, label: str, matches: bool) -> None:
    assert isinstance(routed(f"+ {rule} | {condition} | + parent", "ROM", label), Target if matches else Denial)


def test_scoped_and_unscoped_conditions_together_are_reported() -> None:
    assert parsed("+ service ROM | label: a | unscoped_label: b | + parent").warnings == (
        "service node contains both scoped and unscoped label attributes (init.config:2:1)",)


def test_values_of_conditions_are_trimmed() -> None:
    node = Node("route", {}, (Node("service", {"name": "ROM", "label": " a\t"}, (Node("parent"),)),))
    assert isinstance(resolve(Request("x", "ROM", "x -> a"), Route.parse(node), TOWN), Target)


# -- targets ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("target", "service", "found"), [
    ("parent", "LOG", ("parent", "")),
    ("parent", "Timer", None),
    ("child clock", "Timer", ("child", "clock")),
    ("child time", "Timer", ("child", "clock")),
    ("child again", "Timer", None),
    ("child nobody", "Timer", None),
    ("child clock", "LOG", None),
    ("child", "Timer", None),
    ("any-child", "Timer", ("child", "clock")),
    ("any-child", "LOG", None),
    ("any-child", "Gui", None),
    ("local", "Nic", ("local", "")),
    ("local", "LOG", None),
])
def test_targets(target: str, service: str, found: tuple[str, str] | None) -> None:
    resolution = routed(f"+ any-service | + {target}", service)
    assert (taken(resolution)[:2] if isinstance(resolution, Target) else None) == found


def test_the_targets_of_a_rule_are_tried_in_order() -> None:
    assert taken(routed("+ any-service\n  + child nobody\n  + any-child\n  + parent", "Timer"))[1] == "clock"
    assert taken(routed("+ any-service\n  + child nobody\n  + any-child\n  + parent", "LOG"))[0] == "parent"


def test_several_providers_are_an_error_even_if_another_target_helps() -> None:
    message = ('x: ambiguous routes to service "Gui"',)
    assert refused(routed("+ service Gui | + any-child", "Gui")).errors == message
    resolution = routed("+ any-service | + any-child\n+ any-service | + any-child\n+ any-service | + child a", "Gui")
    assert taken(resolution)[1] == "a"
    assert resolution.errors == message


@pytest.mark.parametrize(("rewriting", "label", "presented"), [
    ("", "x -> a -> b", "x -> a -> b"),
    ("label: other", "x -> a", "other"),
    ("label:", "x -> a", ""),
    ("label: other | identity: i | resource: r", "x -> a", "other"),
    ("identity: me", "x -> a -> b", "me -> b"),
    ("identity: me", "x", "me -> x"),
    ("identity:", "x -> a -> b", "b"),
    ("resource: r", "x -> a -> b", "x -> a -> r"),
    ("resource: r", "x", "r"),
    ("resource:", "x -> a", "x -> "),
    ("prepend_resource: dir/", "x -> a -> b", "x -> a -> dir/b"),
    ("prepend_resource: dir/", "x", "dir/x"),
    ("prepend_resource: dir/ | resource: r | identity: me", "x -> a", "me -> dir/r"),
])
def test_label_rewriting(rewriting: str, label: str, presented: str) -> None:
    assert taken(routed(f"+ any-service | + parent | {rewriting}", "LOG", label))[2] == presented


# -- what cannot be a rule --------------------------------------------------------------------------------------------

def test_what_is_no_rule_is_reported_and_ignored() -> None:
    route = parsed("+ parent\n+ service | + parent\n+ service ROM | + child")
    assert route.warnings == (
        "init.config:2:1: route node ignores 'parent', it consists of 'service' and 'any-service' rules",
        "init.config:3:1: service rule lacks name attribute, rule ignored",
        "init.config:4:17: child target lacks name attribute and never resolves")
    assert [str(rule) for rule in route.rules] == ["+ service ROM | + child"]


# -- what a refusal says ----------------------------------------------------------------------------------------------

ASKS = '"x" asks for service "{}" with label "x -> ": '
NOBODY = ('nobody provides "{}": name it in parent-provides if the parent does, '
          "or in the provides node of the child that does")


@pytest.mark.parametrize(("rules", "service", "text"), [
    ("+ service Timer | + parent", "Timer",
     "refused by rule init.config:2:1 '+ service Timer | + parent': service \"Timer\" is not in parent-provides; "
     'add `+ service Timer | + child clock` before that rule to the route of "x"'),
    ("+ service LOG | + child clock", "LOG",
     "refused by rule init.config:2:1 '+ service LOG | + child clock': child \"clock\" does not provide it; "
     'add `+ service LOG | + parent` before that rule to the route of "x"'),
    ("+ service Nic | + child gone | label: a", "Nic",
     "refused by rule init.config:2:1 '+ service Nic | + child gone | label: a': there is no child \"gone\"; "
     'add `+ service Nic | + local` before that rule to the route of "x"'),
    ("+ service Vm | label_prefix: | + local", "Vm",
     "refused by rule init.config:2:1 '+ service Vm | label_prefix: | + local': there is no local service \"Vm\"; "
     + NOBODY.format("Vm")),
    ("+ service Vm | + any-child", "Vm",
     "refused by rule init.config:2:1 '+ service Vm | + any-child': no child provides \"Vm\"; " + NOBODY.format("Vm")),
    ("+ service Gui | + any-child", "Gui",
     "refused by rule init.config:2:1 '+ service Gui | + any-child': several children provide it: \"a\", \"b\"; "
     'add `+ service Gui | + child a` before that rule to the route of "x"'),
    ("+ service LOG", "LOG",
     "refused by rule init.config:2:1 '+ service LOG': it has no target; "
     'add `+ service LOG | + parent` before that rule to the route of "x"'),
    ("+ service Timer\n  + parent\n  + local", "Timer",
     "refused by rule init.config:2:1 '+ service Timer | + parent / + local': service \"Timer\" is not in "
     'parent-provides, there is no local service "Timer"; '
     'add `+ service Timer | + child clock` before that rule to the route of "x"'),
    ("", "Timer", 'no rule matches; add `+ service Timer | + child clock` to the route of "x"'),
    ("+ any-service | + parent", "Timer",
     "rule init.config:2:1 '+ any-service | + parent' does not help: service \"Timer\" is not in parent-provides; "
     'add `+ service Timer | + child clock` to the route of "x"'),
    ("+ any-service | label: b | + parent\n+ service LOG | label: a | + parent", "LOG",
     "no rule matches; nearest is rule init.config:3:1 '+ service LOG | label: a | + parent', which wants another "
     'label; add `+ service LOG | + parent` to the route of "x"'),
    ("+ any-service | label: b | + parent", "LOG",
     "no rule matches; nearest is rule init.config:2:1 '+ any-service | label: b | + parent', which wants another "
     'label; add `+ service LOG | + parent` to the route of "x"'),
])
def test_a_refusal_explains_itself(rules: str, service: str, text: str) -> None:
    assert refused(routed(rules, service)).reason == ASKS.format(service) + text


def test_a_refusal_of_an_environment_session_tells_how_to_match_its_label() -> None:
    denial = refused(routed("+ service LOG | label: x | + parent", "LOG", "x"))
    assert ('which looks at what follows "x -> " in a label, but here is none: unscoped_label would match'
            in denial.reason)


def test_a_refusal_names_the_default_route_if_that_decided() -> None:
    denial = refused(resolve(Request("x", "LOG", "x"), parsed("", "default-route"), TOWN))
    assert denial.reason.endswith("add `+ service LOG | + parent` to the default-route")


def test_a_child_is_not_advised_to_ask_itself() -> None:
    denial = refused(resolve(Request("clock", "Timer", "clock -> "), Route(), TOWN))
    assert denial.reason.endswith(NOBODY.format("Timer"))


def test_hostile_labels_cannot_forge_lines_or_flood_the_log() -> None:
    denial = refused(routed("", "LOG", 'x -> "\n\x1b[31m' + "y" * 10**6))
    assert denial.reason.startswith('"x" asks for service "LOG" with label "x -> \\"\\n\\x1b[31myyy')
    assert denial.reason.isprintable() and len(denial.reason) < 1000
    assert denial.log.isprintable() and len(denial.log) < 1000


def test_a_refusal_by_a_huge_route_stays_short() -> None:
    targets = "\n".join(f"  + child c{number}" for number in range(2000))
    assert len(refused(routed(f"+ service LOG\n{targets}", "LOG")).reason) < 1000
    rules = "\n".join(f"+ any-service | + child c{number}" for number in range(2000))
    assert len(refused(routed(rules, "LOG")).reason) < 1000
    crowd = Town(children={f"c{number}": {"Gui"} for number in range(2000)})
    reason = refused(routed("+ service Gui | + any-child", "Gui", town=crowd)).reason
    assert 'several children provide it: "c0", "c1", "c2", "c3", …' in reason


# -- any config, any request ------------------------------------------------------------------------------------------

SERVICES, NAMES, WORDS = ["A", "B", "C"], ["x", "y", "z"], ["", "a", "ab", "b -> a"]
CONDITIONS = st.dictionaries(st.sampled_from(["label", "label_prefix", "label_suffix", "label_last", "unscoped_label"]),
                             st.sampled_from([*WORDS, "x", "x -> a"]), max_size=2)
REWRITING = st.dictionaries(st.sampled_from(["label", "identity", "resource", "prepend_resource"]),
                            st.sampled_from(WORDS), max_size=2)
TARGETS = st.tuples(st.sampled_from(list(Kind)), st.sampled_from([*NAMES, "alias"]), REWRITING)
RULES = st.lists(st.tuples(st.none() | st.sampled_from(SERVICES), CONDITIONS, st.lists(TARGETS, max_size=3)),
                 max_size=6)
OFFERS = st.sets(st.sampled_from(SERVICES))
TOWNS = st.builds(Town, OFFERS, OFFERS, st.dictionaries(st.sampled_from(NAMES), OFFERS),
                  st.dictionaries(st.just("alias"), st.sampled_from([*NAMES, "alias"])))
LABELS = st.sampled_from(["x", "ld.lib.so", *(f"x -> {word}" for word in [*WORDS, "a -> ab", " a "])])
Rules = list[tuple[str | None, dict[str, str], list[tuple[Kind, str, dict[str, str]]]]]


def written(rules: Rules) -> Route:
    def line(type: str, attributes: dict[str, str]) -> str:
        return " | ".join([f"+ {type}", *(f"{key}: {value}" for key, value in attributes.items())])
    lines = list[str]()
    for service, conditions, targets in rules:
        lines.append(line(f"service {service}" if service else "any-service", conditions))
        lines += ("  " + line(f"child {name}" if kind is Kind.CHILD else kind.value, rewriting)
                  for kind, name, rewriting in targets)
    return parsed("\n".join(lines))


def expected(rules: Rules, request: Request, town: Town) -> tuple[str, str, str] | None:
    """The reference: init's routing in as few words as possible."""
    for service, conditions, targets in rules:
        if service in (None, request.service) and holds(conditions, request):
            for kind, name, rewriting in targets:
                servers = candidates(kind, name, request.service, town)
                if len(servers) == 1:
                    return ("child" if servers[0] else kind.value), servers[0], rewritten(rewriting, request.label)
            if service:
                return None
    return None


def holds(conditions: dict[str, str], request: Request) -> bool:
    if "unscoped_label" in conditions:
        return request.label.strip() == conditions["unscoped_label"]
    if "label_last" in conditions:
        return request.label.split(" -> ")[-1].strip() == conditions["label_last"]
    tail = re.fullmatch(re.escape(request.child) + " -> (.*)", request.label)
    patterns = {"label": "{}", "label_prefix": "{}.*", "label_suffix": ".*{}"}
    return not conditions or (tail is not None and all(
        re.fullmatch(patterns[key].format(re.escape(value)), tail[1].strip()) for key, value in conditions.items()))


def candidates(kind: Kind, name: str, service: str, town: Town) -> list[str]:
    if kind in (Kind.PARENT, Kind.LOCAL):
        return [""] if service in (town.parent if kind is Kind.PARENT else town.local) else []
    wanted = town.children if kind is Kind.ANY_CHILD else [town.aliases.get(name, name)]
    return [child for child in wanted if service in town.children.get(child, ())]


def rewritten(rewriting: dict[str, str], label: str) -> str:
    *prefix, last = label.split(" -> ")
    identity = rewriting.get("identity", " -> ".join(prefix))
    resource = rewriting.get("prepend_resource", "") + rewriting.get("resource", last)
    return rewriting.get("label", " -> ".join([*([identity] if identity else []), resource]))


@given(RULES, st.sampled_from([*SERVICES, "D"]), LABELS, TOWNS)
def test_every_request_is_answered_as_by_the_reference(rules: Rules, service: str, label: str, town: Town) -> None:
    request = Request("x", service, label)
    resolution = resolve(request, written(rules), town)
    answer: Any = expected(rules, request, town)
    assert (taken(resolution) if isinstance(resolution, Target) else None) == answer
    if isinstance(resolution, Denial):
        assert resolution.reason.startswith(f'"x" asks for service "{service}" with label "{label}": ')
        assert (resolution.log == "") == (resolution.rule is not None)
