"""Labels and the policy that a server applies to them."""

from __future__ import annotations

import pytest

from bastide.base.label import Label, select_policy
from bastide.base.node import Node


def _selected(config: str, label: str) -> str:
    policy = select_policy(Node.parse(f"config\n{config}\n-\n"), label)
    return "none" if policy is None else policy.attribute("is", "")


def test_a_label_knows_its_parts() -> None:
    label = Label("init -> shell -> terminal")
    assert label.last_element == "terminal"
    assert label.prefix == "init -> shell"
    assert label.prefix.prefix.prefix == ""
    assert Label("init").last_element == "init"
    assert Label("init -> ").last_element == ""


@pytest.mark.parametrize(("label", "policy"), [
    ("init -> shell -> log", "exact"), ("init -> shell -> rom", "long prefix"), ("init -> other -> rom", "prefix"),
    ("core -> log", "suffix"), ("core", "default")])
def test_the_most_specific_policy_wins(label: str, policy: str) -> None:
    assert _selected("""
+ default-policy | is: default
+ policy | label_suffix: log | is: suffix
+ policy | label_prefix: init -> | is: prefix
+ policy | label_prefix: init -> shell -> | is: long prefix
+ policy | label: init -> shell -> log | is: exact""", label) == policy


def test_a_longer_suffix_decides_between_equal_prefixes() -> None:
    assert _selected("""
+ policy | label_prefix: a | label_suffix: m | is: short
+ policy | label_prefix: a | label_suffix: rom | is: long""", "a -> rom") == "long"


def test_a_longer_prefix_beats_a_longer_suffix() -> None:
    assert _selected("""
+ policy | label_prefix: a | label_suffix: -> rom | is: suffix
+ policy | label_prefix: a -> | is: prefix""", "a -> rom") == "prefix"


def test_the_first_of_equal_policies_wins() -> None:
    assert _selected("+ policy | label: a | is: first\n+ policy | label: a | is: second", "a") == "first"


@pytest.mark.parametrize("conflict", ["label: b", "label_prefix: b", "label_suffix: b"])
def test_a_policy_with_one_conflict_is_out_whatever_else_fits(conflict: str) -> None:
    fitting = " | ".join(f"{key}: a" for key in ("label", "label_prefix", "label_suffix") if key not in conflict[:-3])
    assert _selected(f"+ policy | {fitting} | {conflict} | is: bad\n+ policy | label_prefix: | is: good", "a") == "good"


def test_a_policy_without_any_criterion_never_fits() -> None:
    assert _selected("+ policy | is: bad", "a") == "none"
    assert _selected("+ policy | is: bad", "") == "none"


def test_an_empty_prefix_or_suffix_fits_every_label() -> None:
    assert _selected("+ policy | label_prefix: | is: all", "a") == "all"
    assert _selected("+ policy | label_suffix: | is: all", "") == "all"


def test_an_empty_label_fits_the_empty_label_alone() -> None:
    assert _selected("+ policy | label: | is: empty", "  ") == "empty"
    assert _selected("+ policy | label: | is: empty", "a") == "none"


def test_blanks_around_label_and_criteria_do_not_count() -> None:
    assert _selected("+ policy | label: shell -> | is: trimmed", "shell -> ") == "trimmed"
    config = Node.parse('<config><policy label_prefix=" a " is="trimmed"/></config>')
    assert select_policy(config, " ab") is config.children[0]


def test_without_any_policy_there_is_none() -> None:
    assert select_policy(Node("config"), "a") is None
