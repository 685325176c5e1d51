"""rom_filter: what it makes of its inputs, as pure functions and as a component."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from init.puppet import Puppets

from bastide.app.rom_logger.main import construct as rom_logger
from bastide.base import Env, InvalidNode, Node, SignalHandler
from bastide.lib.rom_module import Module
from bastide.server.rom_filter.main import construct as rom_filter
from bastide.server.rom_filter.output import Selection, check, generate, select
from bastide.session.rom import RomSession

CONTENT = Node.parse("""xray | enabled: yes
+ style | color: yellow
+ details
  + message | reason: busy | text: wait
  + message | reason: no access | text: system locked
-
""")


def parse(text: str) -> Node:
    return Node.parse(f"{text}\n-\n", "config")


@pytest.mark.parametrize(("input", "value", "node"), [
    ("input xray", None, "xray"),
    ("input xray | + attribute enabled", "yes", "xray"),
    ("input other | + attribute enabled", None, None),
    ("input other | node: xray | + attribute enabled", "yes", "xray"),
    ("input other | default: none | + attribute enabled", "none", None),
    ("input xray | default: none | + attribute missing", "none", "xray"),
    ("input xray | + attribute missing", None, "xray"),
    ("input xray\n+ node | type: style\n+ attribute color", "yellow", "style"),
    ("input xray | default: blue\n+ node | type: fashion\n+ attribute color", "blue", None),
    ("input xray\n+ node | type: details\n+ node | type: message\n+ attribute text", "wait", "message"),
    ("input xray\n+ node | type: details\n+ node | type: message | attribute: reason | value: no access\n"
     "+ attribute text", "system locked", "message"),
    ("input xray\n+ node | type: details\n+ node | type: message | attribute: reason | value: late\n"
     "+ attribute text", None, None),
    ("input xray\n+ node | type: style\n  + attribute color", "yellow", "style"),
    ("input xray\n+ node | type: details\n  + node | type: message | attribute: reason | value: no access\n"
     "    + attribute text", "system locked", "message"),
])
def test_inputs_select_nodes_and_values(input: str, value: str | None, node: str | None) -> None:
    selection = select(parse(input), CONTENT)
    assert selection.value == value
    assert (selection.node.type if selection.node else None) == node


SELECTIONS = {"on": Selection(value="yes"), "off": Selection(value="no"), "nothing": Selection(),
              "tree": Selection(parse("tree | a: 1\n+ leaf x\n+ leaf y"), "1"), "text": Selection(parse("t\n: hello"))}


@pytest.mark.parametrize(("output", "result"), [
    ("+ inline\n  + b\n  + c | d: e", "+ b\n+ c | d: e"),
    ("+ attribute b | value: c\n+ attribute a | input: on\n+ attribute none | input: nothing", "b: c\na: yes"),
    ("+ node | type: b\n  + attribute c | input: off\n  + node | type: d", "+ b | c: no | + d"),
    ("+ input tree", "+ tree | a: 1\n  + leaf x\n  + leaf y"),
    ("+ input tree | skip_toplevel: yes", "+ leaf x\n+ leaf y"),
    ("+ input nothing", ""),
    ("+ input text | skip_toplevel: yes", ": hello"),
    ("+ if\n  + has_value | input: on | value: yes\n  + then | + inline | + b\n  + else | + inline | + c", "+ b"),
    ("+ if\n  + has_value | input: off | value: yes\n  + then | + inline | + b\n  + else | + inline | + c", "+ c"),
    ("+ if\n  + has_value | input: nothing | value:\n  + then | + inline | + b", ""),
    ("+ if\n  + has_value | input: on | value: yes\n  + has_value | input: off | value: yes\n"
     "  + then | + inline | + b", ""),
    ("+ if\n  + has_value | input: on | value: yes\n  + then\n    + if\n"
     "      + has_value | input: off | value: no\n      + then | + attribute b | value: c", "b: c"),
])
def test_outputs_are_put_together(output: str, result: str) -> None:
    node = parse("output | node: a\n" + output)
    check(node, SELECTIONS)
    assert generate(node, SELECTIONS) == parse("a\n" + result)


@pytest.mark.parametrize(("output", "error"), [
    ("", "config:1:1: expected attribute 'node' of 'output', which is missing"),
    (" | node: a\n+ node", "config:2:1: expected attribute 'type' of 'node', which is missing"),
    (" | node: a\n+ node | type: 7", "expected a node type, got '7'"),
    (" | node: a\n+ attribute 7", "expected an attribute name, got '7'"),
    (" | node: a\n+ if | + then | + attribute b | input: gone", "config:2:17: there is no input 'gone', but "
                                                                "nothing, off, on, text, tree"),
    (" | node: a\n+ if | + has_value | value: yes", "expected attribute 'input' of 'has_value', which is missing"),
])
def test_mistakes_are_found_wherever_they_are(output: str, error: str) -> None:
    with pytest.raises(InvalidNode) as caught:
        check(parse("output" + output), SELECTIONS)
    assert error in str(caught.value)


@given(st.recursive(st.builds(lambda type, attributes: Node(type, attributes), st.sampled_from(
    ["input", "attribute", "node", "if", "then", "else", "has_value", "inline", "odd"]), st.dictionaries(
        st.sampled_from(["name", "type", "input", "value", "skip_toplevel"]),
        st.sampled_from(["on", "tree", "nothing", "yes", "a"]))),
    lambda nodes: st.builds(lambda node, inner: Node(node.type, node.attributes, tuple(inner)), nodes, st.lists(nodes)),
    max_leaves=20))
def test_an_output_that_passed_its_check_can_always_be_made(part: Node) -> None:
    output = Node("output", {"node": "a"}, (part,))
    try:
        check(output, SELECTIONS)
    except InvalidNode:
        return
    assert generate(output, SELECTIONS).type == "a"


def test_the_result_follows_inputs_and_config() -> None:
    modules: dict[str, Module] = {}
    strings: dict[str, SignalHandler] = {}
    contents: dict[str, bytes | None] = {}

    def show(env: Env) -> object:
        for name in ("xray", "theme"):
            modules[name] = Module()
            strings[name] = SignalHandler(env, lambda name=name: modules[name].show(contents[name]))  # type: ignore
        return RomSession.announce(env, lambda request: modules[request.label.last_element].open(request.account))

    config = """
