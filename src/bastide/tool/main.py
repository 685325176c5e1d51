"""The command `bastide`: picks the command that was asked for, and imports nothing else.

What the commands do is their modules' business; this module owns their list, the help and the exit codes.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

VERSION = "0.1.0"

SUCCESS, SCENARIO_FAILED, USAGE, NO_ISOLATION, INTERRUPTED = 0, 1, 2, 3, 130


class Command(NamedTuple):
    """One command, and the function that runs it: takes the further arguments, returns the exit code."""

    name: str
    function: str
    summary: str
    example: str


COMMANDS = (
    Command("run", "bastide.tool.run:main", "run a scenario, by name or by path", "bastide run hello"),
    Command("check", "bastide.tool.check.command:main", "find mistakes in a scenario before it runs",
            "bastide check hello"),
    Command("explain", "bastide.tool.explain.command:main", "say in full what a line of the log means",
            'bastide explain "LINE"'),
    Command("route", "bastide.tool.route.command:main", "show who serves which session, by which rule",
            "bastide route hello hello_client"),
    Command("graph", "bastide.tool.graph.command:main", "draw a scenario: components and sessions",
            "bastide graph panel -o panel.svg"),
    Command("ps", "bastide.tool.live.commands.ps:main", "list what runs", "bastide ps"),
    Command("top", "bastide.tool.live.commands.top:main", "watch the components of a run", "bastide top hello"),
    Command("log", "bastide.tool.live.commands.log:main", "show and follow the log of a run",
            "bastide log hello --follow"),
    Command("config", "bastide.tool.live.commands.config:main", "read or change the config of a run",
            "bastide config hello edit"),
    Command("kill", "bastide.tool.live.commands.kill:main", "end a component of a run",
            "bastide kill hello hello_server"),
    Command("replay", "bastide.tool.record:main", "show a recorded run again", "bastide replay DIR --at 1.5"),
    Command("new", "bastide.tool.new:main", "begin a component, a scenario, or a project", "bastide new project town"),
    Command("doctor", "bastide.tool.doctor:main", "show what this host can isolate", "bastide doctor"),
    Command("completion", "bastide.tool.completion:main", "complete commands in your shell",
            "bastide completion bash >> ~/.bashrc"),
    Command("test", "bastide.tool.development:test", "run the tests; options go to pytest",
            "bastide test tests/base -k label"),
    Command("lint", "bastide.tool.development:lint", "check style, types, and who imports whom", "bastide lint"),
    Command("bench", "bastide.tool.development:bench", "run a benchmark, or all of them", "bastide bench"),
)

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_HELP = """\
Bastide {version}: systems of small components that hold nothing but what they were given.

usage: bastide COMMAND [ARGUMENT...]        bastide COMMAND --help tells more

{commands}

exit codes: 0 success, 1 the scenario (or a test) failed, 2 wrong usage or an error in the scenario,
            3 this host can't isolate components as promised, 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if sys.version_info < (3, 11):  # noqa: UP036  # whoever calls an older interpreter is to be told so
        print(f"bastide: needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}", file=sys.stderr)
        return USAGE
    _replace_closed_streams()
    try:
        try:
            return _dispatch(words)
        finally:                        # here, where a failure can be told, also if argparse exits
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:             # the reader of `bastide ... | head` has seen enough
        _discard_output()
        return SUCCESS
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        _discard_output()
        print(f"bastide: the output can't be written: {error.strerror}", file=sys.stderr)
        return SCENARIO_FAILED


def help_text() -> str:
    """One screen: every command on a line of its own, with an example."""
    commands = "\n".join(f"  {command.name:12}{command.summary:45}$ {command.example}" for command in COMMANDS)
    return _HELP.format(version=VERSION, commands=commands)


def _replace_closed_streams() -> None:
    """Whoever closed a stream wants to see nothing of it. The next file to be opened must not take its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # for as long as the process lives


def _discard_output() -> None:
    """What is still to be flushed must not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(words: list[str]) -> int:
    if not words:
        print(help_text(), end="", file=sys.stderr)
        return USAGE
    name, *further = words
    if name in ("--help", "-h", "help"):
        print(help_text(), end="")
        return SUCCESS
    if name in ("--version", "-V"):
        print(f"bastide {VERSION}")
        return SUCCESS
    for command in COMMANDS:
        if command.name == name:
            return _function(command)(further)
    return _unknown(name)


def _function(command: Command) -> Callable[[list[str]], int]:
    module, _, function = command.function.partition(":")
    result: Callable[[list[str]], int] = getattr(importlib.import_module(module), function)
    return result


def _unknown(name: str) -> int:
    from bastide.tool.suggestion import closest

    kind, near = "option" if name.startswith("-") else "command", closest(name, [command.name for command in COMMANDS])
    hint = f"did you mean '{near}'?" if near else "'bastide --help' shows all commands"
    print(f"bastide: there is no {kind} '{name}'; {hint}", file=sys.stderr)
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
