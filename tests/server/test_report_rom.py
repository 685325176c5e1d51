"""report_rom: who writes, who reads, and what they see of each other."""

from __future__ import annotations

from typing import Any

from init.puppet import Puppets

from bastide.base import Bytes, Env, Node, OutOfRam, Rom, SessionDenied, SignalHandler
from bastide.server.report_rom.main import construct as report_rom
from bastide.session.report import ReportArgs, Reporter, ReportSession

POLICIES = "+ policy | label_prefix: reader | report: writer -> weather"

CHILDREN = """
+ start report_rom | ram: 4M
  + provides
    + service Report
    + service ROM
  + config | verbose: {verbose}
    {policies}
"""

ROUTES = """
  + route
    + service ROM | label_prefix: r | + child report_rom
    + service Report | + child report_rom
    + any-service | + parent
"""


def config(policies: str = POLICIES, verbose: str = "no",
           names: tuple[str, ...] = ("writer", "reader", "reader-2")) -> str:
    actors = "".join(f"+ start {name} | ram: 4M\n  + binary puppet\n{ROUTES}" for name in names)
    return CHILDREN.format(policies=policies, verbose=verbose) + actors


class Stage(Puppets):
    """Children that report and read, as the test tells them."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or config(), {"report_rom": report_rom})
        self.things: dict[str, Any] = {}

    def report(self, content: bytes, name: str = "writer", label: str = "weather") -> None:
        def act(env: Env) -> None:
            if name not in self.things:
                self.things[name] = Reporter(env, label)
            assert self.things[name].submit(content)
        self.tell(name, act)

    def open(self, name: str = "reader", label: str = "rain") -> Any:
        """Open a ROM and log its text now and at each signal."""
        def act(env: Env) -> None:
            rom = Rom(env, label)

            def look() -> None:
                rom.update()
                env.log(f"sees {rom.text.decode()!r}")

            env.log(f"finds {rom.text.decode()!r}")
            self.things[name] = rom, (handler := SignalHandler(env, look))
            rom.sigh(handler.cap)
        return self.tell(name, act)

    def text(self, name: str = "reader") -> Any:
        """What a reader reads when it looks again."""
        def act(env: Env) -> str:
            rom = self.things[name][0]
            rom.update()
            text: str = rom.text.decode()
            return text
        return self.tell(name, act)

    def close(self, name: str) -> None:
        def act(env: Env) -> None:
            thing = self.things.pop(name)
            (thing[0] if isinstance(thing, tuple) else thing).close()
        self.tell(name, act)

    def lines(self, name: str) -> list[str]:
        return self.town.lines(f"init -> {name}")


def test_a_reader_sees_what_was_reported_and_each_change() -> None:
    with Stage() as stage:
        stage.report(b"sun")
        stage.open()
        for content in (b"rain and more", b"fog"):
            stage.report(content)
        assert stage.lines("reader") == ["finds 'sun'", "sees 'rain and more'", "sees 'fog'"]
        assert stage.town.trouble == []


def test_a_module_can_be_opened_before_the_first_report() -> None:
    with Stage() as stage:
        stage.open()
        stage.report(b"sun")
        assert stage.lines("reader") == ["finds ''", "sees 'sun'"]


def test_the_same_report_again_is_told_again() -> None:
    with Stage() as stage:
        stage.open()
        stage.report(b"sun")
        stage.report(b"sun")
        assert stage.lines("reader") == ["finds ''", "sees 'sun'", "sees 'sun'"]


def test_a_reader_that_listens_late_is_told_of_what_it_missed() -> None:
    with Stage() as stage:
        stage.report(b"sun")

        def act(env: Env) -> Any:
            rom = Rom(env, "rain")
            return rom, SignalHandler(env, lambda: env.log("told"))

        rom, handler = stage.tell("reader", act)
        stage.tell("reader", lambda env: rom.sigh(handler.cap))
        assert stage.lines("reader") == []
        stage.report(b"fog")
        stage.tell("reader", lambda env: rom.sigh(handler.cap))
        assert stage.lines("reader") == ["told"] * 2


def test_reports_that_outgrow_the_memory_of_their_readers_arrive_whole() -> None:
    with Stage() as stage:
        stage.open()
        for size in (10, 4095, 4096, 4097, 70_000, 3):
            stage.report(b"x" * size)
            assert stage.text() == "x" * size


def test_what_a_reader_has_stays_when_the_writer_leaves_and_nobody_is_told() -> None:
    with Stage() as stage:
        stage.report(b"sun")
        stage.open()
        stage.close("writer")
        assert stage.lines("reader") == ["finds 'sun'"]
        assert bytes(stage.things["reader"][0].content[:4]) == b"sun\0"
        assert stage.text() == ""
        stage.open("reader-2")
        assert stage.lines("reader-2") == ["finds ''"]
        stage.report(b"fog")
        assert stage.lines("reader")[1:] == ["sees 'fog'"]


def test_a_report_has_one_writer() -> None:
    with Stage() as stage:
        stage.report(b"sun")
        error = stage.tell("writer", lambda env: ReportSession.connect(env, "weather"))
        assert isinstance(error, SessionDenied)
        denials = "".join(stage.lines("report_rom"))
        assert ("Report session denied: the report 'writer -> weather' has a writer already; it would have to close its"
                " session first") in denials
        stage.close("writer")
        stage.report(b"fog")


def test_a_reader_without_policy_is_denied_and_told() -> None:
    with Stage(config(policies="")) as stage:
        assert isinstance(stage.open(), SessionDenied)
        assert stage.lines("report_rom") == [
            "Warning: ROM session denied: no valid policy for ROM request 'reader -> rain'"]


def test_a_policy_without_report_is_denied_with_its_place() -> None:
    with Stage(config(policies="+ policy | label_prefix: reader")) as stage:
        assert isinstance(stage.open(), SessionDenied)
        assert "config:2:1: expected attribute 'report' of 'policy', which is missing" in stage.lines("report_rom")[0]


def test_policies_count_from_the_next_session_on() -> None:
    with Stage() as stage:
        stage.report(b"sun")
        stage.open()
        stage.apply(config(policies="+ policy | label: reader-2 -> rain | report: writer -> weather"))
        stage.report(b"fog")
        assert stage.lines("reader") == ["finds 'sun'", "sees 'fog'"]
        stage.close("reader")
        assert isinstance(stage.open(), SessionDenied)
        stage.open("reader-2")
        assert stage.lines("reader-2") == ["finds 'fog'"]


def test_a_buffer_of_no_size_is_denied() -> None:
    with Stage() as stage:
        error = stage.tell("writer", lambda env: ReportSession.connect(env, "weather", ReportArgs(Bytes(0))))
        assert isinstance(error, SessionDenied)
        assert "comes with buffer_size=0" in stage.lines("report_rom")[0]


def test_a_writer_can_submit_no_more_than_its_buffer() -> None:
    def act(env: Env) -> object:
        session = ReportSession.connect(env, "weather")
        for length in (1 << 40, 4097, -1):
            session.submit(length)
            env.log(session.obtain_response())
        session.submit(1 << 40)
        return session

    with Stage() as stage:
        stage.tell("writer", act)
        stage.open()
        assert stage.lines("writer") == ["0"] * 3
        assert len(stage.things["reader"][0].content) == 8192 and stage.text() == ""
        assert stage.town.trouble == []


def test_verbose_writes_reports_to_the_log() -> None:
    with Stage(config(verbose="yes")) as stage:
        stage.report(str(Node.parse("weather | rain: no\n+ wind | from: north\n-")).encode())
        assert stage.lines("report_rom") == ["report 'writer -> weather'", "  weather | rain: no",
                                             "  + wind | from: north", "  -"]


def test_budgets_return_when_clients_go() -> None:
    with Stage() as stage:
        stage.apply("")
        before = stage.town.init_has
        for _ in range(3):
            stage.apply(config())
            stage.things.clear()
            stage.report(b"x" * 50_000)
            stage.open()
            stage.open("reader-2")
            stage.apply(config(names=("writer",)))
            stage.apply(config(names=()))
            stage.apply("")
        assert stage.town.init_has == before
        assert stage.town.trouble == []


def test_a_report_that_is_larger_than_what_readers_can_pay_stays_with_those_who_can() -> None:
    with Stage(config().replace("start reader-2 | ram: 4M", "start reader-2 | ram: 300K")) as stage:
        stage.open()
        stage.open("reader-2")
        stage.report(b"x" * 500_000)
        assert stage.text() == "x" * 500_000
        assert isinstance(stage.text("reader-2"), OutOfRam)
        stage.report(b"small")
        assert (stage.text(), stage.text("reader-2")) == ("small", "small")


