"""The rules by which a scenario succeeds or fails, one by one, and the judge against a simple definition of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.node import Node
from bastide.tool.criteria import Criteria, Criterion, Judge, Outcome, Verdict, fragments

LIMIT = "+ fail | after_seconds: 20\n"


def criteria(text: str) -> Criteria:
    return Criteria.parse(Node.parse(f"runtime\n{text}-\n", "runtime"))


def judge(text: str, prefix: str = "init") -> Judge:
    return Judge(criteria(text), prefix)


def outcome(verdict: Verdict | None) -> tuple[str, str] | None:
    return None if verdict is None else (verdict.outcome.value, verdict.reason)


class TestWhichCriteriaAreValid:
    def test_one_time_limit_beside_other_criteria_is_valid(self) -> None:
        assert criteria("+ succeed\n  : done\n+ fail | after_seconds: 7\n").problem == ""

    def test_the_time_limit_can_be_a_success(self) -> None:
        assert outcome(judge("+ succeed | after_seconds: 3\n").deadline()) == ("ok", "timeout 3 sec")

    def test_without_a_time_limit_the_scenario_is_invalid(self) -> None:
        verdict = judge("+ succeed\n  : done\n").line("init", "done")
        assert verdict == Verdict(Outcome.INVALID, "runtime:2:1: no criterion has a time limit, so that the scenario "
                                                   "might never end: add 'fail | after_seconds: 20'")

    def test_two_time_limits_are_invalid(self) -> None:
        found = judge("+ succeed | after_seconds: 3\n" + LIMIT)
        assert found.verdict == Verdict(
            Outcome.INVALID, "runtime:3:1: 'fail' is the second criterion with 'after_seconds' (the first is at "
                             "runtime:2:1): exactly one can be the time limit")

    @pytest.mark.parametrize(("text", "problem"), [
        ("+ fail | after_seconds: soon\n",
         "runtime:2:1: after_seconds: 'soon' is no number of seconds between 0 and 1000000"),
        ("+ fail | after_seconds: nan\n",
         "runtime:2:1: after_seconds: 'nan' is no number of seconds between 0 and 1000000"),
        ("+ fail | after_seconds: 0\n",
         "runtime:2:1: after_seconds: '0' is no number of seconds between 0 and 1000000"),
        ("+ succeed | exit: fine\n" + LIMIT, "runtime:2:1: exit: 'fine' is no integer"),
        ("+ succeed\n" + LIMIT,
         "runtime:2:1: 'succeed' lacks 'after_seconds', 'exit' and a text: it says nothing"),
        ("+ succeed | exits: 0\n" + LIMIT,
         "runtime:2:1: 'succeed' has no attribute 'exits', only 'after_seconds' and 'exit'"),
        ("+ succeed | exit: 0 | after_seconds: 20\n",
         "runtime:2:1: 'succeed' has both 'after_seconds' and 'exit': split it into two nodes"),
    ])
    def test_a_criterion_that_cannot_be_meant_is_explained(self, text: str, problem: str) -> None:
        assert judge(text).verdict == Verdict(Outcome.INVALID, problem)

    def test_the_deadline_is_that_of_the_timed_criterion(self) -> None:
        assert criteria("+ succeed\n  : x\n+ fail | after_seconds: 2.5\n").deadline == 2.5
        assert criteria("").deadline is None


class TestWithoutCriteria:
    def test_nothing_but_an_exit_ends_the_scenario(self) -> None:
        free = judge("")
        assert free.line("init -> a", "Error: whatever") is None
        assert free.deadline() is None
        assert free.log_ended() is None
        assert outcome(free.exited(0)) == ("ok", "exit")

    def test_a_failing_exit_value_is_a_failure(self) -> None:
        assert judge("").exited(3) == Verdict(Outcome.FAILED, "exit", "exit value 3")


class TestTimedCriteria:
    def test_the_text_of_a_timed_criterion_is_ignored(self) -> None:
        timed = judge("+ fail | after_seconds: 20\n  : never\n+ succeed\n  : done\n")
        assert timed.line("init", "never") is None
        assert outcome(timed.line("init", "done")) == ("ok", "log")

    def test_the_deadline_tells_what_was_missing(self) -> None:
        late = judge("+ succeed\n  : one\n  : *two\n" + LIMIT)
        late.line("init", "one")
        assert late.deadline() == Verdict(
            Outcome.FAILED, "timeout 20 sec", "the log lacks a line with 'two' (part 2 of 2 of the pattern)")

    def test_a_success_by_survival_needs_a_survivor(self) -> None:
        dead = judge("+ succeed | after_seconds: 3\n+ fail | exit: 0\n  : gone\n")
        assert dead.exited(0) is None
        assert outcome(dead.deadline()) == ("failed", "timeout 3 sec")


class TestExit:
    def test_the_mentioned_exit_value_decides(self) -> None:
        assert outcome(judge("+ succeed | exit: 0\n" + LIMIT).exited(0)) == ("ok", "exit")
        assert outcome(judge("+ fail | exit: -1\n+ succeed | exit: 0\n" + LIMIT).exited(-1)) == ("failed", "exit")

    def test_an_exit_value_that_nobody_mentions_is_a_failure(self) -> None:
        assert judge("+ succeed | exit: 0\n" + LIMIT).exited(1) == Verdict(
            Outcome.FAILED, "exit", "no criterion mentions the exit value 1")

    def test_an_exit_is_a_failure_if_only_text_is_expected(self) -> None:
        assert outcome(judge("+ succeed\n  : done\n" + LIMIT).exited(0)) == ("failed", "exit")

    def test_exit_and_text_in_one_node_must_both_hold(self) -> None:
        both = judge("+ succeed | exit: 0\n  : done\n" + LIMIT)
        assert both.line("init", "done") is None
        assert outcome(both.exited(0)) == ("ok", "exit")

    def test_text_that_arrives_behind_the_exit_still_counts(self) -> None:
        both = judge("+ succeed | exit: 0\n  : done\n" + LIMIT)
        assert both.exited(0) is None
        assert outcome(both.line("init", "done")) == ("ok", "exit")

    def test_the_end_of_the_log_ends_the_wait_for_text(self) -> None:
        both = judge("+ succeed | exit: 0\n  : done\n" + LIMIT)
        both.exited(0)
        assert both.log_ended() == Verdict(
            Outcome.FAILED, "exit", "the log lacks a line that begins with 'done' (part 1 of 1 of the pattern)")

    def test_a_text_alone_cannot_be_fulfilled_after_the_exit(self) -> None:
        mixed = judge("+ fail\n  : late\n+ succeed | exit: 0\n  : done\n" + LIMIT)
        mixed.exited(0)
        assert mixed.line("init", "late") is None


class TestPatterns:
    @pytest.mark.parametrize(("pattern", "log", "found"), [
        ("done", "done", True),
        ("done", "done and more", True),
        ("done", "not done", False),
        ("*done", "not done", True),
        ("  \tdone \t", "done", True),
        ("done", "  done", False),
        ("a*c", "a b c", True),
        ("a*c", "a\nb\nc", True),
        ("*a*", "bab", True),
        ("a\nb", "a\nx\nb", True),
        ("a\nb", "ab", False),
        ("a\nb", "b\na", False),
        ("a\n\n  \nb", "a\nb", True),
        ("a\n*b", "ab", True),
        ("aa*a", "aa", False),
        ("*", "x", True),
        ("*Error:", "\x1b[31mError: no route\x1b[0m", True),
        ("Error:", "\x1b[31mError: no route\x1b[0m", False),
    ])
    def test_fragments_are_searched_one_after_the_other(self, pattern: str, log: str, found: bool) -> None:
        text = "".join(f"  : {line}\n" for line in pattern.split("\n"))
        one = judge(f"+ succeed\n{text}{LIMIT}")
        for line in log.split("\n"):
            one.line("init", line)
        assert (one.verdict is not None) is found

    def test_the_first_fulfilled_criterion_decides(self) -> None:
        both = "+ fail\n  : *Error:\n+ succeed\n  : done\n" + LIMIT
        assert outcome(judge(both).line("init", "done, Error: behind")) == ("failed", "log")
        assert outcome(judge(both).line("init", "done\nError: behind")) == ("ok", "log")

    def test_what_follows_the_verdict_is_dropped(self) -> None:
        one = judge("+ succeed\n  : done\n+ fail\n  : *Error:\n" + LIMIT)
        first = one.line("init", "done")
        assert first == one.line("init", "Error: late") == one.exited(1) == one.deadline() == one.log_ended()

    def test_a_message_of_several_lines_is_taken_apart(self) -> None:
        assert outcome(judge("+ succeed\n  : [a] two\n" + LIMIT).line("init -> a", "one\ntwo\n")) == ("ok", "log")


class TestLabels:
    def test_the_prefix_of_the_run_is_removed(self) -> None:
        assert outcome(judge("+ succeed\n  : [a -> b] hi\n" + LIMIT).line("init -> a -> b", "hi")) == ("ok", "log")

    def test_the_top_component_has_no_brackets(self) -> None:
        assert outcome(judge("+ succeed\n  : hi\n" + LIMIT).line("init", "hi")) == ("ok", "log")

    def test_the_prefix_may_have_several_elements_and_an_arrow(self) -> None:
        nested = judge("+ succeed\n  : [a] hi\n" + LIMIT, prefix="init -> test -> ")
        assert outcome(nested.line("init -> test -> a", "hi")) == ("ok", "log")

    def test_others_do_not_count(self) -> None:
        one = judge("+ succeed\n  : *hi\n" + LIMIT, prefix="init -> test")
        assert one.line("init -> tester", "hi") is one.line("init", "hi") is one.line("", "hi") is None

    def test_a_label_cannot_forge_another_ones_line(self) -> None:
        one = judge("+ succeed\n  : *[good] hi\n" + LIMIT)
        assert one.line("init -> evil\n[good] hi", "") is None
        assert one.line("init -> evil -> [good] hi", "") is None


WORDS = st.text(alphabet="ab* \n", max_size=8)


@given(WORDS, st.lists(st.text(alphabet="ab \x1b", max_size=6), max_size=8))
def test_the_judge_finds_exactly_what_a_regular_expression_over_the_whole_log_finds(
        pattern: str, log: list[str]) -> None:
    wanted = fragments(pattern)
    expression = r"[\s\S]*?".join(("^" if part.begins_line else "") + re.escape(part.text) for part in wanted)
    expected = re.search(expression, "\n".join(log), re.MULTILINE) is not None
    one = Judge(Criteria((Criterion(Outcome.OK, pattern=wanted), Criterion(Outcome.FAILED, seconds=1))))
    for line in log:
        one.line("init", line)
    assert outcome(one.verdict) == (("ok", "log") if expected and log else None)


@given(WORDS)
def test_a_pattern_is_the_texts_between_its_asterisks(pattern: str) -> None:
    lines = [line.strip(" \t") for line in pattern.split("\n")]
    assert [part.text for part in fragments(pattern)] == [text for line in lines for text in line.split("*") if text]


def test_a_long_log_costs_each_line_once() -> None:
    class CountedLine(str):
        searched = 0

        def find(self, *arguments: object) -> int:
            CountedLine.searched += 1
            return -1

    one = judge("+ succeed\n  : *never\n" + LIMIT)
    for _ in range(100):
        one._searches[0][1].feed(CountedLine("x"))
    assert CountedLine.searched == 100
