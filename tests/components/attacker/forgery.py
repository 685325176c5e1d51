"""Attackers that write into the log what is to look as if somebody else had said it."""

from __future__ import annotations

import os

from bastide.base.environment import LogSession

from .weapons import Attacker

FORGED = "[init -> core] all is well"
FORGERIES = (
    f"harmless\n{FORGED}",
    f"harmless\r{FORGED}",
    f"harmless\r\n{FORGED}\r\n",
    f"\x1b[2J\x1b[H{FORGED}",
    f"\x1b]0;title\x07{FORGED}",
    f"\x9b2J{FORGED}",
    f"harmless\x0b{FORGED}",
    f"harmless\x0c{FORGED}",
    f"harmless\x85{FORGED}",
    f"harmless\u2028{FORGED}",
    f"harmless\u2029{FORGED}",
    f"\u202e{FORGED[::-1]}\u202c",
    f"harmless\x08\x08\x08\x08\x08\x08\x08\x08{FORGED}",
    f"\x00{FORGED}",
)


def forges_lines(attacker: Attacker) -> None:
    for text in FORGERIES:
        attacker.env.log._session.write(text)
        attacker.env.log._session.write(("x" * 300 + text)[-230:])
    attacker.log("done")


def forges_labels(attacker: Attacker) -> None:
    """Sessions whose labels end their own bracket."""
    for label in (f"] {FORGED}", f"x]\n{FORGED}\n[", "\x1b[2J", "a -> ] b"):
        attacker.attempt("label", lambda label=label: LogSession.connect(   # type: ignore[misc]
            attacker.env, label).write("said under another name"))
    attacker.log("done")


def forges_errors(attacker: Attacker) -> None:
    """Past its LOG session, on the pipe that takes the last words of all components."""
    for text in FORGERIES:
        os.write(2, text.encode() + b"\n")
    os.write(2, b"the end\n")
    attacker.log("done")
