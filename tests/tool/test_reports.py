"""The service Report on core's side: what clients can do to it, and what it costs them."""

from __future__ import annotations

import pytest

from bastide.base import BastideError, Bytes, Env, Node, SessionDenied
from bastide.session.report import ReportArgs, Reporter, ReportSession
from bastide.testing import Boot
from bastide.testing.plugin import PORTS

TOP = "runtime | ram: 16M | caps: 300 | binary: probe\n-\n"


@pytest.fixture(params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def grow(env: Env) -> None:
    reporter = Reporter(env, "state")
    for size in (10, 5000, 100):
        reporter.generate(Node.parse(f"state | size: {size}\n: {'x' * size}\n-\n"))
    env.exit()


def offend(env: Env) -> None:
    """Everything that a report session must survive."""
    first = ReportSession.connect(env, "mine")
    for label, attempt in (("a", ReportArgs(Bytes(0))), ("b", ReportArgs(Bytes(1 << 40))), ("mine", ReportArgs())):
        try:
            ReportSession.connect(env, label, attempt)
            env.log("accepted")
        except BastideError as error:
            env.log(f"{type(error).__name__}: {error}")
    for length in (-1, 0, 1 << 62, 5):
        first.submit(length)
    env.log(f"{first.obtain_response()} {first.dataspace().client().size()}")
    first.close()
    ReportSession.connect(env, "mine").close()
    env.exit()


def test_the_newest_report_is_known_to_whoever_booted(testbed: Boot, port: str) -> None:
    system = testbed(TOP, {"probe": grow}, port=port)
    assert system.wait_for_report("state", lambda state: state.value("size", 0) == 5000).text == "x" * 5000
    assert system.wait_for_exit() == 0
    assert system.reports["state"].value("size", 0) == 100


def test_a_client_can_do_nothing_with_it_that_it_may_not(testbed: Boot, port: str) -> None:
    system = testbed(TOP, {"probe": offend}, port=port)
    assert system.wait_for_exit() == 0
    lines = system.lines()
    assert "buffer_size=0; reports have 1 to 1048576 bytes" in lines[0]
    assert any(kind in lines[1] for kind in ("SessionDenied", "OutOfRam"))
    assert "has a writer already" in lines[2]
    assert lines[3] == "0 4096"
    assert system.trouble == []


def test_a_report_without_a_buffer_is_no_exception(testbed: Boot) -> None:
    def silent(env: Env) -> None:
        try:
            ReportSession.connect(env, "x", ReportArgs(Bytes(0)))
        except SessionDenied:
            env.exit(7)

    assert testbed(TOP, {"probe": silent}).wait_for_exit() == 7
