"""Nodes whatever their syntax: reading values, generating, messages for malformed text, and hostile input."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base import hid, node, xml
from bastide.base.errors import InvalidNode
from bastide.base.node import Generator, Node
from bastide.base.value import Bytes, Duration

_BAD = sorted(path for path in (Path(__file__).parent / "bad").iterdir() if path.suffix != ".expected")

_START = Node.parse("""config
+ start shell | caps: 200 | ram: 4M | verbose: yes | scale: 1.5 | odd: 12x
-
""", "init.config")
_START_XML = Node.parse("""<config>
	<start name="shell" caps="200" odd="12x" verbose="yes!"/>
</config>""", "init.config")


@pytest.mark.parametrize("path", _BAD, ids=lambda path: path.name)
def test_a_malformed_file_is_refused_with_the_expected_message(path: Path) -> None:
    with pytest.raises(InvalidNode) as error:
        Node.parse(path.read_bytes(), path.name, strict=path.name.startswith("strict_"))
    assert str(error.value) == path.with_name(path.name + ".expected").read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("path", [path for path in _BAD if path.name.startswith("strict_")], ids=lambda path: path.name)
def test_what_only_a_strict_tool_refuses_is_fine_at_run_time(path: Path) -> None:
    assert Node.parse(path.read_bytes()).type == "config"


def test_an_error_carries_its_parts() -> None:
    with pytest.raises(InvalidNode) as error:
        Node.parse("config\n+ start a | foo bar\n-\n", "init.config")
    flaw = pickle.loads(pickle.dumps(error.value))
    assert (flaw.origin, flaw.line, flaw.column, flaw.found) == ("init.config", 2, 13, "foo bar")
    assert flaw.expected == "'tag: value', '+ node' or '-'"
    assert str(flaw) == "init.config:2:13: expected 'tag: value', '+ node' or '-', got 'foo bar'"


def test_the_first_character_selects_the_syntax() -> None:
    assert Node.parse("\n \t<config/>") == Node.parse("\n\nconfig\n-\n") == Node("config")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_are_read_as_utf8(kind: type[bytes]) -> None:
    assert Node.parse(kind("config zoë\n-\n".encode())).name == "zoë"


@pytest.mark.parametrize("text", [b"config\n-\n\xff", b"config\n-\0\0\0", b"<config/>\xff\xff", b"<config/>\0\0"])
def test_whatever_follows_the_node_is_ignored(text: bytes) -> None:
    assert Node.parse(text) == Node("config")


def test_a_text_beyond_the_size_limit_is_refused() -> None:
    expected = r"^big:1:1: expected at most 16777216 characters, got '16777217 characters'$"
    with pytest.raises(InvalidNode, match=expected):
        Node.parse(" " * (node.SIZE_LIMIT + 1), "big")


@pytest.mark.parametrize(("begin", "repeated", "end"), [
    ("config ", "| ", "\n-\n"), ("config ", "|", "\n-\n"), ("config\n+ a | b: ", "x", "\n-\n"),
    ("config\n+ a ", "| x: 1 ", "| + b\n-\n"), ("config\n", "+ a\n  + b\n    + c\n", "-\n"),
    ("config\n", "+ a | + b | + c | : |||\n", "-\n"), ("config\n", "-x\n", ""), ("config\n", " ", "a: b\n-\n"),
    ("config\n+ a ", "a:", "\n-\n"), ("config ", "| + a ", "\n-\n"), ("", "\n", "config\n-\n"),
    ("<a", " ", "<"), ("<a", ' b="c"', "<"), ("<a>", '<b x="', ""), ("<", "<", ""), ("<!-- -->", "<!---->", ""),
    ("<a>" + "<a>t" * 150, "t<b/>", "</a>" * 151), ("<a>", "<b/>", "</a>"), ("<a>x", "&#x", "</a>"), ("<", "a", ""),
    ('<a b="', '" b="', ""), ("<!DOCTYPE [", "<!DOCTYPE [", ""), ("<?", "<?", ""), ("<", "a>", ""), ("", "<a>", "")])
def test_long_runs_of_anything_are_answered(begin: str, repeated: str, end: str) -> None:
    # If a case took quadratic time, this would not end within hours.
    text = begin + repeated * (400_000 // len(repeated)) + end
    try:
        assert Node.parse(text).type in ("config", "a")
    except InvalidNode as error:
        assert len(str(error)) < 200


def test_attributes_are_read_as_the_type_of_the_default() -> None:
    start = _START.children[0]
    assert start.name == "shell"
    assert start.attribute("caps", 0) == 200
    assert start.attribute("ram", Bytes(0)) == 4 << 20
    assert start.attribute("verbose", False) is True
    assert start.attribute("scale", 0.0) == 1.5
    assert start.attribute("caps", "") == "200"
    assert start.attribute("caps", Duration(0)) == Duration(200)
    assert start.attribute("absent", 7) == 7
    assert start.required("ram", Bytes) == 4 << 20


@pytest.mark.parametrize(("default", "message"), [
    (0, "attribute 'ram' of 'start' to be a number, got '4M'"),
    (False, "attribute 'ram' of 'start' to be yes or no, got '4M'"),
    (0.5, "attribute 'ram' of 'start' to be a number, got '4M'")])
def test_an_unreadable_value_is_refused_with_its_place(default: float, message: str) -> None:
    with pytest.raises(InvalidNode) as error:
        _START.children[0].attribute("ram", default)
    assert str(error.value) == f"init.config:2:1: expected {message}"
    assert (error.value.line, error.value.column) == (2, 1)


def test_a_missing_attribute_is_named_with_its_place() -> None:
    with pytest.raises(InvalidNode, match=r"^init.config:2:1: expected attribute 'x' of 'start', which is missing$"):
        _START.children[0].required("x", int)
    with pytest.raises(InvalidNode, match=r"^expected attribute 'x' of 'made', which is missing$"):
        Node("made").required("x", int)
    with pytest.raises(InvalidNode, match=r"^args of 'a': expected attribute 'x' of 'made' to be a number, got ''$"):
        Node("made", {"x": ""}, place="args of 'a'").required("x", int)


def test_the_lenient_variant_falls_back_to_the_default() -> None:
    start = _START.children[0]
    assert start.value("ram", 5) == 5
    assert start.value("caps", 5) == 200
    assert start.value("absent", True) is True


def test_in_hid_a_number_must_take_up_the_whole_value_and_in_xml_a_prefix_suffices() -> None:
    assert _START.children[0].value("odd", 5) == 5
    start = _START_XML.children[0]
    assert start.value("odd", 5) == 12
    assert start.place == "init.config:2:2"
    assert start.value("verbose", False) is False


def test_sub_nodes_are_found_by_type_and_attributes() -> None:
    config = Node.parse("config\n+ a 1\n+ b 2\n+ a 3 | x: y\n-\n")
    assert [child.name for child in config.sub_nodes()] == ["1", "2", "3"]
    assert [child.name for child in config.sub_nodes("a")] == ["1", "3"]
    assert [child.name for child in config.sub_nodes("b", "a")] == ["1", "2", "3"]
    assert config.sub_node("a", name="3", x="y") is config.children[2]
    assert config.sub_node("a", name="2") is None


def test_nodes_differ_by_type_attributes_children_and_text() -> None:
    nodes = [Node("a"), Node("b"), Node("a", {"x": "1"}), Node("a", children=(Node("b"),)), Node("a", text="t")]
    assert [[one == other for other in nodes] for one in nodes] == [[i == j for j in range(5)] for i in range(5)]
    assert Node("a") != "a"
    assert Node("a", {"x": "1", "y": "2"}, place="here") == Node("a", {"y": "2", "x": "1"})


def test_a_representation_is_short() -> None:
    assert repr(_START.children[0]).startswith("<Node start {'name': 'shell'")
    assert len(repr(Node("a", {"x": "y" * 10_000}, text="z" * 10_000))) < 300


def test_a_generator_spells_values() -> None:
    config = Generator("config", verbose=True, ram=Bytes(2 << 20))
    config.attribute("scale", 0.5)
    config.node("start", name="a", caps=100).node("inline").text("one\n")
    config.copy(Node("policy", {"label": "x"}))
    assert str(config) == ("config | verbose: yes | ram: 2M | scale: 0.500000\n+ start a | caps: 100\n"
                           "  + inline\n    : one\n    :\n+ policy | label: x\n-\n")
    assert Node.parse(str(config)) == config.build()


def test_a_generator_takes_over_the_content_of_a_node() -> None:
    result = Generator("result")
    result.fill(_START)
    result.text("lost, for there are sub nodes")
    assert result.build() == Node("result", {}, _START.children)


def test_a_generator_refuses_names_that_no_syntax_can_express() -> None:
    with pytest.raises(InvalidNode, match=r"^expected a node type, got 'a b'$"):
        Generator("a b")
    with pytest.raises(InvalidNode, match=r"^expected an attribute name, got '1st'$"):
        Generator("a", **{"1st": 1})


def test_a_generator_refuses_more_levels_than_can_be_read() -> None:
    top = deepest = Generator("a")
    for _ in range(199):
        deepest = deepest.node("a")
    assert Node.parse(str(top)) == Node.parse(xml.write(top.build())) == top.build()
    with pytest.raises(InvalidNode, match=r"^expected at most 200 levels of nodes, got one more for 'b'$"):
        deepest.node("b")


def test_writing_a_node_of_any_depth_works() -> None:
    deep = Node("a")
    for _ in range(2000):
        deep = Node("a", children=(deep,))
    assert str(deep).count("+ a\n") == 2000
    assert xml.write(deep).count("<a>") == 2000


_TYPES = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
_VALUES = st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters='|"'), max_size=8).map(
    lambda value: value.strip(" "))
_TEXTS = st.text(st.characters(blacklist_categories=["Cc", "Cs"]) | st.sampled_from("\n\t|<>&'\""), max_size=20)
_ATTRIBUTES = st.dictionaries(st.just("name") | _TYPES, _VALUES | st.just("a: b"), max_size=4)
_NODES = st.recursive(
    st.builds(Node, _TYPES, _ATTRIBUTES, text=_TEXTS),
    lambda inner: st.builds(Node, _TYPES, _ATTRIBUTES, st.lists(inner, min_size=1, max_size=4).map(tuple)),
    max_leaves=10)
_ALPHABET = st.sampled_from(["config", "a", "<", ">", "/", "=", '"', "'", "+ ", "x ", ": ", ":", " | ", "|", ". ", "-",
                             "\n", "\n-\n", "\r\n", "\t", " ", "  ", "&amp;", "&#x00;", "<!--", "-->", "<a>", "</a>",
                             "<a/>", "\0", "ä", "\ud800", 'b="c"', "b: c", "<!DOCTYPE", "<?"])


@given(_NODES)
def test_a_node_written_as_hid_reads_back(original: Node) -> None:
    assert Node.parse(str(original), strict=True) == original
    assert Node.parse(str(original).replace("\n", "\r\n").encode()) == original


@given(_NODES)
def test_a_node_written_as_a_table_reads_back(original: Node) -> None:
    assert Node.parse(hid.write(original, tabular=True), strict=True) == original


@given(_NODES)
def test_a_node_written_as_xml_reads_back(original: Node) -> None:
    assert Node.parse(xml.write(original), strict=True) == original


@given(st.binary() | st.lists(_ALPHABET).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")))
def test_any_bytes_answer_with_a_node_or_invalid_node(data: bytes) -> None:
    try:
        result = Node.parse(data, "fuzz")
    except InvalidNode as error:
        assert str(error).startswith("fuzz:")
        assert error.line > 0 < error.column
    else:
        assert Node.parse(xml.write(result)).type == result.type


@given(st.lists(_ALPHABET).map("".join), st.sampled_from(["config\n", "config\n+ a\n", "<a>", "<a><b>", ""]),
       st.sampled_from(["\n-\n", "</a>", "</b></a>", ""]))
def test_any_text_answers_with_a_node_or_invalid_node(middle: str, begin: str, end: str) -> None:
    try:
        result = Node.parse(begin + middle + end, "fuzz")
    except InvalidNode as error:
        assert str(error).startswith("fuzz:")
    else:
        assert Node.parse(xml.write(result)).type == result.type


@given(st.text(), st.text(), st.text())
def test_writing_what_no_syntax_can_express_leaves_it_out(name: str, value: str, text: str) -> None:
    original = Node("a", {name: value}, (Node(name), Node("b", text=text)))
    for written in (hid.write(original), hid.write(original, tabular=True), xml.write(original)):
        result = Node.parse(written.encode(), strict=True)
        assert result.type == "a"
        assert result.children[-1].type == "b"


@pytest.mark.parametrize(("text", "begin"), [
    ('<a b="c -> d"/>', b"a | b: c -> d"), ('<a b="c | d"/>', b'<a b="c | d"'), ("<Ab/>", b"<Ab/>")])
def test_content_is_hid_unless_only_xml_can_express_it(text: str, begin: bytes) -> None:
    node = Node.parse(text)
    assert node.encode().startswith(begin)
    assert Node.parse(node.encode()) == node


@pytest.mark.parametrize(("text", "begin"), [
    ("a | b: c -> d\n-", b'<a b="c -> d"/>'), ("a\n+ b\n-", b"<a>\n\t<b/>\n</a>"), ('a | b: "\n-', b'a | b: "')])
def test_content_is_xml_if_wanted_unless_only_hid_can_express_it(text: str, begin: bytes) -> None:
    node = Node.parse(text)
    assert node.encode(as_xml=True).startswith(begin)
    assert Node.parse(node.encode(as_xml=True)) == node
