"""The command `check`: looks through scenarios without starting anything, and prints what it finds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from bastide.tool.arguments import Parser
from bastide.tool.main import SCENARIO_FAILED, SUCCESS, USAGE


def main(arguments: Sequence[str]) -> int:
    """Check the scenarios that the arguments name; the result is the exit code."""
    options = parser().parse_args(arguments)
    from bastide.tool.check.examination import examine
    from bastide.tool.check.host import what_this_host_gives
    from bastide.tool.graph.code import Library
    from bastide.tool.log import visible
    from bastide.tool.scenario import ScenarioError, find_scenario, scenario_content, scenario_folders

    code, library = SUCCESS, Library()
    for wanted in options.scenario:
        try:
            path = find_scenario(wanted, scenario_folders())
            result = examine(path, scenario_content(path), what_this_host_gives(), library)
        except ScenarioError as error:
            print(f"bastide check: {visible(str(error))}", file=sys.stderr)
            code = USAGE
            continue
        if result.findings and code == SUCCESS:
            code = SCENARIO_FAILED
        if options.json:
            print(json.dumps({"scenario": result.path, "summary": result.summary, "findings": [
                {"path": found.path, "line": found.line, "column": found.column, "what": found.what,
                 "suggestion": found.hint} for found in result.findings]}))
        else:
            for found in result.findings:
                print(visible(str(found)))
            if not result.findings:
                print(f"{visible(result.path)}: clean: {result.summary}")
    return code


def parser() -> Parser:
    """What the command understands."""
    made = Parser(
        prog="bastide check", description="Look through a scenario before anything starts: names and values, modules, "
        "routes, budgets.",
        epilog="Exit codes: 0 clean, 1 something was found, 2 wrong usage or not readable. "
               "Example: bastide check hello")
    made.add_argument("scenario", nargs="+", help="its name, or the path of its runtime file")
    made.add_argument("--json", action="store_true", help="print one JSON object per scenario")
    return made
