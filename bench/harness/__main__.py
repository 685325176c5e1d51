"""The command line of the benchmarks: runs those that are named, one after the other, and shows their results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.harness.figure import Result
from bench.harness.process import measured_apart
from bench.harness.report import append, line, table

HISTORY = Path(__file__).resolve().parents[1] / "history.jsonl"


def main(arguments: Sequence[str]) -> int:
    """0: all was measured or found not possible; figures are not asserted. 1: a benchmark failed."""
    parser = argparse.ArgumentParser(prog="bastide bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    options = parser.parse_args(arguments)
    results: list[Result] = []
    failed = False
    for name in options.names:
        if not options.json:
            print(f"bench: {name} ...", file=sys.stderr, flush=True)
        try:
            measured = measured_apart(name)
        except RuntimeError as error:
            print(f"bench: {name} failed: {error}", file=sys.stderr)
            failed = True
            continue
        results += measured
        append(HISTORY, measured)
        if options.json:
            print("\n".join(map(line, measured)), flush=True)
    if results and not options.json:
        print(table(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
