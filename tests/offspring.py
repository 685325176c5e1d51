"""Processes below that of the tests: which there are, and that they end, also those whose parent has died.

Such orphans go to process 1 of the host, unless somebody adopts them. It may take its time to reap them, or never do
it; and the first process of a namespace ends only once all within are reaped. So tests that kill a parent adopt.
"""

from __future__ import annotations

import os
import select
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bastide.kernel.linux.syscall import call

PR_SET_CHILD_SUBREAPER = 36         # linux/prctl.h
SECONDS = 60
"""Until processes that don't end are a failure."""


def children(pid: int | str = "self") -> dict[int, str]:
    """The names of all children of a process, dead ones that nobody waited for included."""
    found: dict[int, str] = {}
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):   # a thread that ended
            for child in path.read_text().split():
                found[int(child)] = name_of(int(child))
    return found


def name_of(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text().removesuffix("\n")
    return ""


@contextmanager
def adopting() -> Iterator[None]:
    """Who loses its parent meanwhile becomes a child of this process."""
    call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        call("prctl", PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def reap_all_but(spared: Collection[int]) -> None:
    """Wait for the end of all children but these, also of those that they start before they end."""
    while others := children().keys() - spared:
        reap(others)


def reap(pids: Iterable[int]) -> None:
    """Wait for the end of children, in whichever order they end."""
    ends = {os.pidfd_open(pid): pid for pid in pids}
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    while ends:
        ready = poll.poll(SECONDS * 1000)
        assert ready, f"these processes do not end: {[(pid, name_of(pid)) for pid in ends.values()]}"
        for end, _ in ready:
            os.waitpid(ends.pop(end), 0)
            poll.unregister(end)
            os.close(end)
