"""What a host offers besides isolation: its limits, its Python interpreters, and its emulators.

Owns the questions and the words of the answers, which `doctor` prints. Nothing here is needed to run a system.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DESCRIPTORS_PER_COMPONENT = 6
"""What core holds for a component with one client session, rounded up."""
MEMORY_PER_COMPONENT = 4 << 20
"""What a small component takes of the host, with its share of what all have in common."""

EMULATORS = {
    "qemu-system-x86_64": "qemu-system-x86", "qemu-system-aarch64": "qemu-system-arm",
    "qemu-system-riscv64": "qemu-system-misc", "bochs": "bochs"}
"""Programs that systems without a Linux below them are tried in, and the Debian packages they come from."""

_SECONDS = 5
_SYSTEM = "import sys, platform; print(platform.python_version(), sys.executable)"


@dataclass(frozen=True)
class Finding:
    """One fact about the host. `good`: nothing is to be done about it; `needed`: without it systems do not run."""

    topic: str
    name: str
    good: bool
    text: str
    remedy: str = ""
    needed: bool = False


def survey() -> list[Finding]:
    """All that can be found out without changing anything."""
    return [descriptors(*resource.getrlimit(resource.RLIMIT_NOFILE)), processes(), memory(available_memory()),
            *interpreters(), *emulators(shutil.which)]


def descriptors(soft: int, hard: int) -> Finding:
    """Of the limit on open files, which core raises to the hard one."""
    most = f"enough for about {hard // DESCRIPTORS_PER_COMPONENT:,} components"
    return Finding("limits", "descriptors", hard >= 4096, f"{hard:,} at most ({soft:,} to begin with), {most}",
                   "ulimit -Hn 65536, or LimitNOFILE= in a systemd unit, or --ulimit nofile= for a container",
                   needed=hard < 64)


def processes() -> Finding:
    """Of the limit on processes of this user."""
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    if limit == resource.RLIM_INFINITY or os.geteuid() == 0:
        return Finding("limits", "processes", True, "unlimited")
    return Finding("limits", "processes", limit >= 1024, f"{limit:,} of this user, components among them",
                   "ulimit -u 4096, or TasksMax= in a systemd unit")


def memory(available: int) -> Finding:
    """Of what can be had without swapping."""
    return Finding("limits", "memory", available >= 64 << 20,
                   f"{available >> 20:,} MiB available, enough for about {available // MEMORY_PER_COMPONENT:,} "
                   "small components", "end other programs, or give this host (or container) more", needed=True)


def available_memory() -> int:
    """Bytes, within the limit of the cgroup that this process is in."""
    known = [int(line.split()[1]) << 10 for line in Path("/proc/meminfo").read_text().splitlines()
             if line.startswith("MemAvailable:")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            known.append(int(Path(limit).read_text()))
        except (OSError, ValueError):           # there is none, or it is "max"
            continue
    return min(known, default=0)


def interpreters() -> Iterator[Finding]:
    """The one that runs this, and the others that components could be run by."""
    yield Finding("interpreters", "this one", True, f"{sys.version.split()[0]} {sys.executable}")
    for name in dict.fromkeys(f"python3.{minor}" for minor in range(11, 16)):
        path = shutil.which(name)
        if path is not None and (answer := _ask(path)) is not None:
            yield Finding("interpreters", name, True, answer)


def emulators(which: Callable[[str], str | None]) -> Iterator[Finding]:
    """What systems without a Linux below them are tried in."""
    for name, package in EMULATORS.items():
        path = which(name)
        yield Finding("emulators", name, path is not None, path or "not installed", f"apt install {package}")


def _ask(path: str) -> str | None:
    """Version and path of an interpreter; None if it does not answer, as a shim of a version that is not chosen."""
    try:
        done = subprocess.run([path, "-I", "-S", "-c", _SYSTEM], capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None

