"""The command `completion`: lets a shell complete what people type after `bastide`.

The scripts are the same few lines for each shell: they ask `bastide completion --words ...`, which prints candidates.
So there is one place that knows what can follow, and it asks the commands themselves.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Sequence

from bastide.tool.main import COMMANDS, SUCCESS, USAGE, Command

SCRIPTS = {
    "bash": """\
_bastide() {
    mapfile -t COMPREPLY < <("$1" completion --words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _bastide bastide ./bastide
""",
    "zsh": """\
#compdef bastide
_bastide() {
    local -a found
    found=("${(@f)$("${words[1]}" completion --words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    [[ -n "$found" ]] && compadd -a found || _files
}
compdef _bastide bastide ./bastide
""",
    "fish": """\
complete -c bastide -a '(bastide completion --words (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
""",
}

_USAGE = f"""\
usage: bastide completion {' | '.join(SCRIPTS)}

Prints a script that lets the shell complete commands, options, scenarios, tests and benchmarks.
Example: bastide completion bash >> ~/.bashrc
"""


def main(arguments: Sequence[str]) -> int:
    """Print a script, or candidates for one."""
    match list(arguments):
        case ["--words", *words]:
            print("".join(f"{candidate}\n" for candidate in candidates(words or [""])), end="")
            return SUCCESS
        case [shell] if shell in SCRIPTS:
            print(SCRIPTS[shell], end="")
            return SUCCESS
        case ["--help" | "-h"]:
            print(_USAGE, end="")
            return SUCCESS
    print(_USAGE, end="", file=sys.stderr)
    return USAGE


def candidates(words: Sequence[str]) -> list[str]:
    """What the last word can become, after those before it."""
    *before, last = words
    if not before:
        found: Iterable[str] = [*(command.name for command in COMMANDS), "--help", "--version"]
    else:
        command = next((command for command in COMMANDS if command.name == before[0]), None)
        found = _arguments(command, before[1:]) if command is not None else ()
    return sorted({candidate for candidate in found if candidate.startswith(last)})


def _arguments(command: Command, before: Sequence[str]) -> Iterable[str]:
    if command.name == "bench":
        from bastide.tool.checkout import CHECKOUT
        from bastide.tool.development import benchmarks

        return [*benchmarks(CHECKOUT / "bench"), "--json"]
    if command.name == "completion":
        return SCRIPTS
    module = importlib.import_module(command.function.partition(":")[0])
    parser = getattr(module, "parser", None)
    if parser is None:
        return ["--help"]
    made: argparse.ArgumentParser = parser()
    for action in made._actions:
        if before and before[-1] in action.option_strings and action.nargs != 0:
            return map(str, action.choices or ())       # its value, which may be a file: then the shell knows better
    words = [word for action in made._actions for word in action.option_strings if word.startswith("--")]
    if all(word.startswith("-") for word in before):
        words += [str(choice) for action in made._actions if not action.option_strings
                  for choice in action.choices or ()]
        words += _scenarios() if any(action.dest == "scenario" for action in made._actions) else []
    if not before:
        words += _runs() if command.name in ("top", "log", "config", "kill") else []
    return [word for word in words if word not in before]


def _runs() -> list[str]:
    """Names of runs, as they are in front of their sockets."""
    from bastide.tool.live.folder import run_names

    return run_names()


def _scenarios() -> list[str]:
    from bastide.tool.scenario import scenario_folders, scenario_names

    return scenario_names(scenario_folders())
