"""The command line of `run`. What it does is in `execution.py`, which is not even imported for a mistake."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bastide.tool.arguments import Parser
from bastide.tool.main import USAGE


def main(arguments: Sequence[str]) -> int:
    """Run the scenario that the arguments name; the result is the exit code."""
    # Or else `--web hello` would look for the port 'hello'.
    options = parser().parse_args(["--web=0" if word == "--web" else word for word in arguments])
    if options.scenario is None:
        from bastide.tool.scenario import scenario_folders, scenario_names

        print("bastide run: which scenario? There are: "
              + (", ".join(scenario_names(scenario_folders())) or "none"), file=sys.stderr)
        return USAGE
    from bastide.tool.execution import execute

    return execute(options)


def _amount(text: str) -> int:
    from bastide.base.value import Bytes

    try:
        return int(Bytes(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is no number of capabilities such as 5000")
    return int(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is no port such as 8000; write --web or --web=8000")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = Parser(
        prog="bastide run", description="Run a scenario: a system in one file.",
        epilog="Exit codes: 0 success, 1 the scenario failed, or its log could not be written, 2 wrong usage or an "
               "error in the scenario, 3 this host can't isolate components as promised, 130 interrupted. "
               "Example: bastide run hello")
    made.add_argument("scenario", nargs="?", help="its name, or the path of its runtime file")
    made.add_argument("--ram", type=_amount, metavar="512M",
                      help="RAM of the whole system (default: half of what the host has available)")
    made.add_argument("--caps", type=_count, metavar="N",
                      help="capabilities of the whole system (default: one for each descriptor of core, ulimit -Hn)")
    made.add_argument("--json", action="store_true", help="print the log as one JSON object per line")
    made.add_argument("--record", metavar="DIR",
                      help="keep log, reports and configs with their times there, for 'bastide replay DIR'")
    made.add_argument("--watch", action="store_true",
                      help="run until interrupted, and take over what is edited: scenario, components, ROM modules")
    made.add_argument("--web", nargs="?", type=_port, metavar="PORT",
                      help="run until interrupted, and show the system in the browser; needs the extra 'web'")
    made.add_argument("--profile", choices=("default", "native"), default="default",
                      help="native: components may map executable memory from what they are given")
    made.add_argument("--no-namespaces", action="store_true", help="do without namespaces, also where there are some")
    made.add_argument("--allow-missing-isolation", action="store_true",
                      help="run although a promised layer of isolation can't be had")
    return made
