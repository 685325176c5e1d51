"""aarch64: calls that a trap may cut short, for tests that go on afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from bare import Struct, u64
from bare.encode.aarch64 import FP, LR, SP, X0, X1, X9, X19, X20, X21, X22, X23, X24, X25, X26, X27, X28, Code
from bare.unsafe import hardware, instructions


class Attempt(Struct):
    """Where to go on, and what the function returned."""

    stack: u64
    result: u64


_KEPT = ((FP, LR), (X19, X20), (X21, X22), (X23, X24), (X25, X26), (X27, X28))


def _call(code: Code) -> None:
    for first, second in _KEPT:
        code.stp_before(first, second, SP, -16)
    code.stp_before(X0, X0, SP, -16).add(X9, SP, 0).str_(X9, X0).blr(X1)
    code.mov(X1, X0).ldp_after(X0, X9, SP, 16).str_(X1, X0, 8).mov(X0, 0)
    _leave(code)


def _abandon(code: Code) -> None:
    code.ldr(X9, X0).add(SP, X9, 16).mov(X0, 1)
    _leave(code)


def _leave(code: Code) -> None:
    for first, second in reversed(_KEPT):
        code.ldp_after(first, second, SP, 16)
    code.ret()


@instructions(_call)
def attempt(state: Attempt, function: Callable[[], u64]) -> u64:
    """Call a function: 0 if it returned, 1 if it was abandoned."""
    hardware()


@instructions(_abandon)
def abandon(state: Attempt) -> NoReturn:
    """End the attempt that is under way."""
    hardware()
