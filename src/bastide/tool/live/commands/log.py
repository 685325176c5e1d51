"""The command `log`: the newest lines of a run, and those that come."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from bastide.base.label import SEPARATOR
from bastide.tool.arguments import Parser
from bastide.tool.live.client import Connection, chosen
from bastide.tool.live.commands.asking import add_run, asking
from bastide.tool.live.excerpt import Excerpt
from bastide.tool.log import Form, LogOutput, visible
from bastide.tool.main import SUCCESS
from bastide.tool.suggestion import suggestion


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)

    def show() -> int:
        with chosen(options.run) as connection:
            output = LogOutput(sys.stdout.fileno(), Form.JSON if options.json else Form.fitting(sys.stdout.fileno()))
            try:
                excerpts = connection.follow() if options.follow else _known(connection)
                shown, labels = _show(excerpts, options.source, output)
            finally:
                output.close()
        if not shown and options.source is not None:
            print(f"bastide log: there is no line from '{visible(options.source)}'"
                  f"{suggestion(options.source, labels)}", file=sys.stderr)
        return SUCCESS

    return asking("log", show)


def _known(connection: Connection) -> Iterable[Excerpt]:
    excerpt = connection.log()
    while excerpt.lines:
        yield excerpt
        excerpt = connection.log(excerpt.after)


def _show(excerpts: Iterable[Excerpt], source: str | None, output: LogOutput) -> tuple[int, set[str]]:
    """How many lines were shown, and who logged at all."""
    shown, labels = 0, set[str]()
    for excerpt in excerpts:
        if excerpt.missed:
            output.note(f"... {excerpt.missed} lines missed: they came faster than they could be read")
        for line in excerpt.lines:
            labels.update(line.label.split(SEPARATOR))
            if source is not None and not within(line.label, source):
                continue
            shown += 1
            if line.note:
                output.note(line.text)
            else:
                output.line(line.label, line.text)
        if output.gone:
            break
    return shown, labels - {""}


def within(label: str, source: str) -> bool:
    """Whether a component that is called so, or has a label that ends so, logged it, or one of its children."""
    return f"{SEPARATOR}{source}{SEPARATOR}" in f"{SEPARATOR}{label}{SEPARATOR}"


def parser() -> Parser:
    """What the command understands."""
    made = Parser(
        prog="bastide log", description="Show the newest lines of a run's log, up to 2000 of them.",
        epilog="Example: bastide log hello --follow --from hello_server")
    add_run(made)
    made.add_argument("--follow", "-f", action="store_true", help="go on with what is logged, until the run ends")
    made.add_argument("--from", dest="source", metavar="LABEL", help="only lines of this component, and those within")
    made.add_argument("--json", action="store_true", help="print one JSON object per line")
    return made
