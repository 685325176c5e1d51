"""What the development commands need beyond the standard library: installed into `.venv` when first asked for.

The list is that of the extras `dev`, `bare` and `web` of pyproject.toml; what only runs by hand needs comes by hand. A
stamp in the environment remembers the file that was installed for, so that nothing is asked of pip, let alone of the
network, until that file changes. This module does not make the environment: that is the work of the script `bastide`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

EXTRAS = ("dev", "bare", "web")
STAMP = "bastide.requirements"


class MissingRequirements(Exception):
    """The development tools can't be had; the text says why, and what would help."""


def listed(project: Path, names: Sequence[str] = EXTRAS) -> list[str]:
    """The requirements of some extras, as pip wants them."""
    with project.open("rb") as file:
        extras: dict[str, list[str]] = tomllib.load(file)["project"]["optional-dependencies"]
    return [requirement for name in names for requirement in extras.get(name, ())]


def ensure(project: Path) -> None:
    """Install what `project`, a pyproject.toml, lists, unless that was done before. Raises MissingRequirements."""
    if sys.prefix == sys.base_prefix:
        raise MissingRequirements(
            "bastide: tests, linters and benchmarks need tools that are installed into the environment .venv, but this "
            "is an interpreter without one.\n"
            "What helps: a folder that can be written to, and on Debian or Ubuntu: apt install python3-venv")
    stamp = Path(sys.prefix) / STAMP
    fingerprint = hashlib.sha256(project.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == fingerprint:
        return
    install(listed(project))
    stamp.write_text(fingerprint)


def install(requirements: Sequence[str]) -> None:
    """Into this environment. Raises MissingRequirements."""
    print(f"bastide: installing into {sys.prefix} (once): {', '.join(requirements)}", file=sys.stderr, flush=True)
    command = [*_pip(), "install", "--disable-pip-version-check", *requirements]
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode:
        raise MissingRequirements(
            "bastide: pip could not install what is needed for this (its reason is above).\n"
            "What helps: a network connection, or a mirror named by PIP_INDEX_URL. 'bastide run' needs neither.")


def _pip() -> list[str]:
    """A pip that installs into this environment: its own, or another one of this machine."""
    own = [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("pip") is not None:
        return own
    result = subprocess.run([sys.executable, "-m", "ensurepip"], capture_output=True, text=True)
    if result.returncode == 0:
        return own
    for name in ("pip3", "pip"):
        foreign = [shutil.which(name) or "", "--python", sys.executable]
        if foreign[0] and subprocess.run([*foreign, "--version"], capture_output=True).returncode == 0:
            return foreign
    reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
    raise MissingRequirements(
        f"bastide: this Python comes without pip: {reason}\n"
        "What helps on Debian or Ubuntu: apt install python3-venv")
