"""Results as people and as programs read them, and the history of them all."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import Any

from bench.harness.figure import Figure, Missing, Result

_HEAD = ("", "min", "median", "unit", "against min", "median", "figure", "reach", "")
_WIDTH = 118


def table(results: Sequence[Result]) -> str:
    """One line for each figure, then what each of them means."""
    rows = [_HEAD, *(_row(result) for result in results if isinstance(result, Figure))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(_cell(text, width, column) for column, (text, width) in
                       enumerate(zip(row, widths, strict=True))).rstrip() for row in rows] if len(rows) > 1 else []
    texts = [(result.name, f"against {result.against}{'; ' if result.note else ''}{result.note}"
              if isinstance(result, Figure) else f"not possible: {result.reason}") for result in results]
    return "\n".join([*lines, "", *(fill(f"{name}: {text}", _WIDTH, subsequent_indent="    ")
                                    for name, text in texts)])


def line(result: Result) -> str:
    """One JSON object without a line break."""
    return json.dumps(_fields(result))


def append(history: Path, results: Iterable[Result]) -> None:
    """Add results to a file of JSON lines, with when and where they were measured."""
    where = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "python": platform.python_version(),
             "kernel": platform.release(), "machine": platform.machine(), "processors": os.cpu_count()}
    with history.open("a") as file:
        file.writelines(json.dumps(where | _fields(result)) + "\n" for result in results)


def _fields(result: Result) -> dict[str, Any]:
    if isinstance(result, Missing):
        return {"name": result.name, "possible": False, "reason": result.reason}
    other = result.against_spread
    return {"name": result.name, "unit": result.unit, **asdict(result.spread), "against": result.against,
            "ratio": result.ratio, "against_min": other.min if other else None,
            "against_median": other.median if other else None, "figure": result.value, "reach": result.reach,
            "reached": result.reached, "note": result.note}


def _row(figure: Figure) -> tuple[str, ...]:
    own, other = figure.spread, figure.against_spread
    return (figure.name, _number(own.min), _number(own.median), figure.unit, _number(other.min) if other else "",
            _number(other.median) if other else "", _number(figure.value), f"<= {figure.reach:g}",
            "reached" if figure.reached else "missed")


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column in (0, 3, 8) else text.rjust(width)


def _number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:.0f}"
