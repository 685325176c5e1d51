"""Places in a config: start nodes at every depth, and what refusals say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.tool.web.places import Finding, findings, start_nodes

XML = """<config>
  <start name="a">
    <config/>
  </start>
  <start name="b"/>
</config>
"""


def test_start_nodes_are_found_in_both_syntaxes_and_below_the_given_label() -> None:
    places = start_nodes(XML, "init -> town")
    assert (places["init -> town -> a"], places["init -> town -> b"][0]) == ((2, 4), 5)


@pytest.mark.parametrize("text", ["", "config", "config\n+ start\n-", "<config>", "config\n+ start x\n  + config\n-"])
def test_a_config_that_is_none_or_has_no_names_has_no_harm_in_it(text: str) -> None:
    assert set(start_nodes(text, "init")) <= {"init", "init -> x"}


def test_a_refusal_is_taken_apart() -> None:
    assert findings("config:3:7: a\nconfig:4: b\nc: config:1:1: d") == [
        Finding(3, 7, "a"), Finding(4, 1, "b"), Finding(0, 0, "c: config:1:1: d")]


@settings(max_examples=50)
@given(st.text())
def test_any_text_has_findings_and_places(text: str) -> None:
    assert len(findings(text)) == len(text.splitlines())
    start_nodes(text, "init")
