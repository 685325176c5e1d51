"""Commands about runs: what they show, what they say about mistakes, and that they end when the run does."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tool.live.started import SECONDS, Started, bastide, place_town

from bastide.tool.completion import candidates
from bastide.tool.live.commands import config, kill, log, ps, top


def test_runs_are_listed(town: Started, capfd: pytest.CaptureFixture[str]) -> None:
    assert ps.main([]) == 0
    head, row = capfd.readouterr().out.splitlines()
    assert head.split() == ["PID", "SCENARIO", "SINCE", "COMPONENTS", "RAM"]
    assert row.split()[:2] == [str(town.process.pid), "town"]
    assert ps.main(["--json"]) == 0
    about, = json.loads(capfd.readouterr().out)
    assert (about["pid"], about["components"]) == (town.process.pid, 5)


def test_that_nothing_runs_is_no_mistake(capfd: pytest.CaptureFixture[str]) -> None:
    assert ps.main([]) == 0
    assert capfd.readouterr().out == "nothing runs; 'bastide run NAME' starts something\n"
    assert ps.main(["--json"]) == 0
    assert capfd.readouterr().out == "[]\n"


def test_a_run_that_is_not_there_is_wrong_usage(town: Started, capfd: pytest.CaptureFixture[str]) -> None:
    for main in (top.main, log.main):
        assert main(["twon"]) == 2
        assert f"there is no run 'twon'; there are {town.process.pid}-town" in capfd.readouterr().err


def test_components_are_shown_as_a_tree_or_sorted(town: Started, capfd: pytest.CaptureFixture[str]) -> None:
    assert top.main(["--once"]) == 0
    shown = capfd.readouterr().out.splitlines()
    assert shown[0].split()[:3] == ["COMPONENT", "RAM", "OF"]
    assert [line.partition("  ")[0] for line in shown[1:2]] == ["core"]
    assert any(line.startswith("      speaker ") for line in shown) and any("1 denied" in line for line in shown)
    assert top.main(["town", "--sort", "k"]) == 0
    caps = [int(line.split()[-6]) for line in capfd.readouterr().out.splitlines()[1:] if "denied" not in line]
    assert caps == sorted(caps, reverse=True)
    assert top.main(["--json"]) == 0
    rows = {row["label"]: row for row in json.loads(capfd.readouterr().out)}
    assert rows["init -> nested -> speaker"]["ram"]["quota"] > 1 << 20


def test_lines_of_one_component_can_be_chosen(town: Started, capfd: pytest.CaptureFixture[str]) -> None:
    assert log.main([]) == 0
    assert "[init -> asker] was denied" in capfd.readouterr().out
    assert log.main(["--from", "nested"]) == 0
    assert capfd.readouterr().out == "[init -> nested -> speaker] says inner\n"
    assert log.main(["town", "--from", "speaker", "--json"]) == 0
    assert {json.loads(line)["text"] for line in capfd.readouterr().out.splitlines()} == {"says one", "says inner"}
    assert log.main(["--from", "speakr"]) == 0
    assert capfd.readouterr().err == "bastide log: there is no line from 'speakr'; did you mean 'speaker'?\n"


def test_the_log_is_followed_by_the_command_until_the_run_ends(town: Started) -> None:
    follower = Started("log", "town", "--follow")
    follower.wait_for("[init -> nested -> speaker] says inner")
    assert kill.main(["nested -> speaker"]) == 0
    follower.wait_for("'init -> nested -> speaker' is killed", "child \"speaker\" faulted: killed")
    town.end()
    assert follower.process.wait(SECONDS) == 0
    follower.end()


def test_kill_says_whom_it_killed_or_why_nobody(town: Started, capfd: pytest.CaptureFixture[str]) -> None:
    assert kill.main(["asker"]) == 0
    assert capfd.readouterr().out == "'init -> asker' is killed\n"
    town.wait_for("child \"asker\" faulted: killed")
    assert kill.main(["town", "speker"]) == 1
    assert capfd.readouterr().err == "bastide kill: there is no component 'speker'; did you mean 'speaker'?\n"


def test_a_config_is_read_and_applied(
        town: Started, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert config.main(["get"]) == 0
    text = capfd.readouterr().out
    file = tmp_path / "mine.hid"
    file.write_text(text.replace("word: one", "word: two"))
    assert config.main(["town", "apply", str(file)]) == 0
    assert capfd.readouterr().out == f"the config is applied to {town.process.pid}-town\n"
    town.wait_for("says two")
    scenario = tmp_path / "town" / "runtime"
    assert config.main(["apply", str(scenario)]) == 0
    town.wait_for(f"another config is applied: {scenario}", "says one")


def test_a_refused_config_is_told_finding_by_finding(
        town: Started, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert config.main(["get"]) == 0
    text = capfd.readouterr().out
    file = tmp_path / "mine.hid"
    file.write_text(text.replace("+ start asker", "+ start speaker"))
    assert config.main(["apply", str(file)]) == 1
    said = capfd.readouterr().err.splitlines()
    assert said[0].startswith(f"{file}:") and "has the same name 'speaker'" in said[0]
    assert said[-1] == "the config is not applied, and what runs stays as it is"
    assert config.main(["get"]) == 0
    assert capfd.readouterr().out == text
    assert config.main(["apply", str(file), "--force"]) == 0
    assert config.main(["apply", str(tmp_path / "none")]) == 2
    assert "none can't be read: No such file or directory" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["speak"], ["town", "apply"], ["get", "town"], ["a", "b", "c", "d"]])
def test_other_words_are_wrong_usage(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        config.main(words)
    assert "expected 'get', 'edit' or 'apply FILE'" in capfd.readouterr().err


def test_a_config_is_edited_and_a_wrong_draft_is_kept(
        town: Started, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("VISUAL", "sed -i 's/word: one/word: four/'")
    assert config.main(["edit"]) == 0
    town.wait_for("says four")
    assert config.main(["edit"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "nothing is changed"
    monkeypatch.setenv("VISUAL", "false")
    assert config.main(["edit"]) == 1
    for nothing in ("/no/such/editor", "vi 'unclosed"):
        monkeypatch.setenv("VISUAL", nothing)
        assert config.main(["edit"]) == 2
        assert f"the editor '{nothing}' can't be started: No" in capfd.readouterr().err
    assert list(tmp_path.glob("bastide-*.hid")) == []
    monkeypatch.setenv("VISUAL", "sed -i s/^config/confg/")
    assert config.main(["edit"]) == 1
    draft, = tmp_path.glob("bastide-*.hid")
    assert f"what you wrote is in {draft}: repair it, then" in capfd.readouterr().err
    draft.unlink()
    monkeypatch.setenv("VISUAL", r"sed -i 's/config/\xff/'")
    assert config.main(["edit"]) == 2
    draft, = tmp_path.glob("bastide-*.hid")
    assert f"{draft} can't be read: 'utf-8' codec can't decode byte 0xff" in capfd.readouterr().err


def test_names_of_runs_complete(town: Started) -> None:
    assert candidates(["top", "t"]) == ["town"]
    assert "town" in candidates(["kill", ""])


def test_what_a_component_says_can_not_drive_the_terminal(
        tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scenario = place_town(tmp_path / "evil")
    (tmp_path / "evil/components/speaker/main.py").write_text(
        "def construct(env):\n    env.log('\\x1b[2J gone')\n")
    run = Started("run", str(scenario))
    try:
        run.wait_for("x1b[2J gone")
        assert log.main(["evil"]) == 0
        assert "\\x1b[2J gone" in capfd.readouterr().out
    finally:
        run.end()


@contextmanager
def on_terminal(*words: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    near, far = pty.openpty()
    process = subprocess.Popen(bastide(*words), stdin=far, stdout=far, stderr=far)
    os.close(far)
    try:
        yield near, process
    finally:
        process.wait(SECONDS)
        os.close(near)


def read_until(terminal: int, text: str) -> str:
    """What was written to a terminal, up to the text and what came with it."""
    seen, deadline = b"", time.monotonic() + SECONDS
    while text.encode() not in seen:
        assert select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0], seen
        seen += os.read(terminal, 65536)
    return seen.decode(errors="replace")        # what came with it may end within a character


def test_top_goes_on_until_it_is_told_to_quit_and_leaves_the_terminal_as_it_was(town: Started) -> None:
    with on_terminal("top", "town") as (terminal, process):
        shown = read_until(terminal, "speaker")
        assert "\x1b[?1049h" in shown
        os.write(terminal, b"k")
        read_until(terminal, "init -> nested -> speaker")       # no tree, but whole labels
        os.write(terminal, b"q")
        read_until(terminal, "\x1b[?1049l")
        assert process.wait(SECONDS) == 0


def test_a_run_that_ends_while_top_shows_it_ends_top(town: Started) -> None:
    with on_terminal("top") as (terminal, process):
        read_until(terminal, "speaker")
        town.end()
        assert f"the run {town.process.pid}-town has ended" in read_until(terminal, "has ended")
        assert process.wait(SECONDS) == 0


def test_top_can_be_interrupted(town: Started) -> None:
    with on_terminal("top") as (terminal, process):
        read_until(terminal, "speaker")
        process.send_signal(signal.SIGINT)
        read_until(terminal, "\x1b[?1049l")
        assert process.wait(SECONDS) == 130
