"""Tests that an ordinary user runs, although it is root who started pytest: those with the mark `ordinary_user`.

A process that gave up all privileges for good cannot take them back, so it has to be another process. It is forked when
all tests are collected and none has begun, and runs the marked tests one by one when their turn comes. What it reports
is reported as if they had run here. It is no child of this process: tests may look at those.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from bastide.kernel.linux import privileges
from bastide.kernel.linux.syscall import call

MARK = "ordinary_user"
NOBODY = 65534


@cache
def available() -> bool:
    """Whether there is a choice: we are root, and others may read what tests need, too."""
    if os.geteuid() != 0:
        return False
    needed = [sys.executable, str(Path(__file__)), pytest.__file__]
    program = "import sys; [open(name).close() for name in sys.argv[1:]]"
    try:
        return subprocess.run([sys.executable, "-c", program, *needed], user=NOBODY, group=NOBODY, extra_groups=[],
                              cwd="/", capture_output=True).returncode == 0
    except OSError:
        return False


class OrdinaryUser:
    """The plugin."""

    def __init__(self) -> None:
        self._items: list[pytest.Item] = []
        self._other: socket.socket | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._items = [item for item in session.items if item.get_closest_marker(MARK) is not None]
        if not self._items or session.config.option.collectonly or not available():
            return
        self._other, theirs = socket.socketpair()
        between = os.fork()
        if between == 0:
            if os.fork() == 0:
                self._other.close()
                _become_ordinary()
                self._serve(theirs)
            os._exit(0)
        os.waitpid(between, 0)
        theirs.close()
        self._answers = self._other.makefile("rb")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if self._other is None or item not in self._items:
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in self._run(item):
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        item.session._setupstate.teardown_exact(nextitem)   # fixtures here that the next test has no use for
        return True

    def _run(self, item: pytest.Item) -> Sequence[pytest.TestReport]:
        assert self._other is not None
        self._other.sendall(self._items.index(item).to_bytes(4, "little"))
        line = self._answers.readline()
        assert line, f"the process of the ordinary user died of {item.nodeid}"
        hook = item.config.hook
        return [hook.pytest_report_from_serializable(config=item.config, data=data) for data in json.loads(line)]

    def _serve(self, orders: socket.socket) -> None:
        code = 1
        try:
            while order := orders.recv(4, socket.MSG_WAITALL):
                at = int.from_bytes(order, "little")
                item = self._items[at]
                following = self._items[at + 1] if at + 1 < len(self._items) else None
                reports = runtestprotocol(item, log=False, nextitem=following)
                hook = item.config.hook
                told = [hook.pytest_report_to_serializable(config=item.config, report=report) for report in reports]
                orders.sendall(json.dumps(told).encode() + b"\n")
            code = 0
        finally:
            os._exit(code)


def _become_ordinary() -> None:
    privileges.become(NOBODY)
    call("prctl", privileges.PR_SET_DUMPABLE, 1, 0, 0, 0)     # else what is ours in /proc would be root's
    os.environ["HOME"] = "/"


def interpreter_for_all() -> str:
    """An interpreter in folders that every user may enter: this one, or the system's."""
    own = Path(os.path.realpath(sys.executable))
    for candidate in (own, Path("/usr/bin/python3"), Path("/usr/local/bin/python3")):
        if candidate.exists() and all(folder.stat().st_mode & 0o001 for folder in candidate.resolve().parents):
            return str(candidate)
    raise AssertionError(f"{own} lies in a folder that other users can't enter, and there is no system Python: "
                         "install python3")
