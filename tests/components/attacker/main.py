"""Components that try to break out, forge, exhaust and starve. The name of the component says which one it is.

An attacker has all that Python gives it: the internals of the framework, which live in its own process, and `ctypes`.
Each logs what it achieved, and ends by itself, unless it returns what it needs to go on.
"""

from __future__ import annotations

from bastide.base import Env

from . import bystanders, capabilities, forgery, memory, messages, protocol, reports, resources, roms, scribbling
from .weapons import Attacker

PARTS = (bystanders, capabilities, forgery, memory, messages, protocol, reports, resources, roms, scribbling)


def construct(env: Env) -> object:
    attack = next(function for part in PARTS if (function := getattr(part, env.name, None)))
    kept = attack(Attacker(env))
    if kept is None:
        env.exit()
    return kept
