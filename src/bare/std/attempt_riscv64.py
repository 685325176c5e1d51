"""riscv64: calls that a trap may cut short, for tests that go on afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from bare import Struct, u64
from bare.encode.riscv64 import A0, A1, FP, RA, S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, SP, T0, Code
from bare.unsafe import hardware, instructions


class Attempt(Struct):
    """Where to go on, and what the function returned."""

    stack: u64
    result: u64


_KEPT = (RA, FP, S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11)
_ROOM: Final = 112                      # for those and the state, in multiples of 16


def _call(code: Code) -> None:
    code.addi(SP, SP, -_ROOM)
    for position, register in enumerate(_KEPT):
        code.sd(register, SP, 8 * position)
    code.sd(A0, SP, _ROOM - 8).sd(SP, A0).jalr(RA, A1).ld(T0, SP, _ROOM - 8).sd(A0, T0, 8).li(A0, 0)
    _leave(code)


def _abandon(code: Code) -> None:
    code.ld(SP, A0).li(A0, 1)
    _leave(code)


def _leave(code: Code) -> None:
    for position, register in enumerate(_KEPT):
        code.ld(register, SP, 8 * position)
    code.addi(SP, SP, _ROOM).ret()


@instructions(_call)
def attempt(state: Attempt, function: Callable[[], u64]) -> u64:
    """Call a function: 0 if it returned, 1 if it was abandoned."""
    hardware()


@instructions(_abandon)
def abandon(state: Attempt) -> NoReturn:
    """End the attempt that is under way."""
    hardware()
