"""The client of Report, against a server that keeps all that it is told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import Bytes, DataspaceCap, Env, Node, NotYet, RamDataspace, Root, SessionRequest, SignalCap
from bastide.session.report import BackgroundReporter, ReportArgs, Reporter, ReportSession

CONFIG = PARENT_PROVIDES + ROUTE + """
+ start board | + provides | + service Report
+ start writer
"""


class Board(ReportSession):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        self._env, self._label = env, request.label
        size = request.args(ReportArgs).buffer_size
        env.log(f"open {request.label} with {size}")
        self._buffer = RamDataspace(request.account, size)

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def submit(self, length: int) -> None:
        self._env.log(bytes(self._buffer.view[:length]).decode().partition("\n")[0][:40], length)

    def response_sigh(self, context: SignalCap | None) -> None: ...

    def obtain_response(self) -> int:
        return 0

    def close(self) -> None:
        self._env.log("close")


def board(env: Env) -> object:
    return ReportSession.announce(env, lambda request: Board(env, request))


def town(writer: Callable[[Env], object], config: str = CONFIG) -> Town:
    return Town({"board": board, "writer": writer}, config)


def test_a_report_is_a_node_as_text() -> None:
    def writer(env: Env) -> object:
        reporter = Reporter(env, "weather")
        env.log(reporter.generate(Node.parse("weather | rain: no\n-")))
        reporter.generate(Node.parse("weather | rain: yes\n-"))
        return reporter

    with town(writer) as system:
        system.run()
        assert system.lines("init -> writer") == ["True"]
        assert system.lines("init -> board") == ["open writer -> weather with 4K", "weather | rain: no 21",
                                                 "weather | rain: yes 22"]
        assert system.trouble == []


def test_a_component_writes_xml_while_its_config_says_so() -> None:
    def writer(env: Env) -> object:
        reporter, report = Reporter(env, "weather"), Node.parse("weather | rain: no\n-")
        reporter.generate(report)       # it did not look at its config yet
        env.config.watch(lambda config: reporter.generate(report))
        return reporter

    configs = [CONFIG + f"  + config | generate_xml: {choice}\n" for choice in ("yes", "perhaps", "on")]
    with Puppets(configs[0], {"board": board, "writer": writer}) as puppets:
        for config in configs[1:]:
            puppets.apply(config)
        written = [line.rpartition(" ")[0] for line in puppets.town.lines("init -> board")[1:]]
        assert written == ["weather | rain: no", '<weather rain="no"/>', "weather | rain: no", '<weather rain="no"/>']


def test_nothing_is_opened_before_the_first_report() -> None:
    with town(lambda env: Reporter(env, "weather")) as system:
        system.run()
        assert system.lines("init -> board") == []


def test_the_buffer_grows_with_the_report_and_stays_so() -> None:
    def writer(env: Env) -> object:
        reporter = Reporter(env, "weather")
        for length in (100, 5000, 100, 8193):
            reporter.submit(b"x" * length)
        return reporter

    with town(writer) as system:
        system.run()
        lines = system.lines("init -> board")
        assert [line.rpartition(" ")[2] for line in lines if line[0] == "x"] == ["100", "5000", "100", "8193"]
        assert [line for line in lines if line[0] != "x"] == [
            f"open writer -> weather with {size}" if size else "close" for size in ("4K", None, "8K", None, "12K")]
        assert system.trouble == []


def test_a_report_that_nobody_can_pay_is_told_once_and_smaller_ones_go_on() -> None:
    def writer(env: Env) -> object:
        reporter = Reporter(env, "weather")
        reporter.submit(b"")
        reporter.close()
        before = env.account.ram.avail, env.account.caps.avail
        for length in (100, 4 << 20, 4 << 20, 10, 4 << 20):
            env.log(reporter.submit(b"x" * length))
        reporter.close()
        env.log("all returned" if (env.account.ram.avail, env.account.caps.avail) == before else "something is missing")
        return reporter

    with town(writer) as system:
        system.run()
        lines = system.lines("init -> writer")
        errors = [line for line in lines if line.startswith("Error")]
        assert len(errors) == 2
        assert errors[0].startswith("Error: report 'weather' of 4194304 bytes was not published: 8202K needed, ")
        assert [line for line in lines if line not in errors] == ["True", "False", "False", "True", "False",
                                                                  "all returned"]


def test_a_report_to_nobody_is_told_with_the_rule_that_refused_it() -> None:
    def writer(env: Env) -> object:
        reporter = Reporter(env, "weather")
        env.log(reporter.submit(b"x"))
        return reporter

    with town(writer, PARENT_PROVIDES + ROUTE + "+ start writer\n") as system:
        system.run()
        lines = " ".join(system.lines("init -> writer"))
        assert "Error: report 'weather' of 1 bytes was not published: " in lines and '"Report"' in lines
        assert lines.endswith(" False")


@pytest.mark.parametrize(("failure", "outcomes", "reason"), [
    ("frees", "True False True", "2 bytes was not published: the dataspace can't be written at 0: its owner freed it"),
    ("raises", "False True True", "1 bytes was not published: object 5 of 'init -> board' failed to serve the call"),
])
def test_a_server_that_fails_costs_a_report_and_the_next_one_opens_another_session(
        failure: str, outcomes: str, reason: str) -> None:
    sessions = count()

    class Failing(Board):
        def submit(self, length: int) -> None:
            super().submit(length)
            if failure == "raises":
                raise ValueError("no more")
            self._buffer.close()

    def server(env: Env) -> object:
        return ReportSession.announce(env, lambda request: (Board if next(sessions) else Failing)(env, request))

    def writer(env: Env) -> object:
        reporter = Reporter(env, "weather")
        env.log(*[reporter.submit(b"x" * length) for length in (1, 2, 3)])
        return reporter

    with Town({"board": server, "writer": writer}, CONFIG) as system:
        system.run()
        complaint, told = system.lines("init -> writer")
        assert complaint.startswith(f"Error: report 'weather' of {reason}") and told == outcomes
        lines = [line.split()[0] for line in system.lines("init -> board")]
        assert [line for line in lines if line in ("open", "close")] == ["open", "close", "open"]
        assert lines[-1] == "xxx"


def test_the_donation_covers_the_buffer_and_a_copy() -> None:
    assert ReportArgs(Bytes(5000)).ram == 16384


def test_who_reports_in_the_background_waits_for_nobody_and_the_newest_report_counts() -> None:
    ready: list[Root[ReportSession]] = []

    def hesitant(env: Env) -> object:
        def create(request: SessionRequest) -> ReportSession:
            if len(ready) < 2:
                raise NotYet
            return Board(env, request)

        ready.append(ReportSession.announce(env, create))
        return ready

    def writer(env: Env) -> object:
        reporter = BackgroundReporter(env, "weather")
        for number in range(3):
            reporter.generate(Node("weather", {"day": str(number)}))
        env.log("goes on")
        return reporter

    with Town({"board": hesitant, "writer": writer}, CONFIG) as system:
        system.run()
        assert system.lines("init -> writer") == ["goes on"] and system.lines("init -> board") == []
        ready.append(ready[0])
        ready[0].retry()
        system.run()
        assert system.lines("init -> board")[1:] == ["weather | day: 2 19"]
        assert system.trouble == []
