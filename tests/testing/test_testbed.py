"""Testbeds: what a test can see and do, on both kernels."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bastide.base import Env, SessionDenied, milliseconds, seconds
from bastide.kernel.linux.gate import LinuxGate
from bastide.session.hello import HelloSession
from bastide.session.timer import Timer
from bastide.testing import Boot, NotHappened
from bastide.testing.plugin import PORTS

ALONE = """runtime | ram: 32M | caps: 500 | binary: init
+ content
  + rom init
+ config
  + parent-provides
    + service ROM
    + service CPU
    + service PD
    + service LOG
-
"""
TOP = "runtime | ram: 8M | caps: 200 | binary: probe\n-\n"

ANNOUNCE = """
from bastide.session.hello import HelloSession

class Server(HelloSession):
    def say_hello(self) -> None: ...
    def add(self, a: int, b: int) -> int:
        return a + b + 1

def construct(env):
    HelloSession.announce(env, lambda request: Server())
"""

WORDS = ("good", "day")


def speak(env: Env) -> None:
    """A component that needs a constant of its module."""
    for word in WORDS:
        env.log(word)
    env.exit(len(WORDS))


def adder(env: Env) -> None:
    with HelloSession.connect(env) as hello:
        env.log(f"{hello.add(20, 3)}")


class Ticker:
    def __init__(self, env: Env) -> None:
        self.env, self.count = env, 0
        self.timer = Timer(env)
        self.timer.every(seconds(600), self.tick)

    def tick(self) -> None:
        self.count += 1
        self.env.log(f"tick {self.count}")


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_scenario_runs_and_its_lines_are_seen(testbed: Boot, port: str) -> None:
    system = testbed("hello", port=port)
    assert system.wait_for_line("[hello_client] 2 + 5 = *") == "[hello_client] 2 + 5 = 7"
    assert system.lines("hello_client") == ["2 + 5 = 7"]
    system.wait_for_line("[hello_polite] 3 + 4 = 7")


def test_a_component_of_the_test_is_added_with_all_that_it_needs(testbed: Boot, port: str) -> None:
    system = testbed("hello", {"probe": adder, "speaker": speak}, port=port)
    system.wait_for_line("[probe] 23")
    system.wait_for_line('child "speaker" exited with exit value 2')
    assert system.lines("speaker") == ["good", "day"]


def test_a_component_of_the_test_replaces_one_of_the_scenario(testbed: Boot, port: str) -> None:
    fake = """
from bastide.base import Env
from bastide.session.hello import HelloSession

class Liar(HelloSession):
    def say_hello(self) -> None: ...
    def add(self, a: int, b: int) -> int:
        return 8

def construct(env: Env) -> None:
    HelloSession.announce(env, lambda request: Liar())
"""
    system = testbed("hello", {"hello_server": fake}, port=port)
    system.wait_for_line("[hello_client] 2 + 5 = 8")


def test_a_component_can_be_a_folder_and_the_top_of_a_scenario(testbed: Boot, port: str, tmp_path: Path) -> None:
    folder = tmp_path / "components" / "probe"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text("def construct(env):\n    env.log('here')\n    env.exit(3)\n")
    system = testbed(TOP, {"probe": folder}, port=port)
    assert system.wait_for_exit() == 3
    assert system.lines() == ["here"]


def test_the_test_itself_is_a_client_of_any_server(testbed: Boot, port: str) -> None:
    system = testbed("hello", port=port)
    with HelloSession.connect(system.door("hello_server")) as hello:
        assert hello.add(20, 22) == 42
        hello.say_hello()
        assert "I am here... Hello." in system.lines("hello_server")
        hello.upgrade(ram=8192)
        assert hello.add(1, 1) == 2
    again = HelloSession.connect(system.door("hello_server"), "somebody else")
    assert again.add(3, 3) == 6


def test_a_server_outside_of_which_something_was_started_has_the_test_as_a_client(testbed: Boot, port: str) -> None:
    scenario = ALONE.replace("+ content", "+ requires | + timer\n+ content")
    system = testbed(scenario, {"server": ANNOUNCE}, port=port, config="""config
