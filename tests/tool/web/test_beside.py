"""A run with a page: the page shows it and changes it, and neither outlives the other nor takes it along."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tool.live.started import Started, bastide
from tool.web.denied import ALLOWED, Run
from tool.web.recorded import Client, Events

from bastide.tool.graph.model import Link, System
from bastide.tool.live.client import chosen
from bastide.tool.requirements import MissingRequirements
from bastide.tool.run import parser
from bastide.tool.web import beside
from bastide.tool.web.address import listen
from bastide.tool.web.beside import Page, PageError


@pytest.fixture
def denied(tmp_path: Path) -> Iterator[Run]:
    with closing(Run(tmp_path)) as run:
        yield run


def state(events: Events) -> System:
    return System.from_json(json.loads(events.next("state")))


def page_process(run: Started) -> int:
    """The run's child that serves its page."""
    page, = (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal() and serves(folder, run))
    return page


def serves(process: Path, run: Started) -> bool:
    try:
        parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        return parent == run.process.pid and b"bastide.tool.web.process" in (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):     # it ended meanwhile
        return False


def gone(pid: int) -> None:
    """Wait until a process that may be somebody else's child has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with os.fdopen(descriptor):
        assert select.select([descriptor], [], [], 60)[0], "the process of the page is still there"


def test_the_page_of_a_run_shows_and_changes_it_and_the_run_goes_on_after_its_verdict(denied: Run) -> None:
    client = Client(denied.address)
    with closing(client.listen()) as events:
        system = state(events)
        while not any(session.link is Link.DENIED for session in system.sessions):
            system = state(events)
        config = json.loads(client.ask("config").body)
        assert "init -> guest" in config["places"]
        text = config["text"].replace("+ start guest\n", ALLOWED)
        assert client.post("config", json.dumps({"text": text}).encode()).status == 200
        denied.started.wait_for("[init -> guest] is welcome")
        while any(session.link is Link.DENIED for session in system.sessions):
            system = state(events)
        assert client.post("config", b'{"text": "config\\n+ start"}').status == 422
        assert client.post("kill", b'{"label": "init -> guest"}').status == 200


def test_who_looks_is_told_the_end_and_no_process_is_left(denied: Run) -> None:
    page = page_process(denied.started)
    with closing(Client(denied.address).listen()) as events:
        state(events)
        assert denied.started.end(signal.SIGINT) == 130
        assert json.loads(events.next("ended")) == {"reason": "the run ended"}
    gone(page)


def test_a_run_that_is_killed_takes_its_page_along(denied: Run) -> None:
    page = page_process(denied.started)
    denied.started.process.kill()
    gone(page)


def test_a_page_that_is_killed_leaves_its_run_alone(denied: Run) -> None:
    os.kill(page_process(denied.started), signal.SIGKILL)
    client = Client(denied.address)
    with chosen(str(denied.started.process.pid)) as run:
        run.kill("init -> guest")
    denied.started.wait_for("'init -> guest' is killed")
    assert denied.started.end(signal.SIGINT) == 130
    with pytest.raises(ConnectionRefusedError):
        client.ask()


def test_the_token_stands_in_no_recording_and_on_no_command_line(tmp_path: Path) -> None:
    with closing(Run(tmp_path / "town", "--record", str(tmp_path / "kept"))) as run:
        command = Path(f"/proc/{page_process(run.started)}/cmdline").read_bytes()
    kept = (tmp_path / "kept" / "events.jsonl").read_text()
    assert "is not welcome" in kept
    for secret in (run.address.token, run.address.place):
        assert secret not in kept and secret.encode() not in command


def test_a_run_that_can_not_be_found_says_why_its_page_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                                ) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / f"bastide-{os.geteuid()}").mkdir(mode=0o755)
    with closing(Run(tmp_path / "town")) as run:
        run.started.end()
    assert any("set to a folder of yours that nobody else can enter" in line for line in run.started.lines)


def test_a_port_that_is_taken_is_told_before_anything_starts() -> None:
    with listen() as listener:
        port = listener.getsockname()[1]
        done = subprocess.run(bastide("run", "hello", f"--web={port}"), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"bastide run: --web: port {port} can't be listened on: Address already in use; without a "
                           "number, --web takes one that is free\n")


def test_a_scenario_that_fails_to_start_leaves_no_page(tmp_path: Path) -> None:
    (tmp_path / "runtime").write_text("runtime | ram: 64M | caps: 1000 | binary: nobody\n-\n")
    command = bastide("run", str(tmp_path / "runtime"), "--web")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "nobody" in done.stderr


@pytest.mark.parametrize("port", ["x", "-1", "65536", "1e3", "٣"])
def test_what_is_no_port_is_explained(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["hello", f"--web={port}"])
    assert f"'{port}' is no port such as 8000; write --web or --web=8000" in capsys.readouterr().err


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(beside, "CHECKOUT", Path("/nowhere"))
    with pytest.raises(PageError) as error:
        Page(0)
    assert str(error.value) == ("--web needs starlette and uvicorn, which this Python does not have; what helps: "
                                "pip install 'bastide[web]'")


@pytest.mark.parametrize("works", [True, False])
def test_a_checkout_installs_the_extra_for_itself(works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []

    def install(requirements: list[str]) -> None:
        if not works:
            raise MissingRequirements("no network")
        installed.extend(requirements)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if installed else None)
    monkeypatch.setattr(beside, "install", install)
    monkeypatch.setattr(sys, "base_prefix", "/elsewhere")
    if works:
        Page(0).close()
        assert [requirement.partition(">")[0] for requirement in installed] == ["starlette", "uvicorn"]
    else:
        with pytest.raises(PageError, match="--web needs starlette and uvicorn"):
            Page(0)
