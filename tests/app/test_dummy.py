"""dummy: each command of its config does what it says, and is told in the log."""

from __future__ import annotations

from init.puppet import Puppets

from bastide.app.dummy.main import construct as dummy
from bastide.base import milliseconds
from bastide.driver.timer.main import construct as timer

TIMER = "+ start timer | + provides | + service Timer\n"


class Dummies(Puppets):
    def __init__(self) -> None:
        super().__init__("", {"dummy": dummy, "timer": timer})
        self._configs: dict[str, str] = {}

    def give(self, name: str, config: str, more: str = "| ram: 4M") -> list[str]:
        """Give a dummy its config; the lines it logged since the last time."""
        lines = "".join(f"    {line}\n" for line in config.splitlines()[1:])
        self._configs[name] = f"+ start {name} {more}\n  + binary dummy\n  + {config.splitlines()[0]}\n{lines}"
        before = len(self.town.lines(f"init -> {name}"))
        self.apply(TIMER + "".join(self._configs.values()))
        return self.town.lines(f"init -> {name}")[before:]


def test_commands_are_carried_out_at_start_and_at_each_new_version() -> None:
    with Dummies() as dummies:
        assert dummies.give("child", "config\n+ log | string: one") == ["one"]
        assert dummies.give("child", "config\n+ log | string: two") == []
        assert dummies.give("child", "config | version: A\n+ log | string: three") == ["config 2: A", "three"]
        assert dummies.give("child", "config | version: A\n+ log | string: four") == []
        assert dummies.give("child", "config\n+ log | string: five") == ["five"]
        assert dummies.give("child", "config | version: B\n") == ["config 4: B"]


def test_unknown_commands_are_ignored_and_long_texts_are_cut() -> None:
    with Dummies() as dummies:
        text = "0123456789" * 6
        assert dummies.give("child", f"config | version: {text}\n+ juggle\n+ log | string: {text}") == [
            f"config 1: {text[:49]}", text[:49]]


def test_memory_is_consumed_and_released_before_more_is_consumed() -> None:
    with Dummies() as dummies:
        assert dummies.give("child", "config\n+ consume_ram | amount: 2M") == ["consume 2M bytes of memory"]
        assert dummies.give("child", "config | version: 2\n+ consume_ram | amount: 1536K") == [
            "config 2: 2", "release 2M bytes of memory", "consume 1536K bytes of memory"]


def test_capabilities_are_consumed_up_to_a_hundred() -> None:
    with Dummies() as dummies:
        assert dummies.give("child", "config\n+ consume_caps | amount: 500", "| caps: 250") == ["consume 100 caps"]
        assert dummies.give("child", "config | version: 2\n+ consume_caps | amount: 3", "| caps: 250") == [
            "config 2: 2", "release 100 caps", "consume 3 caps"]


def test_whoever_needs_more_than_there_is_waits_for_it() -> None:
    with Dummies() as dummies:
        lines = dummies.give("child", "config\n+ consume_ram | amount: 8M\n+ log | string: done")
        assert lines[0] == "consume 8M bytes of memory" and "waiting for resources of the parent" in lines[1]
        assert "done" not in dummies.town.lines("init -> child")


def test_log_connections_are_opened_upgraded_and_closed() -> None:
    with Dummies() as dummies:
        assert dummies.give("child", "config\n+ create_log_connections | count: 2 | ram_upgrade: 1M\n"
                                     "+ create_log_connections | count: 1\n+ destroy_log_connections") == [
            "going to create 2 LOG connections", "upgrade connection 0", "upgrade connection 1",
            "created all LOG connections", "going to create 1 LOG connections", "created all LOG connections",
            "destroyed all LOG connections"]


SERVER = """config
+ log_service{}
"""
LOG_ROUTE = """| ram: 4M
  + provides | + service LOG
  + route
    + service Timer | + child timer
    + any-service | + parent
"""
CLIENT_ROUTE = """| ram: 4M
  + route
    + service LOG | + child server
    + any-service | + parent
"""


def test_its_log_service_forwards_and_tells_of_its_sessions() -> None:
    with Dummies() as dummies:
        dummies.give("server", SERVER.format(" | verbose: yes"), LOG_ROUTE)
        dummies.give("client", "config\n+ log | string: hello\n+ create_log_connections | count: 1 | ram_upgrade: 1M\n"
                               "+ destroy_log_connections", CLIENT_ROUTE)
        assert dummies.town.lines("init -> server") == [
            "created LOG service", "opening session with label client", "[client] hello",
            "[client] going to create 1 LOG connections", "opening session with label client -> 0",
            "[client] upgrade connection 0", "received session quota upgrade", "[client] created all LOG connections",
            "close session without delay", "closing session with label client -> 0",
            "[client] destroyed all LOG connections"]


def test_its_log_service_answers_a_close_request_late_if_it_is_told_to() -> None:
    with Dummies() as dummies:
        dummies.give("server", SERVER.format(" | delay_close_ms: 500"), LOG_ROUTE)
        dummies.give("client", "config\n+ create_log_connections | count: 1\n+ destroy_log_connections", CLIENT_ROUTE)
        assert dummies.town.lines("init -> server")[-1] == "delay close by 500 ms"
        dummies.town.machine.advance(milliseconds(450))
        assert dummies.town.lines("init -> server")[-1] == "delay close by 500 ms"
        dummies.town.machine.advance(milliseconds(100))
        assert dummies.town.lines("init -> server")[-1] == "[client] destroyed all LOG connections"


def test_sleeping_takes_its_time_and_exiting_ends_it() -> None:
    with Dummies() as dummies:
        assert dummies.give("child", "config\n+ sleep\n+ log | string: awake\n+ exit\n+ log | string: never") == []
        dummies.town.machine.advance(milliseconds(90))
        assert dummies.town.lines("init -> child") == []
        dummies.town.machine.advance(milliseconds(20))
        assert dummies.town.lines("init -> child") == ["awake"]
        assert 'child "child" exited with exit value 0' in dummies.town.lines("init")


def test_one_that_sleeps_for_ever_follows_no_config() -> None:
    with Dummies() as dummies:
        assert dummies.give("child", "config\n+ log | string: stuck\n+ sleep_forever") == ["stuck"]
        assert dummies.give("child", "config | version: 2\n+ log | string: awake") == []
        dummies.town.machine.advance(milliseconds(5000))
        assert dummies.town.lines("init -> child") == ["stuck"]
