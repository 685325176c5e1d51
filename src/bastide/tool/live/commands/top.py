"""The command `top`: what each component of a run has, uses and does, once or as long as one looks."""

from __future__ import annotations

import json
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bastide.tool.arguments import Parser
from bastide.tool.graph.model import System
from bastide.tool.live.client import Connection, RunEnded, chosen
from bastide.tool.live.commands.asking import add_run, asking
from bastide.tool.live.commands.rows import ORDERS, lines, rows
from bastide.tool.main import SUCCESS

INTERVAL = 1.0
"""Seconds between two looks."""

KEYS = "q quits; sort by " + ", ".join(f"{key} {name}" for key, (name, _) in ORDERS.items())

_OTHER_SCREEN, _OWN_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _CLEAR_LINE, _CLEAR_BELOW, _BOLD, _PLAIN = "\x1b[H", "\x1b[K", "\x1b[J", "\x1b[1m", "\x1b[0m"


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    once = options.once or options.json or not (sys.stdin.isatty() and sys.stdout.isatty())

    def top() -> int:
        with chosen(options.run) as connection:
            if not once:
                return _watch(connection, options.sort)
            found = rows(connection.snapshot())
        if options.json:
            print(json.dumps([row.to_json() for row in found]))
        else:
            print("\n".join(lines(found, options.sort)))
        return SUCCESS

    return asking("top", top)


def _watch(connection: Connection, order: str) -> int:
    before: tuple[float, System] | None = None
    try:
        with _screen():
            while True:
                system, now = connection.snapshot(), time.monotonic()
                found = rows(system, *((before[1], now - before[0]) if before else (None, 0.0)))
                before = now, system
                until = now + INTERVAL
                while (left := until - time.monotonic()) > 0:
                    _draw([f"{connection.name}: {KEYS}", "", *lines(found, order)])
                    if select.select([sys.stdin], [], [], left)[0]:
                        key = os.read(sys.stdin.fileno(), 1).decode(errors="replace")
                        if key in ("q", ""):
                            return SUCCESS
                        order = key if key in ORDERS else order
    except RunEnded as end:
        print(end)
        return SUCCESS


def _draw(shown: Sequence[str]) -> None:
    """What fits on the screen. The head of the table is its third line."""
    width, height = os.get_terminal_size(sys.stdout.fileno())
    width, height = width or 80, height or 24       # not every terminal knows
    cut = [line[:width] for line in shown[:height]]
    marked = [f"{_BOLD}{line}{_PLAIN}" if at == 2 else line for at, line in enumerate(cut)]
    sys.stdout.write(_HOME + f"{_CLEAR_LINE}\r\n".join(marked) + _CLEAR_LINE + _CLEAR_BELOW)
    sys.stdout.flush()


@contextmanager
def _screen() -> Iterator[None]:
    """The whole terminal, and keys as they are pressed; it is given back as it was."""
    settings = termios.tcgetattr(sys.stdin.fileno())
    tty.setcbreak(sys.stdin.fileno())
    sys.stdout.write(_OTHER_SCREEN)
    try:
        yield
    finally:
        sys.stdout.write(_OWN_SCREEN)
        sys.stdout.flush()
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, settings)


def parser() -> Parser:
    """What the command understands."""
    made = Parser(
        prog="bastide top", description="Show what each component of a run has and uses: RAM and capabilities of its "
                                        "budget, processor time, sessions it opened, how often it was restarted, and "
                                        "what is wrong with it. On a terminal it goes on until 'q' is pressed.",
        epilog="Example: bastide top hello")
    add_run(made)
    made.add_argument("--once", action="store_true", help="show it once, as if the output were no terminal")
    made.add_argument("--sort", choices=tuple(ORDERS), default="t",
                      help=", ".join(f"{key}: {name}" for key, (name, _) in ORDERS.items()))
    made.add_argument("--json", action="store_true", help="print a list of JSON objects, once")
    return made
