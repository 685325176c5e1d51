"""The command line of `graph`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bastide.tool.arguments import Parser
from bastide.tool.main import SUCCESS, USAGE

if TYPE_CHECKING:
    from bastide.tool.graph.model import System

FORMATS = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".txt": "text", ".json": "json"}
"""What a file is by its name."""


def main(arguments: Sequence[str]) -> int:
    """Draw the scenario, or the run, that the arguments name; the result is the exit code."""
    made = parser()
    options = made.parse_args(arguments)
    if options.live:
        from bastide.tool.live.client import running
        from bastide.tool.live.commands.asking import asking

        return asking("graph", lambda: _draw(options, lambda: running(options.scenario)))
    if options.scenario is None:
        made.error("which scenario? 'bastide run' lists them; with --live, a run is drawn")
    from bastide.base.errors import BastideError
    from bastide.tool.log import visible

    try:
        return _draw(options, lambda: _planned(options.scenario))
    except BastideError as error:
        print(f"bastide graph: {visible(str(error))}", file=sys.stderr)
        return USAGE


def _planned(name: str) -> System:
    from bastide.tool.graph.plan import Plan
    from bastide.tool.graph.planned import planned_system
    from bastide.tool.scenario import named_scenario

    return planned_system(Plan.of(named_scenario(name)))


def _draw(options: argparse.Namespace, system: Callable[[], System]) -> int:
    try:
        form = _format(options)
    except ValueError as error:
        print(f"bastide graph: {error}", file=sys.stderr)
        return USAGE
    text = written(system(), form, options.all, _unicode(options))
    if options.output is None:
        sys.stdout.write(text)
        return SUCCESS
    try:
        Path(options.output).write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"bastide graph: {options.output}: can't be written: {error.strerror}", file=sys.stderr)
        return USAGE
    return SUCCESS


def written(system: System, format: str, everything: bool = False, unicode: bool = True) -> str:
    """A system, planned or running, in one of the formats `svg`, `dot`, `text` and `json`."""
    if format == "json":
        return json.dumps(system.to_json()) + "\n"
    from bastide.tool.graph.arrows import picture

    shown = picture(system, everything)
    if format == "svg":
        from bastide.tool.graph.svg import svg

        return svg(shown)
    if format == "dot":
        from bastide.tool.graph.dot import dot

        return dot(shown)
    from bastide.tool.graph.tree import tree

    return tree(shown, unicode)


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = Parser(
        prog="bastide graph",
        description="Draw a scenario, or a run: components within components, and who serves whom. Nothing is started.",
        epilog="Exit codes: 0 success, 2 wrong usage or an error in the scenario. "
               "Example: bastide graph panel -o panel.svg")
    made.add_argument("scenario", nargs="?", help="its name, or the path of its runtime file")
    made.add_argument("--live", action="store_true",
                      help="draw a run, named as 'bastide ps' shows it, as it is now; may be left out if only one runs")
    form = made.add_mutually_exclusive_group()
    for name, meaning in (("svg", "a picture"), ("dot", "source for Graphviz"), ("text", "a tree (default)"),
                          ("json", "an object, for programs")):
        form.add_argument(f"--{name}", dest="format", action="store_const", const=name, help=meaning)
    made.add_argument("-o", "--output", metavar="FILE", help="write there; without a format, its ending says which")
    made.add_argument("--all", action="store_true", help="show also what nearly all ask of core and of their inits")
    return made


def _format(options: argparse.Namespace) -> str:
    if options.format is not None:
        return str(options.format)
    if options.output is None:
        return "text"
    ending = Path(options.output).suffix
    if ending not in FORMATS:
        raise ValueError(f"the ending '{ending}' of '{options.output}' says no format: there are "
                         f"{', '.join(FORMATS)}, or give --svg, --dot, --text or --json")
    return FORMATS[ending]


def _unicode(options: argparse.Namespace) -> bool:
    """Whether lines and arrows of the tree can be shown."""
    encoding = sys.stdout.encoding or "ascii"
    return options.output is not None or "├→✗".encode(encoding, "replace").decode(encoding) == "├→✗"
