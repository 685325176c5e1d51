"""The command `kill`: ends a component as a fault would."""

from __future__ import annotations

from collections.abc import Sequence

from bastide.tool.arguments import Parser
from bastide.tool.live.client import chosen
from bastide.tool.live.commands.asking import add_run, asking
from bastide.tool.log import visible
from bastide.tool.main import SUCCESS


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)

    def kill() -> int:
        with chosen(options.run) as connection:
            print(f"'{visible(connection.kill(options.label))}' is killed")
        return SUCCESS

    return asking("kill", kill)


def parser() -> Parser:
    """What the command understands."""
    made = Parser(
        prog="bastide kill", description="End a component of a run as a fault would. Its parent deals with that: "
                                         "an init restarts children whose heartbeats it watches.",
        epilog="Example: bastide kill hello hello_server")
    add_run(made)
    made.add_argument("label", metavar="LABEL", help="'init -> panel -> clock', or the end of it if that is clear")
    return made
