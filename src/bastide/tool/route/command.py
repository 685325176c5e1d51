"""The command line of `route`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bastide.tool.arguments import Parser
from bastide.tool.main import SCENARIO_FAILED, SUCCESS, USAGE

if TYPE_CHECKING:
    from bastide.tool.route.rows import Row

SESSION_REQUESTS = "session_requests"
"""What each server asks its parent for, which needs no showing."""


def main(arguments: Sequence[str]) -> int:
    """Print where the sessions of a scenario, or of a run, lead; the result is the exit code."""
    made = parser()
    options = made.parse_args(arguments)
    if options.live:
        from bastide.tool.live.commands.asking import asking

        return asking("route", lambda: _checked(_of_run, options))
    if options.scenario is None:
        made.error("which scenario? 'bastide run' lists them; with --live, a run is shown")
    return _checked(_of_scenario, options)


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = Parser(
        prog="bastide route",
        description="Show for each session that the components of a scenario will ask for, who serves it, and the rule "
                    "that decides; where nobody does, why, and what would help. Nothing is started.",
        epilog="Exit codes: 0 all sessions have a server, 1 some have none, 2 wrong usage or an error in the scenario. "
               "Example: bastide route panel display")
    made.add_argument("scenario", nargs="?", help="its name, or the path of its runtime file")
    made.add_argument("child", nargs="?", help="show this component alone, such as 'display' or 'dynamic -> sensor'")
    made.add_argument("--live", action="store_true",
                      help="the first argument is a run, as 'bastide ps' shows it: show the sessions that it has now")
    made.add_argument("--json", action="store_true", help="print an object with all sessions")
    return made


def _checked(show: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    from bastide.base.errors import BastideError
    from bastide.tool.live.client import NoSuchRun, Refused, RunEnded
    from bastide.tool.log import visible

    try:
        return show(options)
    except (NoSuchRun, Refused, RunEnded):
        raise
    except (BastideError, ValueError) as error:
        print(f"bastide route: {visible(str(error))}", file=sys.stderr)
        return USAGE


def _of_scenario(options: argparse.Namespace) -> int:
    from bastide.base.label import SEPARATOR
    from bastide.tool.graph.asks import Survey
    from bastide.tool.graph.plan import Plan
    from bastide.tool.route.rows import planned_rows
    from bastide.tool.scenario import named_scenario

    scenario = named_scenario(options.scenario)
    plan = Plan.of(scenario)
    wanted = _wanted(options.child, list(plan.components), plan.prefix, scenario.name)
    survey = Survey(plan)
    rows = [row for label in wanted for row in planned_rows(plan.components[label], survey.of(plan.components[label]))
            if options.child is not None or row.label != SESSION_REQUESTS]
    notes = [f"{label.removeprefix(plan.prefix + SEPARATOR)}: {problem}" for label in wanted
             if (problem := plan.problems.get(label) or ("its config is made at run time" if label in plan.open
                                                         else ""))]
    return _show(rows, plan.prefix, scenario.name, notes, options.json)


def _of_run(options: argparse.Namespace) -> int:
    from bastide.tool.live.client import running
    from bastide.tool.route.rows import labels_of, system_rows

    system = running(options.scenario)
    labels = list(labels_of(system.root))
    prefix = next((label for label in labels if label == f"init -> {system.name}"), "init")
    wanted = _wanted(options.child, labels, prefix, system.name)
    rows = [row for row in system_rows(system) if row.client in wanted
            and (options.child is not None or row.label != SESSION_REQUESTS)]
    return _show(rows, prefix, system.name, (), options.json)


def _wanted(child: str | None, labels: Sequence[str], prefix: str, system: str) -> list[str]:
    """The labels of the components to be shown. Raises ValueError."""
    from bastide.tool.suggestion import suggestion

    below = prefix + " -> "
    if child is None:
        return [label for label in labels if label == prefix or label.startswith(below)]
    names = {label.removeprefix("init -> "): label for label in labels}
    names.update((label.removeprefix(below), label) for label in labels)
    if child not in names and child not in labels:
        raise ValueError(f"'{system}' has no component '{child}'{suggestion(child, names)}")
    return [names.get(child, child)]


def _show(rows: Sequence[Row], prefix: str, system: str, notes: Sequence[str], as_json: bool) -> int:
    from bastide.tool.log import visible
    from bastide.tool.route.rows import BAD, GOOD, table, verdict

    if as_json:
        print(json.dumps({"scenario": system, "sessions": [row.to_json() for row in rows]}))
    else:
        encoding = sys.stdout.encoding or "ascii"
        unicode = GOOD.encode(encoding, "replace").decode(encoding, "replace") == GOOD
        text = table(rows, prefix, shutil.get_terminal_size((120, 0)).columns, unicode)
        said = "".join(f"\nnote: {visible(note)}" for note in notes)
        print(f"{text}\n{said}\n{visible(system)}: {verdict(rows)}".encode(encoding, "replace").decode(encoding))
    return SCENARIO_FAILED if any(row.mark == BAD for row in rows) else SUCCESS
