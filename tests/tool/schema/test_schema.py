"""Schemas: what they say about configs, and what is said about them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base import Node
from bastide.tool.schema import Schema

SCHEMA = """\
schema config
+ type color
  : red|green|blue
+ type port | of: number | least: 1 | most: 65535
+ type rest
  : [a-z]{2}
+ type room | of: bytes | least: 4K
+ attr verbose | type: bool  | default: no
+ attr size    | type: bytes | default: 4K
+ attr room    | type: room  | default: 4K
+ attr count   | type: number | default: 0
+ attr speed   | type: float | default: 1.5
+ attr color   | type: color | default: red
+ attr rest    | type: rest | default:
+ node server | multiple: no
  + attr name | type: name
  + attr port | type: port
+ node open | + anything
+ node note | + quote
+ node list | + category items
+ category items
  + node item | + attr name | type: text
  + node list | + category items
-
"""


def check(config: str, schema: str = SCHEMA) -> list[str]:
    made = Schema(Node.parse(schema, "x.hsd"))
    assert made.flaws == []
    return [str(finding.refined(config.split("\n"))) for finding in made.check(Node.parse(config, "config"))]


def flaws(schema: str) -> list[str]:
    return list(map(str, Schema(Node.parse(schema, "x.hsd")).flaws))


def test_every_config_takes_what_the_framework_looks_at_or_ignores() -> None:
    assert check("config | generate_xml: yes | ld_verbose: no | ld_bind_now: yes | ld_check_ctors: no\n"
                 "+ ld | + library | rom: libc.lib.so | keep: yes\n-", "schema config\n-") == []
    assert check("config\n+ ld | + library | keep: yes\n-", "schema config\n-") == [
        "config:2:8: 'library' lacks the attribute 'rom'"]
    assert check("config | generate_xml: 7\n-", "schema config\n-") == [
        "config:1:10: attribute 'generate_xml' of 'config' can't be '7', expected yes or no"]
    assert check("runtime | generate_xml: yes\n-", "schema runtime\n-") == [
        "config:1:11: 'runtime' has no attribute 'generate_xml'"]


def test_what_a_schema_mentions_is_clean() -> None:
    assert check("""\
config | verbose: yes | size: 0x4000 | room: 1M | count: 3 | speed: 0.25 | color: blue | rest: ab
+ server web | port: 80
+ open | surprise: yes | + anything | at: all
+ note
  : text
+ list
  + item one
  + list | + list | + item two
