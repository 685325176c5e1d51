"""The command `doctor`: what this host can isolate, what limits it, what is in the way, and what would help.

It prints what the kernel port knows about itself, and what `host.py` finds; it adds the layout and the verdict.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Protocol

from bastide.tool.arguments import Parser
from bastide.tool.host import Finding, survey

ISOLATED, WEAKENED, REFUSED = 0, 1, 3

_REPORTED_ONLY = frozenset({"cgroups"})
"""Layers that components do not live in yet: their absence weakens nothing that is promised or in use."""


class Layer(Protocol):
    """What a kernel port says about one layer."""

    @property
    def name(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def remedy(self) -> str: ...
    @property
    def promised(self) -> bool: ...


def main(arguments: Sequence[str]) -> int:
    """Print all layers and findings; the result is the exit code."""
    options = parser().parse_args(arguments)
    if sys.platform != "linux":
        print(f"bastide doctor: components are isolated on Linux, and this is {sys.platform}", file=sys.stderr)
        return REFUSED
    from bastide.kernel.linux.layers import Isolation, detect

    layers = detect(Isolation())
    found = survey()
    code = verdict(layers)[0]
    if options.json:
        print(json.dumps(_description(layers, found, code)))
    else:
        print(f"{_system()}\n\n{report(layers, found)}")
    return code


def missing(layers: Iterable[Layer]) -> list[str]:
    """Names of the layers that are promised and not there."""
    return [layer.name for layer in layers if layer.promised and not layer.active]


def weakened(layers: Iterable[Layer]) -> list[str]:
    """Names of the further walls that are not there: systems run, but a hole in another layer would not be covered."""
    return [layer.name for layer in layers
            if not layer.promised and not layer.active and layer.name not in _REPORTED_ONLY]


def verdict(layers: Sequence[Layer]) -> tuple[int, str]:
    """The exit code, and the sentence that explains it."""
    if absent := missing(layers):
        return REFUSED, f"Components can't be isolated as promised: {', '.join(absent)} missing. " \
                        "'bastide run' will refuse."
    if absent := weakened(layers):
        return WEAKENED, f"Components are isolated as promised, without further walls behind: {', '.join(absent)}."
    return ISOLATED, "Components are isolated as promised, with every further wall there is."


def report(layers: Sequence[Layer], findings: Sequence[Finding]) -> str:
    """Layers and findings as a table, and what they mean."""
    lines = ["isolation"]
    for layer in layers:
        lines.append(f"  {'✓' if layer.active else '✗'} {layer.name:20}{layer.reason}".rstrip())
        if not layer.active and layer.remedy:
            lines.append(_help(layer.remedy))
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            lines += ["", topic]
        mark = "✓" if finding.good else "✗" if finding.needed else "-"
        lines.append(f"  {mark} {finding.name:20}{finding.text}".rstrip())
        if not finding.good and finding.remedy:
            lines.append(_help(finding.remedy))
    return "\n".join([*lines, "", verdict(layers)[1]])


def _help(remedy: str) -> str:
    return f"    {'':20}what helps: {remedy}"


def _system() -> str:
    return f"Linux {platform.release()}, {platform.machine()}, Python {platform.python_version()}"


def _description(layers: Sequence[Layer], findings: Sequence[Finding], code: int) -> dict[str, object]:
    return {
        "system": _system(),
        "layers": [{"name": layer.name, "active": layer.active, "promised": layer.promised, "reason": layer.reason,
                    "remedy": layer.remedy} for layer in layers],
        "host": [asdict(finding) for finding in findings],
        "runs": code != REFUSED, "isolated": code == ISOLATED, "verdict": verdict(layers)[1]}


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    made = Parser(
        prog="bastide doctor",
        description="Show each layer of isolation on this host: whether it is there, why not, and what would help; "
                    "then its limits, interpreters and emulators.",
        epilog="Exit codes: 0 'bastide run' works, with every wall there is; 1 it works and isolates as promised, but "
               "a further wall is missing; 3 it will refuse. Example: bastide doctor --json")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made
