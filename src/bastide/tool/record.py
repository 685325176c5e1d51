"""Runs as files: what was logged, reported and configured, each with its time, and how to see it again.

    DIR/scenario            the runtime file
    DIR/events.jsonl        one object per event: `time` in seconds, `kind`, and what came with it
    DIR/reports/0001.hid    contents of reports and configs, named by the events that brought them
    DIR/configs/0001.hid

Owns the format, for `Recorder`, which writes it, and for the command `replay`, which reads it: from a folder that may
come from anywhere. A disk that is full ends the recording, not the run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bastide.base.errors import BastideError
from bastide.tool.arguments import Parser
from bastide.tool.log import Form, LogOutput, visible
from bastide.tool.main import SUCCESS, USAGE

EVENTS = "events.jsonl"

_FOLDERS = {"report": "reports", "config": "configs"}
_LONGEST_EVENT = 64 << 10
_LARGEST_CONTENT = 1 << 20


class RecordError(BastideError):
    """A recording can't be begun or read; the text says which, why, and what would help."""


class Recorder:
    """Writes one run. After a failure it writes nothing more; `failure` says why."""

    def __init__(self, folder: Path, scenario: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises RecordError if `folder` is in use, or can't be written to."""
        self.failure = ""
        self._folder, self._clock, self._began = folder, clock, clock()
        self._numbers = dict.fromkeys(_FOLDERS, 0)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise RecordError(f"{folder}: is not empty, and no recording is written over; name another folder")
            for name in _FOLDERS.values():
                (folder / name).mkdir()
            (folder / "scenario").write_bytes(scenario)
            self._events = (folder / EVENTS).open("x", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise RecordError(f"{folder}: nothing can be recorded there: {error.strerror}") from None

    def line(self, label: str, text: str) -> None:
        """Something was logged."""
        self._write("line", label=label, text=text)

    def note(self, text: str) -> None:
        """The tool itself said something."""
        self._write("note", text=text)

    def report(self, label: str, content: bytes) -> None:
        """A report came out of the system."""
        self._keep("report", content, label=label)

    def config(self, content: bytes) -> None:
        """The scenario's top component has another config."""
        self._keep("config", content)

    def close(self) -> None:
        try:
            self._events.close()
        except OSError as error:
            self._failed(error)

    def _keep(self, kind: str, content: bytes, **details: str) -> None:
        self._numbers[kind] += 1
        name = f"{_FOLDERS[kind]}/{self._numbers[kind]:04}.hid"
        if not self.failure:
            try:
                (self._folder / name).write_bytes(content.rstrip(b"\0"))
            except OSError as error:
                self._failed(error)
        self._write(kind, file=name, **details)

    def _write(self, kind: str, **details: str) -> None:
        if self.failure:
            return
        event = {"time": round(self._clock() - self._began, 6), "kind": kind, **details}
        try:
            self._events.write(json.dumps(event) + "\n")
            self._events.flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        self.failure = self.failure or f"{self._folder}: the recording ends here: {error.strerror}"


def main(arguments: Sequence[str]) -> int:
    """The command `replay`."""
    options = parser().parse_args(arguments)
    folder = Path(options.folder)
    try:
        if options.at is not None:
            _print_state(folder, options.at)
        else:
            _replay(folder, options.speed, Form.JSON if options.json else Form.fitting(sys.stdout.fileno()))
    except RecordError as error:
        print(f"bastide replay: {error}", file=sys.stderr)
        return USAGE
    return SUCCESS


def events(folder: Path) -> Iterator[dict[str, object]]:
    """All events of a recording. Raises RecordError for what is none."""
    path = folder / EVENTS
    try:
        if not path.is_file():
            raise RecordError(f"{folder}: there is no file {EVENTS}; 'bastide run NAME --record {folder}' makes one")
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(_LONGEST_EVENT):
                number += 1
                yield _event(line, f"{path}:{number}")
    except OSError as error:
        raise RecordError(f"{path}: can't be read: {error.strerror}") from None


def _event(line: bytes, place: str) -> dict[str, object]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        raise RecordError(f"{place}: expected a JSON object, got {line[:60]!r}") from None
    if not isinstance(event, dict) or not isinstance(event.get("time"), int | float):
        raise RecordError(f"{place}: expected an object with a 'time', got {line[:60]!r}")
    if not all(isinstance(value, str) for key, value in event.items() if key != "time"):
        raise RecordError(f"{place}: expected texts beside the 'time', got {line[:60]!r}")
    return event


def content(folder: Path, event: dict[str, object]) -> str:
    """The report or config of an event. Raises RecordError."""
    kind, name = str(event.get("kind")), str(event.get("file"))
    expected = _FOLDERS.get(kind, "")
    path = folder / name
    if not expected or path.parent != folder / expected or ".." in name:
        raise RecordError(f"{folder}: an event of kind '{visible(kind)[:20]}' names the file '{visible(name)[:60]}', "
                          f"expected one in '{expected}'")
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_CONTENT).decode(errors="replace")
    except OSError as error:
        raise RecordError(f"{path}: can't be read: {error.strerror}") from None


def _replay(folder: Path, speed: float, form: Form) -> None:
    output = LogOutput(sys.stdout.fileno(), form)
    began = time.monotonic()
    try:
        for event in events(folder):
            moment = float(str(event["time"]))
            if speed:
                time.sleep(max(0.0, began + moment / speed - time.monotonic()))
            kind = event["kind"]
            if kind == "line":
                output.line(str(event.get("label", "")), str(event.get("text", "")))
            elif kind == "note":
                output.note(str(event.get("text", "")))
            else:
                of = f" '{event['label']}'" if "label" in event else ""
                output.note(f"{moment:.3f} s: {kind}{of} is {event.get('file')}")
    finally:
        output.close()


def _print_state(folder: Path, moment: float) -> None:
    """Config and reports as they were at a moment."""
    newest: dict[str, dict[str, object]] = {}
    for event in events(folder):
        if float(str(event["time"])) > moment:
            break
        if event["kind"] in _FOLDERS:
            newest[f"{event['kind']} {event.get('label', '')}".strip()] = event
    for name, event in newest.items():
        print(f"{visible(name)}, since {float(str(event['time'])):.3f} s:")
        for line in content(folder, event).splitlines():
            print(f"  {visible(line)}")
    if not newest:
        print(f"nothing was reported or configured within the first {moment:g} s")


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = Parser(
        prog="bastide replay", description="Show a run again that was recorded by 'bastide run NAME --record DIR'.",
        epilog="Example: bastide replay DIR --at 1.5")
    made.add_argument("folder", metavar="DIR")
    made.add_argument("--speed", type=_speed, default=0.0, metavar="1",
                      help="as fast as it was (1), twice as fast (2); without it, at once")
    made.add_argument("--at", type=float, metavar="SECONDS", help="show config and reports as they were then")
    made.add_argument("--json", action="store_true", help="print the log as one JSON object per line")
    return made


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1
    if not 0 <= speed < 1e6:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is no speed such as 1 or 0.5")
    return speed