+ parent-provides
  + service ROM
  + service CPU
  + service PD
  + service LOG
+ start server | caps: 200 | ram: 8M
  + binary server
  + provides | + service Hello
  + route | + any-service | + parent
-
""")
    assert HelloSession.connect(system.door("server")).add(4, 4) == 9


def test_what_a_test_waits_for_is_noticed_when_it_happens_and_not_when_its_patience_ends(
        testbed: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    alarm = LinuxGate.alarm

    def observed(gate: LinuxGate, at: int | None, expired: Callable[[], None]) -> None:
        def note() -> None:
            ended.append(expired.__qualname__)
            expired()

        alarm(gate, at, note)

    monkeypatch.setattr(LinuxGate, "alarm", observed)
    system = testbed("hello", port="linux")
    system.wait_for_line('child "hello_polite" exited*')       # from now on, nobody says anything that would wake core
    hello = HelloSession.connect(system.door("hello_server"))
    hello.upgrade(ram=8192)
    hello.close()
    assert [name for name in ended if "Testbed" in name] == []


def test_a_server_that_is_not_there_is_waited_for_and_told(testbed: Boot) -> None:
    system = testbed("hello")
    with pytest.raises((NotHappened, SessionDenied)) as told:
        HelloSession.connect(system.door("nobody"))
    assert "'Hello'" in str(told.value)


def test_a_config_is_changed_while_the_system_runs(testbed: Boot, port: str) -> None:
    system = testbed(ALONE, {"probe": speak}, port=port)
    system.wait_for_line('child "probe" exited with exit value 2')
    system.configure("config\n+ unknown\n-\n")
    system.change_module("config", b"config\n+ start broken\n  nonsense\n-\n")
    line = system.wait_for_line("*config:3*keeping what is*")
    assert "nonsense" in line


def test_what_never_comes_is_told_with_the_log(testbed: Boot) -> None:
    system = testbed("hello")
    with pytest.raises(NotHappened, match=re.escape("waited for a line 'nobody'")) as told:
        system.wait_for_line("nobody")
    assert "    [hello_client] 2 + 5 = 7\n" in str(told.value)


def test_what_takes_too_long_on_linux_is_told_with_the_log(testbed: Boot) -> None:
    system = testbed(ALONE, {"probe": speak}, port="linux")
    system.wait_for_line("[probe] day")
    with pytest.raises(NotHappened, match="waited for a line 'nobody': 20 ms passed; the log:\n"):
        system.wait_for_line("nobody", within=milliseconds(20))


def test_after_the_end_nothing_is_waited_for(testbed: Boot, port: str) -> None:
    system = testbed(TOP, {"probe": speak}, port=port)
    with pytest.raises(NotHappened, match="waited for a line 'good night': the system has ended, with exit value 2"):
        system.wait_for_line("good night")
    with pytest.raises(NotHappened, match="the system has ended"):
        system.wait(lambda: False)


def test_time_is_virtual_in_process(testbed: Boot) -> None:
    system = testbed("hello", {"clock": Ticker})
    system.settle()
    assert system.lines("clock") == []
    system.advance(seconds(1801))
    assert system.lines("clock") == ["tick 1", "tick 2", "tick 3"]


def test_nobody_knows_when_processes_are_idle(testbed: Boot) -> None:
    with pytest.raises(NotHappened, match="on Linux, wait for a line"):
        testbed(TOP, {"probe": speak}, port="linux").settle()


def test_two_systems_run_side_by_side(testbed: Boot) -> None:
    first, second = testbed("hello"), testbed("log")
    second.wait_for_line("*")
    first.wait_for_line("[hello_client] 2 + 5 = 7")


def test_a_port_that_does_not_exist_is_named(testbed: Boot) -> None:
    with pytest.raises(ValueError, match="there is no port 'sel4': inprocess and linux are known"):
        testbed("hello", port="sel4")
