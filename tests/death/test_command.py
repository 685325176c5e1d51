"""`bastide run` and those that hold up its system are killed, stopped, interrupted: nothing remains on the host.

Moments, victims and ways are chosen at random. For runs by hand, `BASTIDE_ENDS` says how many runs have to end so.
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from death.people import PEOPLE, config
from death.test_components import SEED
from offspring import adopting, children, reap_all_but

from bastide.tool.checkout import CHECKOUT
from bastide.tool.live.client import runs

ENDS = int(os.environ.get("BASTIDE_ENDS", "8"))
SECONDS = 30
"""Until a run that does not end is a failure."""

SIGNALS = {
    "command": (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGINT, signal.SIGTERM, signal.SIGSTOP),
    "zygote": (signal.SIGKILL, signal.SIGSEGV),
    "reaper": (signal.SIGKILL,),
    "init": (signal.SIGKILL, signal.SIGSEGV),
}
POLITE = (signal.SIGINT, signal.SIGTERM)
STARTING_MILLISECONDS = 700

INIT_ENDED = "error: 'init' ended: {}; the run can't go on without it"
NO_INIT = "bastide run: 'init' can't start: cannot start init: "
ZYGOTE_ENDED = "error: the process that starts components ended; the run can't go on"


@dataclass(frozen=True)
class Traces:
    """What a run could leave on the host. Namespaces and memory go with the processes; cgroups of its own it has none.
    """

    processes: frozenset[int]
    files: frozenset[str]
    mounts: str


@adopting()
def test_however_a_run_ends_nothing_of_it_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(SEED)
    scenario, scratch, sockets = tmp_path / "runtime", tmp_path / "scratch", tmp_path / "user"
    scratch.mkdir()
    sockets.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(sockets))
    monkeypatch.setenv("TMPDIR", str(scratch))      # the second place of sockets, where other runs may be
    scenario.write_text(_scenario())
    before = _traces(scratch)
    for number in range(ENDS):
        victim = list(SIGNALS)[number % len(SIGNALS)]
        how = dice.choice(SIGNALS[victim])
        patience = dice.randrange(STARTING_MILLISECONDS) if number // len(SIGNALS) % 2 else None
        print(f"BASTIDE_SEED={SEED}: run {number}: {victim} gets {how.name} "
              f"{'at work' if patience is None else f'after {patience} ms'}", flush=True)
        with _started(scenario) as run:
            found = _at_work(run, dice) if patience is None else _meanwhile(run, patience)
            struck = _strike(run, victim, how)
            rest, complaints = run.communicate(timeout=SECONDS)
        reap_all_but(before.processes)
        assert _traces(scratch) == before
        assert list(runs()) == []               # whoever looks removes the socket of a command that was killed
        assert list(sockets.glob("bastide/*")) == []
        _check_last_words(victim, how, struck, run.returncode, (found + rest).decode(), complaints.decode())


def _scenario() -> str:
    people = "".join(f"  {line}\n" for line in config(PEOPLE, pace=5).splitlines()[1:-1])
    return ("runtime | ram: 192M | caps: 9000 | binary: init\n"
            "+ content\n  + rom init\n  + rom timer\n  + rom mortal\n"
            f"+ config\n{people}-\n")


def _started(scenario: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bastide.tool.main", "run", str(scenario)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=CHECKOUT / "src")


def _at_work(run: subprocess.Popen[bytes], dice: random.Random) -> bytes:
    """Let so many of the components come to life."""
    count = dice.randrange(1, sum(person.works for person in PEOPLE) + 1)
    assert run.stdout is not None
    lines = list[bytes]()
    while sum(b"] at work" in line for line in lines) < count:
        line = run.stdout.readline()
        assert line, f"{b''.join(lines)!r} {run.communicate()}"
        lines.append(line)
    return b"".join(lines)


def _meanwhile(run: subprocess.Popen[bytes], milliseconds: int) -> bytes:
    """Let it start for a while, unless it ends."""
    end = os.pidfd_open(run.pid)
    select.select([end], [], [], milliseconds / 1000)
    os.close(end)
    return b""


def _strike(run: subprocess.Popen[bytes], victim: str, how: signal.Signals) -> bool:
    """Whether the victim existed."""
    if victim == "command":
        run.send_signal(how)
        if how is signal.SIGSTOP:
            run.send_signal(signal.SIGKILL)
        return True
    name = victim if victim == "init" else f"bastide-{victim}"
    found = [pid for pid, known in children(run.pid).items() if known == name]
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, how)
    if not found:
        run.send_signal(signal.SIGKILL)
    return bool(found)


def _check_last_words(victim: str, how: signal.Signals, struck: bool, code: int, output: str, errors: str) -> None:
    said = f"exit code {code}\n{output}\n{errors}"
    if not struck or (victim == "command" and how not in POLITE):
        assert code == -(signal.SIGKILL if not struck or how is signal.SIGSTOP else how), said
        return
    assert "Traceback" not in output + errors, said
    if victim == "command":                     # it has nothing to say before anything started,
        assert code in (130, -how), said        # and can't in the very beginning, when Python has not come to life
        assert code < 0 or not output or output.endswith("interrupted\n"), said
        return
    assert code == 1, said
    last = (output + errors).splitlines()[-1]
    if not output:                                  # nothing had started
        assert last.startswith("bastide run: "), said
    elif victim == "init":
        assert last == INIT_ENDED.format("SIGSEGV" if how is signal.SIGSEGV else "killed"), said
    else:                                           # with the reaper all die, and any of them may be missed first
        assert last == ZYGOTE_ENDED or last.startswith(NO_INIT) or (
            victim == "reaper" and last == INIT_ENDED.format("killed")), said


def _traces(scratch: Path) -> Traces:
    return Traces(frozenset(children()), frozenset(str(path) for path in scratch.rglob("*")),
                  Path("/proc/self/mountinfo").read_text())
