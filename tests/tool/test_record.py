"""Runs that are recorded and shown again: all that happened, in order, whatever the folder holds."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bastide.base import Node
from bastide.tool.record import EVENTS, Recorder, RecordError, content, events, main


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recording(tmp_path: Path, clock: Clock) -> Path:
    """A short run: a line, a config, two states, an end."""
    folder = tmp_path / "recording"
    recorder = Recorder(folder, b"runtime\n-\n", clock)
    recorder.config(b"config\n-\n")
    clock.now += 0.25
    recorder.line("init -> a", "good\x1b[2J day")
    recorder.report("init -> state", b"state | n: 1\n-\n\0\0")
    clock.now += 1
    recorder.report("init -> state", b"state | n: 2\n-\n")
    recorder.note("done")
    recorder.close()
    return folder


def test_all_that_happened_is_shown_again(recording: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(recording)]) == 0
    assert capfd.readouterr().out == """\
0.000 s: config is configs/0001.hid
[init -> a] good\\x1b[2J day
0.250 s: report 'init -> state' is reports/0001.hid
1.250 s: report 'init -> state' is reports/0002.hid
done
"""


def test_programs_get_objects(recording: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(recording), "--json"]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {"label": "init -> a", "text": "good\x1b[2J day"} in lines


@pytest.mark.parametrize(("moment", "number"), [("0.3", "1"), ("2", "2")])
def test_config_and_reports_are_shown_as_they_were(
        recording: Path, capfd: pytest.CaptureFixture[str], moment: str, number: str) -> None:
    assert main([str(recording), "--at", moment]) == 0
    shown = capfd.readouterr().out
    assert "config, since 0.000 s:\n  config\n  -\n" in shown
    assert f"  state | n: {number}\n" in shown


def test_before_anything_happened_there_is_nothing_to_show(
        tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Recorder(tmp_path / "empty", b"").close()
    assert main([str(tmp_path / "empty"), "--at", "5"]) == 0
    assert capfd.readouterr().out == "nothing was reported or configured within the first 5 s\n"


def test_a_recording_is_not_written_over(recording: Path) -> None:
    with pytest.raises(RecordError, match="is not empty, and no recording is written over; name another folder"):
        Recorder(recording, b"")


def test_a_place_that_nothing_can_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="nothing can be recorded there: Not a directory"):
        Recorder(tmp_path / "file" / "below", b"")


def test_a_full_disk_ends_the_recording_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(tmp_path / "recording", b"")
    recorder.line("a", "1")

    def full(text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    recorder._events.close()
    monkeypatch.setattr(recorder, "_events", SimpleNamespace(write=full, close=lambda: None))
    recorder.line("a", "2")
    recorder.line("a", "3")
    recorder.close()
    assert recorder.failure.endswith("the recording ends here: No space left on device")
    assert [event["text"] for event in events(tmp_path / "recording")] == ["1"]


@pytest.mark.parametrize(("line", "reason"), [
    ("nonsense", "expected a JSON object, got b'nonsense"), ("[" * 60000, "expected a JSON object"),
    ("[]", "expected an object with a 'time'"), ('{"time": "now"}', "expected an object with a 'time'"),
    ('{"time": 1, "kind": []}', "expected texts beside the 'time'"),
    ('{"time": 1, "kind": "report", "file": "../../etc/passwd"}', "expected one in 'reports'"),
    ('{"time": 1, "kind": "report", "file": "reports/.."}', "expected one in 'reports'"),
    ('{"time": 1, "kind": "config", "file": "configs/none"}', "can't be read: No such file"),
])
def test_a_recording_that_was_tampered_with_is_refused(
        recording: Path, capfd: pytest.CaptureFixture[str], line: str, reason: str) -> None:
    (recording / EVENTS).write_text(line + "\n")
    assert main([str(recording), "--at", "9"]) == 2
    assert reason in capfd.readouterr().err


def test_a_folder_without_a_recording_is_told_with_what_makes_one(
        tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert f"'bastide run NAME --record {tmp_path}' makes one" in capfd.readouterr().err


def test_a_run_is_recorded_with_the_reports_that_it_hands_out(tmp_path: Path) -> None:
    components = tmp_path / "components" / "speaker"
    components.mkdir(parents=True)
    (components / "main.py").write_text("""
from bastide.base import Generator
from bastide.session.report import Reporter

def construct(env):
    reporter = Reporter(env, "weather")
    for sky in ("blue", "grey"):
        report = Generator("weather", sky=sky)
        reporter.generate(report.build())
    env.log("reported")
    env.exit()
""")
    scenario = tmp_path / "runtime"
    scenario.write_text("runtime | ram: 16M | caps: 300 | binary: speaker\n+ requires | + report\n"
                        "+ succeed\n  : reported\n+ fail | after_seconds: 20\n-\n")
    command = [sys.executable, "-m", "bastide.tool.main", "run", str(scenario), "--record", str(tmp_path / "kept")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    recorded = list(events(tmp_path / "kept"))
    files = [str(event["file"]) for event in recorded if event["kind"] == "report"]
    assert [(tmp_path / "kept" / file).read_text() for file in files] == [
        "weather | sky: blue\n-\n", "weather | sky: grey\n-\n"]
    assert {event.get("label") for event in recorded if event["kind"] == "report"} == {"init -> weather"}
    assert (tmp_path / "kept" / "scenario").read_text() == scenario.read_text()
    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode == 2
    assert "is not empty" in again.stderr


def test_the_state_of_init_is_recorded_without_being_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bastide.tool.main", "run", "hello", "--record", str(tmp_path / "kept")]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60).returncode == 0
    states = [content(tmp_path / "kept", event) for event in events(tmp_path / "kept")
              if event.get("label") == "init -> state"]
    assert states
    state = Node.parse(states[-1], "state")
    assert {child.attributes["name"] for child in state.sub_nodes("child")} >= {"hello_server", "hello_polite"}
