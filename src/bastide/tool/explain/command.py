"""The command `explain`: says in full what a line of the log means, and what would help."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bastide.tool.arguments import Parser
from bastide.tool.main import SCENARIO_FAILED, SUCCESS, USAGE

if TYPE_CHECKING:
    from bastide.tool.explain.way import Way

MOST_LINES = 100_000


def main(arguments: Sequence[str]) -> int:
    """Explain the line that is given, or each line of the standard input; the result is the exit code."""
    options = parser().parse_args(arguments)
    from bastide.base.errors import BastideError
    from bastide.tool.explain.explanation import several
    from bastide.tool.explain.line import messages
    from bastide.tool.log import visible

    try:
        way = _way(options.scenario) if options.scenario else None
    except BastideError as error:
        print(f"bastide explain: {visible(str(error))}", file=sys.stderr)
        return USAGE
    lines = messages(_input() if options.line == "-" else options.line.split("\n"))
    explanations = several(lines, way)
    for number, explanation in enumerate(explanations):
        print("\n" * (number > 0) + "\n".join(map(visible, str(explanation).split("\n"))))
    if not explanations:
        print("bastide explain: nothing is known about that; what init and core say can be explained when they deny or "
              "lack something, as 'bastide run' shows it", file=sys.stderr)
    return SUCCESS if explanations else SCENARIO_FAILED


def _way(scenario: str) -> Way:
    from bastide.tool.explain.way import Way
    from bastide.tool.graph.plan import Plan
    from bastide.tool.scenario import named_scenario

    return Way(Plan.of(named_scenario(scenario)))


def _input() -> Iterator[str]:
    for _ in range(MOST_LINES):
        line = sys.stdin.buffer.readline(1 << 16)       # whatever bytes there are
        if not line:
            return
        yield line.decode(errors="replace")


def parser() -> Parser:
    """What the command understands."""
    made = Parser(
        prog="bastide explain", description="Explain a denial or an error that a run has printed: who asked, who "
        "refused, by which rule, and what would allow it.",
        epilog="Exit codes: 0 explained, 1 nothing is known about it, 2 wrong usage. "
               "Example: bastide run town | bastide explain - --scenario town")
    made.add_argument("--scenario", metavar="NAME", help="follow the request through this scenario, by name or by path")
    made.add_argument("line", help="the line, or '-' to read a log from the standard input")
    return made
