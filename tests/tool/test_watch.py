"""A run that takes over what is edited: just that, and nothing that can't be read."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tool.live.started import Started

from bastide.tool.boot import load
from bastide.tool.edits import Edits, fingerprint
from bastide.tool.scenario import read_scenario

SCENARIO = """runtime | ram: 64M | caps: 1000 | binary: init
+ content
  + rom init
  + rom words
+ config
  + parent-provides
    + service ROM
    + service CPU
    + service PD
    + service LOG
  + default | ram: 8M | caps: 200
  + default-route | + any-service | + parent
  + start speaker
    + config | word: one
  + start bystander
+ succeed
  : [speaker] *
+ fail | after_seconds: 1
-
"""
SPEAKER = """
def construct(env):
    env.config.watch(lambda config: env.log("hears " + config.attribute("word", "")))
"""
BYSTANDER = "def construct(env):\n    env.log('stays')\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in (("speaker", SPEAKER), ("bystander", BYSTANDER)):
        folder = tmp_path / "components" / name
        folder.mkdir(parents=True)
        (folder / "main.py").write_text(text)
    (tmp_path / "runtime").write_text(SCENARIO.replace("  + rom words\n", "  + rom words\n  + rom speaker\n"
                                                                          "  + rom bystander\n"))
    (tmp_path / "words").write_text("some words\n")
    return tmp_path


@pytest.fixture
def watched(place: Path) -> Iterator[Started]:
    """A run with --watch."""
    run = Started("run", str(place / "runtime"), "--watch")
    run.wait_for("hears one", "ok (log)")
    yield run
    run.process.send_signal(signal.SIGINT)
    run.wait_for("interrupted")
    assert run.end() == 130
    assert sum("stays" in line for line in run.lines) == 1


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_edits_are_taken_over_one_by_one(watched: Started, place: Path) -> None:
    edit(place / "runtime", "word: one", "word: two")
    watched.wait_for("[init -> speaker] hears two")
    edit(place / "components/speaker/main.py", "hears ", "sees ")
    watched.wait_for("'speaker' changed: what runs it is started anew")
    watched.wait_for("[init -> speaker] sees two")
    edit(place / "components/speaker/main.py", "def construct", "def construct(")
    watched.wait_for("what runs goes on as it was")
    edit(place / "components/speaker/main.py", "def construct((", "def construct(")
    edit(place / "runtime", "word: two", "word: three")
    watched.wait_for("[init -> speaker] sees three")
    edit(place / "runtime", "ram: 64M", "ram: 65M")
    watched.wait_for("ram changed: this takes effect at the next run")
    edit(place / "words", "some", "other")
    watched.wait_for("the ROM module 'words' changed")


def test_files_that_are_saved_unchanged_change_nothing(place: Path) -> None:
    scenario = read_scenario(place / "runtime")
    edits, before = Edits(scenario, load(scenario)), fingerprint(place / "runtime")
    os.utime(place / "components/speaker/main.py", (1, 1))
    assert fingerprint(place / "runtime") != before
    change = edits.look()
    assert (dict(change.modules), change.config, change.notes) == ({}, None, ())


def test_what_can_not_be_read_is_told_once(place: Path) -> None:
    scenario = read_scenario(place / "runtime")
    edits = Edits(scenario, load(scenario))
    edit(place / "runtime", "+ start bystander", "start bystander")
    assert "what runs goes on as it was" in edits.look().notes[0]
    assert edits.look().notes == ()
    edit(place / "runtime", "  start bystander", "  + start bystander")
    assert edits.look().notes == ()
