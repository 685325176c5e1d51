"""What all commands about runs have in common: how they end if there is no such run, or it refuses, or ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from bastide.tool.live.client import NoSuchRun, Refused, RunEnded
from bastide.tool.log import visible
from bastide.tool.main import SCENARIO_FAILED, USAGE

RUN_HELP = "its name or process id, as 'bastide ps' shows them; may be left out if only one runs"


def asking(command: str, action: Callable[[], int]) -> int:
    """The exit code of a command. What a run says is printed line by line, and can't drive the terminal."""
    try:
        return action()
    except (NoSuchRun, Refused, RunEnded) as error:
        lines = [visible(line) for line in str(error).splitlines()]
        if len(lines) == 1:
            lines = [f"bastide {command}: {lines[0]}"]
        print("\n".join(lines), file=sys.stderr)
        return USAGE if isinstance(error, NoSuchRun) else SCENARIO_FAILED


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", metavar="RUN", help=RUN_HELP)
