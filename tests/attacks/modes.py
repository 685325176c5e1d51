"""Which walls there are around an attacker, and who put them up: root, or an ordinary user."""

from __future__ import annotations

import ordinary_user
import pytest
from ports import ISOLATIONS

ORDINARY = "everything", "without namespaces", "seccomp alone"
"""An ordinary user has no private user ids anyway, so that some modes would be the same."""


def modes(*own: str, ordinary: tuple[str, ...] = ORDINARY) -> list[object]:
    """Parameters: modes of whoever runs the tests, and, if that is root, those of an ordinary user."""
    others = ordinary if ordinary_user.available() else ()
    return [*(own or ISOLATIONS),
            *(pytest.param(name, id=f"ordinary user, {name}", marks=pytest.mark.ordinary_user) for name in others)]
