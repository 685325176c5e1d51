"""Which component people mean: its whole label, or the end of it."""

from __future__ import annotations

from collections.abc import Collection

from bastide.base.errors import BastideError
from bastide.base.label import SEPARATOR
from bastide.tool.log import visible
from bastide.tool.suggestion import suggestion

_SHOWN = 10


class UnknownLabel(BastideError):
    """No component is called so, or several are."""


def meant(given: str, known: Collection[str]) -> str:
    """The whole label. Raises UnknownLabel."""
    if given in known:
        return given
    fitting = sorted(label for label in known if label.endswith(SEPARATOR + given))
    if len(fitting) == 1:
        return fitting[0]
    shown = visible(given[:200])
    if fitting:
        raise UnknownLabel(f"'{shown}' can mean {_listed(fitting)}: give the whole label")
    names = {label.rpartition(SEPARATOR)[2]: label for label in sorted(known, reverse=True)}
    raise UnknownLabel(f"there is no component '{shown}'"
                       + (suggestion(given, [*known, *names]) or f"; there are {_listed(sorted(known))}"))


def _listed(labels: list[str]) -> str:
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return ", ".join(f"'{visible(label)}'" for label in labels[:_SHOWN]) + more