-
""") == []


@pytest.mark.parametrize(("config", "finding"), [
    ("config | verbos: yes\n-", "config:1:10: 'config' has no attribute 'verbos'; did you mean 'verbose'?"),
    ("config\n. verbose: a comment\nsize: 4K\nverbose: maybe\n-",
     "config:4:1: attribute 'verbose' of 'config' can't be 'maybe', expected yes or no"),
    ("config | size: -1\n-",
     "config:1:10: attribute 'size' of 'config' can't be '-1', expected a number of bytes such as 16K"),
    ("config | room: 1K\n-",
     "config:1:10: attribute 'room' of 'config' can't be '1K', expected a number of bytes from 4K"),
    ("config | count: 4K\n-", "config:1:10: attribute 'count' of 'config' can't be '4K', expected a number"),
    ("config | speed: fast\n-",
     "config:1:10: attribute 'speed' of 'config' can't be 'fast', expected a number such as 2.5"),
    ("config | color: gren\n-",
     "config:1:10: attribute 'color' of 'config' can't be 'gren', expected red or green or blue; "
     "did you mean 'green'?"),
    ("config | rest: abc\n-",
     "config:1:10: attribute 'rest' of 'config' can't be 'abc', expected a value of the form '[a-z]{2}'"),
    ("config\n+ server web | port: 0\n-",
     "config:2:16: attribute 'port' of 'server' can't be '0', expected a number from 1 to 65535"),
    ("config\n+ server web\n-", "config:2:1: 'server' lacks the attribute 'port'"),
    ("config\n+ server | name: | port: 1\n-",
     "config:2:12: attribute 'name' of 'server' can't be '', expected a text that is not empty"),
    ("config\n+ server a | port: 1\n+ server b | port: 2\n-",
     "config:3:1: 'config' takes one 'server' only; the first is in line 2"),
    ("config\n+ srever | port: 1\n-", "config:2:1: 'config' has no node 'srever'; did you mean 'server'?"),
    ("config\n+ list\n  + list\n    + itm\n-", "config:4:5: 'list' has no node 'itm'; did you mean 'item'?"),
    ("config\n: text\n-", "config:1:1: 'config' takes no text"),
    ('<config>\n  <server name="a"\n          port="x"/>\n</config>',
     "config:3:11: attribute 'port' of 'server' can't be 'x', expected a number from 1 to 65535"),
])
def test_a_deviation_is_found_at_its_place(config: str, finding: str) -> None:
    assert check(config) == [finding]


def test_a_node_that_is_not_optional_is_missed() -> None:
    schema = "schema config\n+ node heart | optional: no\n-"
    assert check("config\n-", schema) == ["config:1:1: 'config' lacks a node 'heart'"]


@pytest.mark.parametrize(("schema", "flaw"), [
    ("config\n-", "x.hsd:1:1: expected a node 'schema', found 'config'"),
    ("schema config\n+ atr a\n-", "x.hsd:2:1: 'schema' has no node 'atr'; did you mean 'attr'?"),
    ("schema config\n+ attr a | typ: text | type: text\n-",
     "x.hsd:2:1: 'attr' has no attribute 'typ'; did you mean 'type'?"),
    ("schema config\n+ attr a | type: numbr\n-", "x.hsd:2:1: there is no type 'numbr'; did you mean 'number'?"),
    ("schema config\n+ attr a | type: bool | default: 7\n-", "x.hsd:2:1: the default '7' of 'a' is not yes or no"),
    ("schema config\n+ attr | type: bool\n-", "x.hsd:2:1: 'attr' lacks its name"),
    ("schema config\n+ node a | + category b\n-", "x.hsd:2:12: there is no category 'b'"),
    ("schema config\n+ type a\n  : (a\n-",
     "x.hsd:2:1: the type 'a' can't be understood: column 3 of the pattern: expected ')', got its end"),
    ("schema config\n+ type a | of: numbre\n-",
     "x.hsd:2:1: the type 'a' has neither a pattern nor 'of' with a known type; did you mean 'number'?"),
    ("schema config\n+ type a | of: number | least: x\n-",
     "x.hsd:2:1: the type 'a' can't be understood: x.hsd:2:1: expected attribute 'least' of 'type' to be a number, "
     "got 'x'"),
])
def test_what_is_wrong_with_a_schema_is_told(schema: str, flaw: str) -> None:
    assert flaws(schema) == [flaw]


def test_categories_that_contain_themselves_or_each_other_many_times_come_to_an_end() -> None:
    doubled = "".join(f"+ category c{n}\n  + category c{n + 1}\n  + category c{n + 1}\n" for n in range(60))
    schema = f"schema config\n+ category c0\n{doubled}+ category c60\n  + category c0\n  + node end\n-\n"
    assert check("config\n+ end\n+ other\n-", schema) == ["config:3:1: 'config' has no node 'other'; known: end"]


def test_categories_may_lead_to_one_another_as_far_as_they_like() -> None:
    chain = "".join(f"+ category c{n} | + category c{n + 1}\n" for n in range(2000))
    assert check("config | + end\n-", f"schema config\n+ category c0\n{chain}+ category c2000 | + node end\n-") == []


WORDS = st.sampled_from(["+ type a", ": a|b", "+ attr b | type: a", "+ node c", "+ category d", "+ quote",
                         "+ anything", "+ attr | type: number", "x: y", "+ type e | of: bytes | least: 1 | most: 0",
                         ". c"])
LINES = st.lists(st.tuples(st.integers(0, 6), WORDS))


@given(LINES, st.lists(st.sampled_from(["+ c", "+ d", "b: a", ": text", "+ e z"])))
def test_any_schema_has_something_to_say_about_any_config(lines: list[tuple[int, str]], config: list[str]) -> None:
    schema = "\n".join(["schema config", *(" " * (2 * depth) + text for depth, text in lines), "-"])
    node = Schema(Node.parse(schema, "x.hsd"))
    for finding in (*node.flaws, *node.check(Node.parse("\n".join(["config", *config, "-"]), "config"))):
        assert finding.path in ("x.hsd", "config") and finding.line > 0
