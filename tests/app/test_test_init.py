"""The driver of init's own test: what it takes for a fulfilled condition, and how it goes through a script.

The init under test is played by a program that obeys this test.
"""

from __future__ import annotations

import pytest
from init.puppet import Puppets

from bastide.app.test_init.condition import holds
from bastide.app.test_init.main import construct as test_init
from bastide.base import Env, Node, Rom, milliseconds
from bastide.driver.timer.main import construct as timer
from bastide.server.report_rom.main import construct as report_rom
from bastide.session.log import LogSession
from bastide.session.report import Reporter

STATE = """state | version: first | quota: 3M
+ child | name: application | id: 1
  + ram | quota: 900K | avail: 2M
  + requested
    + session | name: LOG | state: OK
+ child | name: other | id: 2
-
"""


@pytest.mark.parametrize(("condition", "expected"), [
    ("", True),
    ("+ attribute version | value: first", True),
    ("+ attribute version | value: second", False),
    ("+ attribute version | value:", False),
    ("+ attribute missing | value:", True),
    ("+ attribute missing | value: something", False),
    ("+ attribute quota | higher: 2M", True),
    ("+ attribute quota | higher: 3M", False),
    ("+ attribute quota | lower: 3073K", True),
    ("+ attribute quota | lower: 3M", False),
    ("+ attribute version | lower: 1", True),
    ("+ attribute missing | higher: 0", False),
    ("+ attribute quota | lower: 1 | value: 3M", True),
    ("+ attribute quota", False),
    ("+ node child", True),
    ("+ node parent", False),
    ("+ node child | + attribute name | value: other", True),
    ("+ node child\n  + attribute name | value: other\n  + attribute id | value: 1", False),
    ("+ node child | + node ram | + attribute avail | higher: 1M", True),
    ("+ node child | + node requested | + node session | + attribute state | value: OK", True),
    ("+ not | + node parent", True),
    ("+ not | + node child", False),
    ("+ not\n  + node child\n  + node parent", True),
    ("+ node child\n  + attribute name | value: other\n  + not | + node ram", True),
])
def test_conditions(condition: str, expected: bool) -> None:
    complaints: list[str] = []
    node = Node.parse(f"expect_init_state\n{condition}\n-\n")
    assert holds(node, Node.parse(STATE), complaints.append) is expected
    assert complaints == (["missing condition in <attribute> node"] if condition == "+ attribute quota" else [])


CONFIG = """
+ start timer | + provides | + service Timer
+ start report_rom
  + provides
    + service ROM
    + service Report
  + route | + any-service | + parent
  + config
    + policy | label: init -> config | report: test-init -> init.config
    + policy | label: test-init -> state | report: init -> state
+ start test-init | ram: 2M
  + provides | + service LOG
  + config
{script}
  + route
    + service Timer | + child timer
    + service Report | + child report_rom
    + service ROM | label: state | + child report_rom
    + any-service | + parent
+ start init
  + binary puppet
  + route
    + service LOG | + child test-init
    + service ROM | label: config | + child report_rom
    + service Report | + child report_rom
    + any-service | + parent
"""


class Rehearsal(Puppets):
    def __init__(self, script: str) -> None:
        lines = "".join(f"    {line}\n" for line in script.splitlines())
        programs = {"timer": timer, "report_rom": report_rom, "test-init": test_init}
        super().__init__(CONFIG.format(script=lines), programs)

    @property
    def lines(self) -> list[str]:
        return self.town.lines("init -> test-init")

    @property
    def ended(self) -> bool:
        return 'child "test-init" exited with exit value 0' in self.town.lines("init")

    def log(self, text: str, label: str | None = None) -> None:
        """Let the init under test write `text` just so, for itself or in another session."""
        def act(env: Env) -> None:
            if label is None:
                env.log(text)
            else:
                with LogSession.connect(env, label) as session:
                    session.write(text)
        self.tell("init", act)


