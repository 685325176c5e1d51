"""Rehearsals that come to no end, or during which core does."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kernel.linux.conftest import SEARCH

from bastide.kernel.interface import Ending
from bastide.kernel.linux.spawner import Zygote

HERE = Path(__file__).parent
PLACES = ("cast", "forget", "scout")

CORE = """
import json, sys
from bastide.kernel.linux.spawner import Isolation, Zygote
search, play = json.loads(sys.argv[1])
Zygote("sandbox_probe:entry", [], search, None, Isolation(), 1, play=play)
"""


def hanging(play: str, folder: Path) -> list[str]:
    """The folders to import from, with a play that hangs at the place that its name tells."""
    shutil.copy(HERE / "hanging_play.py", folder / f"{play}.py")
    return [*SEARCH, str(folder)]


@pytest.mark.parametrize("place", PLACES)
def test_when_core_dies_during_a_rehearsal_nothing_remains(place: str, tmp_path: Path) -> None:
    play = f"hang_in_{place}"
    search = hanging(play, tmp_path)
    with subprocess.Popen([sys.executable, "-c", CORE, json.dumps([search, play])], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, env={"PYTHONPATH": SEARCH[0]}) as core:
        assert core.stdout is not None
        zygote = int(core.stdout.readline().split()[0])
        pids = {zygote, *map(int, Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split())}
        pidfds = [os.pidfd_open(pid) for pid in pids]
        assert len(pids) == 2 + (place == "scout")
        core.kill()
    for pidfd in pidfds:
        assert select.select([pidfd], [], [], 30)[0] == [pidfd]
        os.close(pidfd)


def test_a_rehearsal_without_end_is_given_up_and_told(boot: Callable[..., Zygote], tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    play = "hang_in_scout_briefly"
    zygote = boot(search=hanging(play, tmp_path), play=play)
    assert zygote.unrehearsed == "the rehearsal of a start took more than 2 seconds"
    answers, theirs = os.pipe()
    process = zygote.spawn("nevertheless", [theirs], b'{"do": "answer"}')
    assert process.join() == Ending(0)
    process.close()
    zygote.close()
    os.close(answers)
    os.close(theirs)
    assert os.listdir("/proc/self/fd") == before
