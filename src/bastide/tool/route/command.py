"""The command line of `route`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence

from bastide.tool.arguments import Parser
from bastide.tool.main import SCENARIO_FAILED, SUCCESS, USAGE


def main(arguments: Sequence[str]) -> int:
    """Print where the sessions of a scenario lead; the result is the exit code."""
    options = parser().parse_args(arguments)
    from bastide.base.errors import BastideError

    try:
        return _show(options)
    except (BastideError, ValueError) as error:
        print(f"bastide route: {error}", file=sys.stderr)
        return USAGE


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = Parser(
        prog="bastide route",
        description="Show for each session that the components of a scenario will ask for, who serves it, and the rule "
                    "that decides; where nobody does, why, and what would help. Nothing is started.",
        epilog="Exit codes: 0 all sessions have a server, 1 some have none, 2 wrong usage or an error in the scenario. "
               "Example: bastide route panel display")
    made.add_argument("scenario", help="its name, or the path of its runtime file")
    made.add_argument("child", nargs="?", help="show this component alone, such as 'display' or 'dynamic -> sensor'")
    made.add_argument("--json", action="store_true", help="print an object with all sessions")
    return made


def _show(options: argparse.Namespace) -> int:
    from bastide.base.label import SEPARATOR
    from bastide.tool.checkout import SCENARIOS
    from bastide.tool.graph.asks import Survey
    from bastide.tool.graph.plan import Plan
    from bastide.tool.route.rows import BAD, GOOD, planned_rows, table, verdict
    from bastide.tool.scenario import find_scenario, read_scenario, scenario_folders
    from bastide.tool.suggestion import suggestion

    scenario = read_scenario(find_scenario(options.scenario, scenario_folders(*SCENARIOS)))
    plan = Plan.of(scenario)
    below = plan.prefix + SEPARATOR
    if options.child is None:
        wanted = [component for component in plan if component.label.startswith(below)]
        wanted = [plan.components[plan.prefix], *wanted] if plan.prefix in plan.components else [plan.top]
    else:
        names = {component.label.removeprefix(below): component for component in plan}
        if options.child not in names and options.child not in plan.components:
            raise ValueError(f"'{scenario.name}' has no component '{options.child}'{suggestion(options.child, names)}")
        wanted = [names.get(options.child) or plan.components[options.child]]
    survey = Survey(plan)
    rows = [row for component in wanted for row in planned_rows(component, survey.of(component))
            if options.child is not None or row.label != "session_requests"]
    refused = sum(row.mark == BAD for row in rows)
    if options.json:
        print(json.dumps({"scenario": scenario.name, "sessions": [row.to_json() for row in rows]}))
    else:
        encoding = sys.stdout.encoding or "ascii"
        unicode = GOOD.encode(encoding, "replace").decode(encoding, "replace") == GOOD
        text = table(rows, plan.prefix, shutil.get_terminal_size((120, 0)).columns, unicode)
        problems = "".join(f"\nnote: {component.label.removeprefix(below)}: {problem}" for component in wanted
                           if (problem := plan.problems.get(component.label) or (
                               "its config is made at run time" if component.label in plan.open else "")))
        print(f"{text}\n{problems}\n{scenario.name}: {verdict(rows)}".encode(encoding, "replace").decode(encoding))
    return SCENARIO_FAILED if refused else SUCCESS