def test_a_script_of_nothing_ends_at_once() -> None:
    with Rehearsal("+ nop\n+ message | string: all is well\n") as test:
        assert test.lines == ["step 0 (nop)", "step 1 (message)", "", "--- all is well ---"]
        assert test.ended


def test_a_config_is_given_to_the_init_under_test_before_it_can_answer() -> None:
    with Rehearsal("+ init_config | version: 7\n  + start one | + config | + log | string: hi\n  + report\n"
                   "+ expect_log | string: [init] ready\n") as test:
        assert test.tell("init", lambda env: Rom(env, "config").node) == Node.parse(
            "config | version: 7\n+ start one | + config | + log | string: hi\n+ report\n-")
        assert test.lines[-1] == "step 1 (expect_log)" and not test.ended
        test.log("ready")
        assert test.ended


def test_a_config_without_version_has_none() -> None:
    with Rehearsal("+ init_config | + report\n+ sleep | ms: 1000\n") as test:
        assert test.tell("init", lambda env: Rom(env, "config").node) == Node.parse("config\n+ report\n-")


def test_log_messages_are_awaited_in_order_and_compared_as_a_whole() -> None:
    script = "+ expect_log | string: [init] one\n+ expect_warning | string: [init -> child] Warning: two\n"
    with Rehearsal(script) as test:
        for text, label in (("one more", None), ("Warning: two", "child"), ("one", None), ("one", None),
                            ("Warning: two", "child"), ("late", None)):
            test.log(text, label)
        assert test.lines == [
            "step 0 (expect_log)", "[init] one more (ignored)", "[init -> child] Warning: two (ignored)",
            "[init] one (expected)", "step 1 (expect_warning)", "[init] one (ignored)",
            "[init -> child] Warning: two (expected)"]
        assert test.ended


def test_colors_and_line_ends_do_not_count() -> None:
    script = "+ expect_log | string: [init -> a] Warning: blue\n+ expect_log | string: [init -> a] plain\n"
    with Rehearsal(script) as test:
        test.log("\x1b[34mWarning: blue\x1b[0m\n", "a")
        test.log("plain\n", "a")
        assert test.ended


def test_a_state_is_awaited_and_a_mismatch_is_shown() -> None:
    with Rehearsal("+ expect_init_state\n  + attribute version | value: 2\n") as test:
        def report(version: int) -> None:
            test.tell("init", lambda env: reporters[0].generate(Node.parse(f"state | version: {version}\n-")))

        reporters = [test.tell("init", lambda env: Reporter(env, "state"))]
        report(1)
        assert test.lines[-6:] == [
            "step 0 (expect_init_state)", "Warning: init state does not match: state | version: 1", "-",
            "Warning: expected condition: expect_init_state", "+ attribute version | value: 2", "-"]
        assert not test.ended
        report(2)
        assert test.ended


def test_a_pause_lasts_as_long_as_it_says_however_often_the_state_changes() -> None:
    with Rehearsal("+ sleep\n+ sleep | ms: 100\n") as test:
        reporter = test.tell("init", lambda env: Reporter(env, "state"))
        for _ in range(3):
            test.tell("init", lambda env: reporter.generate(Node("state")))
        assert test.lines == ["step 0 (sleep)"] * 4
        test.town.machine.advance(milliseconds(240))
        assert not test.ended and len(test.lines) == 4
        test.town.machine.advance(milliseconds(90))
        assert not test.ended and test.lines[4:] == ["step 1 (sleep)"]
        test.town.machine.advance(milliseconds(30))
        assert test.ended


def test_an_unknown_step_ends_the_test_without_success() -> None:
    with Rehearsal("+ juggle | balls: 3\n") as test:
        assert test.lines[1] == "Error: unexpected step: juggle | balls: 3"
        assert 'child "test-init" exited with exit value 1' in test.town.lines("init")
