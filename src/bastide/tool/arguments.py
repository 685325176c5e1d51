"""The parser of command lines, which answers mistakes in one line: what is wrong, and what may have been meant."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import NoReturn

from bastide.tool.main import USAGE


class Parser(argparse.ArgumentParser):
    """As in the standard library, but for what it says about mistakes."""

    def __init__(self, *, prog: str, description: str | None = None, epilog: str = "", **further: object) -> None:
        super().__init__(prog=prog, description=description, epilog=epilog, allow_abbrev=False,
                         formatter_class=_Help, **further)  # type: ignore[arg-type]  # what sub-parsers are given

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {self._explained(message)} ('{self.prog} --help' tells more)", file=sys.stderr)
        sys.exit(USAGE)

    def _explained(self, message: str) -> str:
        if message.startswith("unrecognized arguments: "):
            return self._unknown(message.partition(": ")[2].split()[0])
        if match := re.fullmatch(r"argument (.+): invalid choice: '(.*)' \(choose from (.*)\)", message):
            from bastide.tool.suggestion import suggestion

            _, given, known = match.groups()
            choices = re.findall(r"[\w-]+", known)
            return f"there is no '{given[:60]}'{suggestion(given, choices)}"
        if message.startswith("the following arguments are required: "):
            return f"{message.partition(': ')[2]} is missing"
        return message

    def _unknown(self, word: str) -> str:
        from bastide.tool.suggestion import suggestion

        if not word.startswith("-"):
            return f"'{word[:60]}' is one argument too many"
        known = [option for action in self._actions for option in action.option_strings if option.startswith("--")]
        return f"there is no option '{word[:60]}'{suggestion(word.partition('=')[0], known)}"


class _Help(argparse.HelpFormatter):
    """Knows how wide the terminal is. Left alone, it would import a lot to find out, even if nobody asks for help."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isascii() and wanted.isdigit() and int(wanted) > 20:
        return int(wanted)
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns, 20)
    except (OSError, ValueError, AttributeError):
        return 80
