"""What a host shows of processes: descriptors, shared memory, states. Nothing is asked of them.

It shows descriptors and memory of components to who may trace them, as root may: to others, they seem to have none.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def state_of(pid: int) -> str:
    """`R`, `S`, `T` for stopped, `Z` for dead..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]


def descriptors(pid: int | str = "self") -> Counter[str]:
    """How many descriptors of each kind a process has."""
    kinds: Counter[str] = Counter()
    for _, target in _links(pid):
        kinds[re.sub(r"\d+", "", target)] += 1
    return kinds


def shared_memory(pids: Iterable[int | str]) -> tuple[int, int]:
    """How many anonymous files these processes keep alive, by a descriptor or a mapping, and their bytes in use."""
    sizes: dict[int, int] = {}
    for pid in pids:
        for path, target in _links(pid):
            if target.startswith("/memfd:"):
                with suppress(FileNotFoundError):
                    status = os.stat(path)
                    sizes[status.st_ino] = status.st_blocks * 512
        with suppress(PermissionError):
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                fields = line.split(maxsplit=5)
                if len(fields) == 6 and fields[5].startswith("/memfd:"):
                    sizes.setdefault(int(fields[4]), 0)
    return len(sizes), sum(sizes.values())


def _links(pid: int | str) -> Iterator[tuple[str, str]]:
    folder = f"/proc/{pid}/fd"
    with suppress(PermissionError):
        for number in os.listdir(folder):
            path = f"{folder}/{number}"
            with suppress(FileNotFoundError):       # the one that listed
                yield path, os.readlink(path)
