"""Runs as processes of their own, for tests that look at them from outside. Nothing sleeps: lines are waited for."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 60
"""Until a run that says nothing more is a failure."""

TOWN = """runtime | ram: 64M | caps: 1500 | binary: init
+ content
  + rom init
  + rom speaker
  + rom asker
+ config
  + parent-provides
    + service ROM
    + service CPU
    + service PD
    + service LOG
  + heartbeat | rate_ms: 100
  + default | ram: 4M | caps: 100
  + default-route | + any-service | + parent
  + start speaker
    + heartbeat | restart_after_skipped: 1
    + config | word: one
  + start asker
  + start nested | ram: 16M | caps: 500
    + binary init
    + config
      + parent-provides
        + service ROM
        + service CPU
        + service PD
        + service LOG
      + default | ram: 4M | caps: 100
      + default-route | + any-service | + parent
      + start speaker
        + config | word: inner
-
"""
COMPONENTS = {
    "speaker": "def construct(env):\n"
               "    env.config.watch(lambda config: env.log('says ' + config.attribute('word', '')))\n",
    "asker": """
from bastide.base import BastideError
from bastide.session.hello import HelloSession

def construct(env):
    try:
        HelloSession.connect(env, label="please")
    except BastideError:
        env.log("was denied")
""",
}


def place_town(folder: Path, scenario: str = TOWN) -> Path:
    """The scenario and its components, in a folder whose name is that of the run."""
    for name, text in COMPONENTS.items():
        component = folder / "components" / name
        component.mkdir(parents=True)
        (component / "main.py").write_text(text)
    (folder / "runtime").write_text(scenario)
    return folder / "runtime"


def bastide(*words: str) -> list[str]:
    return [sys.executable, "-m", "bastide.tool.main", *words]


class Started:
    """A command, and the lines that it said."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(bastide(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines: list[str] = []
        self._rest = b""

    def wait_for(self, *texts: str) -> None:
        """Read on until each text was in a line since."""
        missing = set(texts)
        while missing:
            line = self.line()
            missing -= {text for text in missing if text in line}

    def line(self) -> str:
        """The next line, which is waited for."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + SECONDS
        while b"\n" not in self._rest:
            assert select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0], self.lines
            data = os.read(self.process.stdout.fileno(), 4096)
            assert data, self.lines
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        self.lines.append(line.decode())
        return self.lines[-1]

    def end(self, number: int = signal.SIGINT) -> int:
        """Interrupt it, unless it has ended; its exit code."""
        assert self.process.stdout is not None
        if self.process.stdout.closed:
            return self.process.returncode
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.stdout.read()
        code = self.process.wait(SECONDS)
        self.process.stdout.close()
        return code