+ start show | + provides | + service ROM
+ start rom_filter
  + provides | + service ROM
  + route
    + service ROM | label: xray  | + child show
    + service ROM | label: theme | + child show
    + any-service | + parent
  + config | verbose: yes
    + input enabled | rom: xray | node: xray
      + attribute enabled
    + input color | rom: theme | node: theme | default: grey
      + attribute color
    + output | node: config
      + attribute color | input: color
      + attribute on | input: enabled
+ start rom_logger
  + config | rom: result
  + route
    + service ROM | label: result | + child rom_filter
    + any-service | + parent
"""

    with Puppets(config, {"show": show, "rom_filter": rom_filter, "rom_logger": rom_logger}) as puppets:
        def change(name: str, content: bytes | None) -> list[str]:
            seen = len(puppets.town.lines("init -> rom_logger"))
            contents[name] = content
            strings[name].submit()
            puppets.town.run()
            return [line for line in puppets.town.lines("init -> rom_logger")[seen:] if "config" in line]

        assert puppets.town.lines("init -> rom_logger") == ["ROM 'result':", "  config | color: grey", "  -"]
        assert change("xray", b"xray | enabled: no\n-") == ["  config | color: grey | on: no"]
        assert change("xray", b"<xray enabled='yes' nonsense") == ["  config | color: grey"]
        assert change("xray", b"") == ["  config | color: grey"]
        assert change("theme", b'<theme color="red"/>') == ["  config | color: red"]
        assert change("theme", None) == ["  config | color: grey"]
        assert puppets.town.lines("init -> rom_filter")[0] == "config | color: grey"
        assert sum("the ROM 'xray' counts as empty: xray:1:" in line
                   for line in puppets.town.lines("init -> rom_filter")) == 1

        puppets.apply(config.replace("input: color", "input: colour"))
        assert puppets.town.said("there is no input 'colour', but color, enabled; keeping the previous content")
        assert change("xray", b"xray | enabled: yes\n-") == ["  config | color: grey | on: yes"]
        puppets.apply(config.replace("+ attribute enabled", "+ node | attribute: enabled"))
        assert puppets.town.said("expected attribute 'type' of 'node', which is missing; keeping the previous content")
        assert change("xray", b"xray | enabled: no\n-") == ["  config | color: grey | on: no"]
        puppets.apply(config.replace("+ attribute on ", "+ attribute off "))
        assert puppets.town.lines("init -> rom_logger")[-2] == "  config | color: grey | off: no"

        puppets.apply(config.replace("+ attribute on | input: enabled", "+ input color"))
        assert puppets.town.lines("init -> rom_logger")[-2] == "  config | color: grey"     # and no empty 'theme'
        assert change("theme", b"theme | color: red\n-") == ["  config | color: red"]
        assert puppets.town.lines("init -> rom_logger")[-2] == "  + theme | color: red"
        assert puppets.town.trouble == []
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_a_missing_rom_counts_as_empty() -> None:
    config = """
+ start rom_filter
  + provides | + service ROM
  + config
    + input gone | default: nowhere
      + attribute place
    + output | node: config
      + attribute place | input: gone
+ start rom_logger
  + config | rom: result
  + route
    + service ROM | label: result | + child rom_filter
    + any-service | + parent
"""
    with Puppets(config, {"rom_filter": rom_filter, "rom_logger": rom_logger}) as puppets:
        assert puppets.town.lines("init -> rom_logger") == ["ROM 'result':", "  config | place: nowhere", "  -"]
        assert puppets.town.said("the ROM 'gone' counts as empty: ")
