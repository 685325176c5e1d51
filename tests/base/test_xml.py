"""The subset of XML: what is read, what is skipped, and its writer."""

from __future__ import annotations

import pytest

from bastide.base import xml
from bastide.base.errors import InvalidNode
from bastide.base.node import Node


def test_a_whole_configuration_is_read() -> None:
    assert Node.parse("""<?xml version="1.0"?>
<!DOCTYPE config [ <!ENTITY x "<bad/>"> ]> stray text <!-- <bad/> -->
<config verbose = "yes">
	<!-- a comment with <tags> -->
	<start name="a" caps="9"/> ignored text
	<inline> one
two </inline >
	<empty></empty>
</config> what follows <is> ignored""") == Node("config", {"verbose": "yes"}, (
        Node("start", {"name": "a", "caps": "9"}), Node("inline", text=" one\ntwo "), Node("empty")))


def test_values_of_attributes_are_taken_as_they_stand() -> None:
    assert Node.parse('<a x="&amp;&lt;&#x41; <b/> | \' \n"/>').attributes == {"x": "&amp;&lt;&#x41; <b/> | ' \n"}


def test_entities_are_decoded_in_text() -> None:
    text = "<a>&lt;&gt;&amp;&quot;&apos;&#x41;&#x00;&amp;lt; &other; &#xd800; &#xffffff; &</a>"
    assert Node.parse(text).text == "<>&\"'A\0&lt; &other; &#xd800; &#xffffff; &"


def test_the_first_of_equal_attributes_wins() -> None:
    assert Node.parse('<a x="1" x="2"/>').attributes == {"x": "1"}


def test_the_first_character_decides_between_text_and_sub_nodes() -> None:
    assert Node.parse("<a> text <b/> and <c>more</c> </a>") == Node("a", text=" text <b/> and <c>more</c> ")
    assert Node.parse("<a> <b/> text </a>") == Node("a", children=(Node("b"),))
    assert Node.parse("<a> <!-- c --> </a>") == Node("a")
    assert Node.parse("<a><b>x<b>y<b/></b></b><c/></a>").children == (Node("b", text="x<b>y<b/></b>"), Node("c"))


@pytest.mark.parametrize("name", ["_", ":", "A", "a.b-c_d:e9", "a" * 64])
def test_names_are_wider_than_in_hid(name: str) -> None:
    assert Node.parse(f'<{name} {name}="1"></{name}>') == Node(name, {name: "1"})


@pytest.mark.parametrize("text", ["<1/>", "<-a/>", "<a 1='2'/>", '<a b="1"c="2"/>', "<a b/>", "< a/>", "<a/ >", "<é/>",
                                  "<a><b></a></b>", "<a>x<b></a>", "<a><b x=\"1/></a>", '<a b=""" />'])
def test_malformed_tags_are_refused(text: str) -> None:
    with pytest.raises(InvalidNode, match=r"^node:1:\d+: expected "):
        Node.parse(text)


def test_places_count_from_one() -> None:
    config = Node.parse('<!-- -->\n <config>\n<a/><b/>\n\n\t<c>text\n</c></config>', "x")
    assert [node.place for node in (config, *config.children)] == ["x:2:2", "x:3:1", "x:3:5", "x:5:2"]


def test_line_ends_of_other_systems_are_tolerated() -> None:
    text = '<a\r\n x="1">\r\n<b>1\r\n2</b>\r\n</a>\r\n'
    assert Node.parse(text) == Node("a", {"x": "1"}, (Node("b", text="1\n2"),))


def test_the_writer_indents_by_tabs() -> None:
    node = Node("config", {"name": "a"}, (Node("b", {"x": "<'&>"}, (Node("c", text="1 < 2\n\"&\""),)), Node("d")))
    assert xml.write(node) == ('<config name="a">\n\t<b x="<\'&>">\n\t\t<c>1 &lt; 2\n&quot;&amp;&quot;</c>\n\t</b>\n'
                               "\t<d/>\n</config>\n")


@pytest.mark.parametrize("text", [" ", "\n a ", "\ta", "\0", "a\x1b\r\n"])
def test_blanks_and_control_characters_in_text_survive(text: str) -> None:
    assert Node.parse(xml.write(Node("a", text=text))).text == text


def test_what_xml_cannot_express_is_left_out_with_a_message() -> None:
    messages: list[str] = []
    node = Node("config", {"x": 'a"b', "y": "\0", "a b": "1", "ok": "1"},
                (Node("c" * 65), Node("t", text="\ud800"), Node("d", children=(Node(""),))))
    assert xml.write(node, dropped=messages.append) == '<config ok="1">\n\t<t></t>\n\t<d/>\n</config>\n'
    assert messages == [
        "attribute 'x' of 'config' contains quotes or control characters",
        "attribute 'y' of 'config' contains quotes or control characters",
        "attribute 'a b' of 'config' is no name in XML",
        f"node '{'c' * 65}' in 'config' is no name in XML",
        "the text of 't' is no valid Unicode",
        "node '' in 'd' is no name in XML",
    ]


def test_a_top_level_node_that_xml_cannot_express_is_refused() -> None:
    with pytest.raises(InvalidNode, match=r"^expected a tag name of at most 64 letters, .* got ''$"):
        xml.write(Node(""))
