"""The page of a run, from the run's side: a port, an address to open, and a process beside the run that serves it.

The page reads what the world sends and shows a whole system, so it does not live in the process of core, where the
authority over that system is. It costs a run without a page nothing, and one with a page hardly anything.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict

from bastide.base.errors import BastideError
from bastide.tool.checkout import CHECKOUT
from bastide.tool.requirements import MissingRequirements, install, listed
from bastide.tool.web.address import Address, listen

PACKAGES = ("starlette", "uvicorn")
PATIENCE = 3.0
"""Seconds within which the process has to tell its browsers that the run is over, and to end."""


class PageError(BastideError):
    """There can be no page; the text says why, and what would help."""


class Page:
    """Of one run. Raises PageError if there can be none."""

    def __init__(self, port: int) -> None:
        """`port` 0: one that is free."""
        _require()
        try:
            self._listener = listen(port)
        except OSError as error:
            raise PageError(f"--web: port {port} can't be listened on: {error.strerror}; without a number, --web takes "
                            "one that is free") from None
        self.address = Address(self._listener.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, top: str) -> None:
        """Serve the run of this process, whose config is for the component with the label `top`."""
        descriptor = self._listener.fileno()
        told = {"run": os.getpid(), "listener": descriptor, "address": asdict(self.address), "top": top}
        # In a group of its own: a Ctrl-C is for the run, whose end it has to tell.
        self._process = subprocess.Popen([sys.executable, "-P", "-m", "bastide.tool.web.process"],
                                         stdin=subprocess.PIPE, pass_fds=[descriptor], process_group=0)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):                 # it died, and said why
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """The run is over."""
        self._listener.close()
        if self._process is not None:
            assert self._process.stdin is not None
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _require() -> None:
    """What a page needs beyond the standard library: a checkout installs it into its own environment."""
    if _missing() and (CHECKOUT / "pyproject.toml").is_file() and sys.prefix != sys.base_prefix:
        with suppress(MissingRequirements):             # pip said why
            install(listed(CHECKOUT / "pyproject.toml", ("web",)))
            importlib.invalidate_caches()
    if missing := _missing():
        raise PageError(f"--web needs {' and '.join(missing)}, which this Python does not have; what helps: "
                        "pip install 'bastide[web]'")


def _missing() -> list[str]:
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]
