"""HID: the rules of its grammar one by one, and its writer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base import hid
from bastide.base.errors import InvalidNode
from bastide.base.node import Node


def _config(*content: str) -> Node:
    return Node.parse("\n".join(["config", *content, "-", ""]), "init.config")


def _node(type: str, *children: Node, text: str = "", **attributes: str) -> Node:
    return Node(type, attributes, children, text)


def test_a_whole_configuration_is_read() -> None:
    assert Node.parse("""
config my-name | verbose: yes
+ start shell | caps: 200 | ram: 4M
  . text of a comment
  + binary bash
  + route
    + service ROM | label: motd | + parent
    + any-service | + parent
  x heartbeat | rate_ms: 10
  + script
    : echo first line
    : echo second | line
-
the rest is ignored \x00
""") == _node("config", _node(
        "start",
        _node("binary", name="bash"),
        _node("route",
              _node("service", _node("parent"), name="ROM", label="motd"),
              _node("any-service", _node("parent"))),
        _node("script", text="echo first line\necho second | line"),
        name="shell", caps="200", ram="4M"), name="my-name", verbose="yes")


@pytest.mark.parametrize("content", [
    ["+ a n | x: 1 | y: 2"],
    ["+ a n", "  x: 1", "  y: 2"],
    ["+ a n | x: 1", "       | y: 2"],
    ["+ a", "  | name: n", "  | x: 1 | y: 2"],
    ["+ a name: n | x: 1 | y: 2"],
    ["+ a x: 1 | name: n | y: 2"],
    ["+  a   n   |   x:   1   |y: 2|"],
    ["| + a n | x: 1", "", "  | | y: 2"],
    ["+ a n | x: 1 | y: 2 | . comment | z: 3"],
    [". comment\tof the config", "+ a n", ". comment to the left | + b", "  x: 1", "  y: 2", "."],
    ["+ a n | x: 1 | y: 2 | x: 3 | name: other"],
])
def test_one_node_can_be_written_in_many_ways(content: list[str]) -> None:
    assert _config(*content) == _node("config", _node("a", name="n", x="1", y="2"))


@pytest.mark.parametrize(("line", "value"), [
    ("x:", ""), ("x: ", ""), ("x:   v w  ", "v w"), ("x: a:b: c", "a:b: c"), ("x: + a", "+ a"), ("x: ü→☃", "ü→☃"),
    ("x: \u00a0", "\u00a0"), ("x: - ", "-"), ("x: <a/>", "<a/>")])
def test_a_value_is_all_up_to_the_bar_or_the_end_of_the_line(line: str, value: str) -> None:
    assert _config(line).attributes == {"x": value}
    assert _config(f"+ a | {line} | y: 1").children[0].attributes == {"x": value, "y": "1"}


def test_a_name_with_a_colon_is_no_attribute_unless_a_blank_follows() -> None:
    assert _config("+ device pci:00").children[0].name == "pci:00"
    assert _config("+ device Upper: case").children[0].name == "Upper: case"
    assert _config("+ device pci: 00").children[0].attributes == {"pci": "00"}


def test_a_node_belongs_to_the_nearest_one_before_it_with_smaller_indentation() -> None:
    assert _config("+ a", "      + b", "   + c", "     + d", "+ e") == _node(
        "config", _node("a", _node("b"), _node("c", _node("d"))), _node("e"))


def test_a_segment_counts_at_its_own_column() -> None:
    assert _config("+ a | + b", "      + c", "        x: 1", "  + d") == _node(
        "config", _node("a", _node("b"), _node("c", x="1"), _node("d")))
    assert _config("x: 1 | + a | + b | y: 2") == _node("config", _node("a", _node("b", y="2")), x="1")


def test_an_attribute_behind_content_is_not_seen() -> None:
    assert _config("+ a", "  + b", "  y: 2") == _node("config", _node("a", _node("b")))
    assert _config("+ a", "  x b", "  y: 2") == _node("config", _node("a"))
    assert _config("+ a", "  : text", "  y: 2") == _node("config", _node("a", text="text"))
    assert _config("x: 1", "+ a", "y: 2") == _node("config", _node("a"), x="1")


def test_a_disabled_node_is_ignored_with_its_subtree() -> None:
    assert _config("x a n | y: 1", "  z: 2", "  + b", "    : text", "x: 1", "+ c", "  x d | + e | w: 1", "  + f") == \
        _node("config", _node("c", _node("f")))


def test_a_top_level_node_may_be_of_type_x() -> None:
    assert Node.parse("x ray\n-\n") == _node("x", name="ray")


def test_quoted_lines_are_joined_by_newlines() -> None:
    assert _config(": one", ":", ":   two | three\t", ": ").text == "one\n\n  two | three\t\n"
    assert _config("+ a | : x | + b").children[0].text == "x | + b"


def test_text_beside_sub_nodes_does_not_count() -> None:
    assert _config(": text", "+ a", ": text") == _node("config", _node("a"))


def test_carriage_returns_at_the_end_of_lines_are_tolerated() -> None:
    assert Node.parse("config\r\n+ a | x: 1\r\n  : text\r\n-\r\n") == _node("config", _node("a", text="text", x="1"))


@pytest.mark.parametrize("end", ["-", "-\n", "-\0\0", "-\nmore", "-\r\n"])
def test_the_end_line_may_be_the_last_of_the_text_or_not(end: str) -> None:
    assert Node.parse("config\n" + end) == _node("config")


def test_a_line_that_only_begins_like_the_end_line_is_an_error() -> None:
    with pytest.raises(InvalidNode, match=r"^node:2:1: expected 'tag: value', '\+ node' or '-', got '-a'$"):
        Node.parse("config\n-a\n-\n")


_PIECES = st.sampled_from(["+ a", "+ b n", "+ c d: e", "x a", ": t", ". c", "y: 1", "y: 2", "z:", "z: 3  4", "name: m",
                           " | ", " | ", " |", "|", "| ", "\n", "\n", "\n  ", "\n    ", "\n ", "  ", "A", ":", "+"])


@given(st.lists(_PIECES, max_size=20), st.booleans())
def test_a_line_means_the_same_on_the_short_path_as_on_the_long_one(pieces: list[str], strict: bool) -> None:
    # A tab anywhere, here within a comment, turns the short path off.
    outcomes = []
    for comment in (". blank", ". \t"):
        try:
            outcomes.append(repr(_outline(Node.parse(f"config\n{''.join(pieces)}\n{comment}\n-\n", strict=strict))))
        except InvalidNode as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def _outline(node: Node) -> object:
    return node.type, dict(node.attributes), node.text, node.place, [_outline(child) for child in node.children]


def test_places_count_from_one() -> None:
    config = Node.parse("\nconfig\n+ a | + b\n  + c\n-\n", "x")
    a = config.children[0]
    assert [node.place for node in (config, a, *a.children)] == ["x:2:1", "x:3:1", "x:3:7", "x:4:3"]


def test_the_writer_puts_the_name_first_and_escapes_names_that_look_like_attributes() -> None:
    assert str(_node("config", _node("a", x="1", name="n"), _node("a", name="b: c"), _node("a", name=""))) == \
        "config\n+ a n | x: 1\n+ a | name: b: c\n+ a | name:\n-\n"


def test_what_hid_cannot_express_is_left_out_with_a_message() -> None:
    messages: list[str] = []
    node = _node("config", Node("Upper"), _node("a", text="one\n\x1b\ntwo"), x="a|b", y="\n", Z="1", ok="1")
    assert hid.write(node, dropped=messages.append) == "config | ok: 1\n+ a\n  : one\n  : two\n-\n"
    assert messages == [
        "attribute 'x' of 'config' contains '|' or control characters",
        "attribute 'y' of 'config' contains '|' or control characters",
        "attribute 'Z' of 'config' is no name in HID",
        "node 'Upper' in 'config' is no name in HID",
        "a line of text of 'a' contains control characters",
    ]


def test_blanks_around_a_value_are_left_out_with_a_message() -> None:
    messages: list[str] = []
    node = _node("config", _node("a", name=" n"), x=" 1", y="2 ")
    assert hid.write(node, dropped=messages.append) == "config | x: 1 | y: 2\n+ a n\n-\n"
    assert messages == ["blanks around the value of attribute 'x' of 'config'",
                        "blanks around the value of attribute 'y' of 'config'",
                        "blanks around the value of attribute 'name' of 'a'"]


def test_a_top_level_node_that_hid_cannot_express_is_refused() -> None:
    with pytest.raises(InvalidNode, match=r"^expected a node type of the form \[a-z\]\[a-z0-9_-\]\*, got 'Upper'$"):
        str(Node("Upper"))


def test_a_table_aligns_attributes_and_compacts_chains_of_single_nodes() -> None:
    node = _config("+ service ROM | label: motd | + parent", "+ any-service | + child x | label: y",
                   "+ service LOG | + parent", "+ script", "  : text")
    assert hid.write(node, tabular=True) == """config
+ service ROM | label: motd | + parent
+ any-service |             | + child x | label: y
+ service LOG |             | + parent
+ script
  : text
-
"""


def test_a_table_has_at_most_four_levels_and_eight_aligned_attributes() -> None:
    many = " | ".join(f"t{number}: {number}" for number in range(10))
    node = _config("+ a | + b | + c | + d | + e", "+ a | + b | + c | + d",
                   f"+ f | {many} | + g", f"+ f | t9: 1 | {many}")
    text = hid.write(node, tabular=True)
    assert Node.parse(text) == node
    assert text.splitlines()[1:7] == ["+ a", "  + b", "    + c", "      + d", "        + e",
                                      "+ a | " + 8 * "      | " + "+ b | + c | + d"]


def test_a_long_value_does_not_widen_the_other_rows_of_a_table() -> None:
    text = hid.write(_config(f"+ a | x: {'y' * 1000} | z: 1", "+ a | x: 1 | z: 1"), tabular=True)
    assert text.splitlines()[2] == "+ a | x: 1 | z: 1"
