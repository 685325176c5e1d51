"""The command `doctor`: what this host can isolate, what is in the way, and what would help.

It prints what the kernel port knows about itself, and adds nothing but the layout and the verdict.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

_USAGE = """\
usage: bastide doctor

Shows each layer of isolation on this host: whether it is there, why not, and what would help.
Exit code 0: components can be isolated as promised. 3: a promised layer is missing.
"""


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
    """Print all layers."""
    if arguments:
        print(_USAGE, end="", file=sys.stdout if arguments[0] in ("--help", "-h") else sys.stderr)
        return 0 if arguments[0] in ("--help", "-h") else 2
    if sys.platform != "linux":
        print(f"bastide doctor: components are isolated on Linux, and this is {sys.platform}", file=sys.stderr)
        return 3
    from bastide.kernel.linux.layers import Isolation, detect

    found = detect(Isolation())
    print(f"Linux {platform.release()}, {platform.machine()}, Python {platform.python_version()}\n")
    print(report(found))
    return 3 if missing(found) else 0


def missing(layers: Iterable[Layer]) -> list[str]:
    """Names of the layers that are promised and not there."""
    return [layer.name for layer in layers if layer.promised and not layer.active]


def report(layers: Sequence[Layer]) -> str:
    """The layers as a table, and what it means."""
    lines = []
    for layer in layers:
        lines.append(f"  {'✓' if layer.active else '✗'} {layer.name:20}{layer.reason}".rstrip())
        if not layer.active and layer.remedy:
            lines.append(f"    {'':20}what helps: {layer.remedy}")
    if absent := missing(layers):
        verdict = f"Components can't be isolated as promised: {', '.join(absent)} missing. 'bastide run' will refuse."
    else:
        verdict = "Components are isolated as promised."
    return "\n".join([*lines, "", verdict])
