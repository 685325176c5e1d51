"""The command `config`: the config of a run's top component, to be read, edited, and replaced."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from bastide.tool.arguments import Parser
from bastide.tool.live.client import Connection, Refused, chosen
from bastide.tool.live.commands.asking import RUN_HELP, asking
from bastide.tool.log import visible
from bastide.tool.main import SCENARIO_FAILED, SUCCESS, USAGE

ACTIONS = ("get", "edit", "apply")

LARGEST = 1 << 20
"""Bytes of a config, as of a scenario."""


def main(arguments: Sequence[str]) -> int:
    made = parser()
    options = made.parse_args(arguments)
    words = list(options.words)
    run = None if words[0] in ACTIONS else words.pop(0)
    match words:
        case ["get"]:
            return asking("config", lambda: _get(run))
        case ["edit"]:
            return asking("config", lambda: _edit(run, options.force))
        case ["apply", file]:
            return asking("config", lambda: _apply(run, file, options.force))
    made.error("expected 'get', 'edit' or 'apply FILE', and before it at most the name of a run")


def _get(run: str | None) -> int:
    with chosen(run) as connection:
        print("\n".join(map(visible, connection.config().splitlines())))
    return SUCCESS


def _apply(run: str | None, file: str, force: bool) -> int:
    text = _content(file)
    if text is None:
        return USAGE
    with chosen(run) as connection:
        _take_over(connection, text, "stdin" if file == "-" else file, force)
    return SUCCESS


def _edit(run: str | None, force: bool) -> int:
    with chosen(run) as connection:             # not kept while people think
        name, before = connection.name, connection.config()
    with NamedTemporaryFile(prefix=f"bastide-{name}-", suffix=".hid", delete=False) as file:
        file.write(before.encode())
    draft = Path(file.name)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        code = subprocess.run([*shlex.split(editor), str(draft)]).returncode
    except (OSError, ValueError) as error:
        print(f"bastide config: the editor '{editor}' can't be started: {_reason(error)}; EDITOR names another one",
              file=sys.stderr)
        draft.unlink()
        return USAGE
    text = _content(str(draft))
    if text is None:
        return USAGE
    if code or text == before:
        print("nothing is changed" + (f": the editor ended with {code}" if code else ""))
        draft.unlink()
        return SCENARIO_FAILED if code else SUCCESS
    try:
        with chosen(name.partition("-")[0]) as connection:
            _take_over(connection, text, str(draft), force)
    except BaseException:
        print(f"what you wrote is in {draft}: repair it, then 'bastide config {name.partition('-')[0]} apply {draft}'",
              file=sys.stderr)
        raise
    draft.unlink()
    return SUCCESS


def _content(file: str) -> str | None:
    """What a file says, or the standard input. None: it can't be read, and why was told."""
    try:
        with (open(0, "rb", closefd=False) if file == "-" else Path(file).open("rb")) as opened:
            content = opened.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError("larger than 1 MiB, which no config is")
        return content.decode()
    except (OSError, ValueError) as error:
        print(f"bastide config: {file} can't be read: {_reason(error)}", file=sys.stderr)
        return None


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _take_over(connection: Connection, text: str, origin: str, force: bool) -> None:
    try:
        connection.apply(text, origin, force)
    except Refused as error:
        raise Refused(f"{error}\nthe config is not applied, and what runs stays as it is") from None
    print(f"the config is applied to {connection.name}")


def parser() -> Parser:
    """What the command understands."""
    made = Parser(
        prog="bastide config", description="Show the config of a run's top component, or give it another one: "
                                           "'apply FILE' takes a config, or a scenario that has one, and '-' is the "
                                           "standard input; 'edit' opens the present one in $EDITOR. What is wrong "
                                           "with it is told with its place before anything changes.",
        usage="bastide config [RUN] get|edit|apply FILE [--force]",
        epilog="Exit codes: 0 applied, 1 refused, 2 wrong usage. Example: bastide config hello edit")
    made.add_argument("words", nargs="+", metavar="[RUN] get|edit|apply FILE", help=RUN_HELP)
    made.add_argument("--force", action="store_true", help="apply also what is wrong, if it can be read at all")
    return made
