"""The command `ps`: all runs of this user."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict

from bastide.tool.arguments import Parser
from bastide.tool.live.about import About
from bastide.tool.live.client import Refused, RunEnded, runs
from bastide.tool.live.commands.asking import asking
from bastide.tool.live.commands.table import size, span, table
from bastide.tool.log import visible
from bastide.tool.main import SUCCESS

HEAD = ("PID", "SCENARIO", "SINCE", "COMPONENTS", "RAM")


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)

    def list_runs() -> int:
        found, silent = list[About](), list[str]()
        for connection in runs():
            with connection:
                try:
                    found.append(connection.about())
                except (Refused, RunEnded) as error:
                    silent.append(f"{connection.name}: {visible(str(error))}")
        if options.json:
            print(json.dumps([asdict(about) for about in found]))
            return SUCCESS
        if found:
            print("\n".join(table([HEAD, *map(_row, found)], "><>>>")))
        for line in silent:
            print(line)
        if not found and not silent:
            print("nothing runs; 'bastide run NAME' starts something")
        return SUCCESS

    return asking("ps", list_runs)


def _row(about: About) -> tuple[str, ...]:
    return (str(about.pid), visible(about.scenario), span(time.time() - about.began), str(about.components),
            size(about.ram))


def parser() -> Parser:
    """What the command understands."""
    made = Parser(
        prog="bastide ps", description="List the runs of this user: process id, scenario, for how long it runs, how "
                                       "many components it has, and the RAM of their budgets that they use.",
        epilog="Example: bastide ps")
    made.add_argument("--json", action="store_true", help="print a list of JSON objects")
    return made
