"""x86_64: calls that a trap may cut short, for tests that go on afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from bare import Struct, u64
from bare.encode.x86_64 import EAX, R12, R13, R14, R15, RAX, RBP, RBX, RDI, RSI, RSP, Code, at
from bare.unsafe import hardware, instructions


class Attempt(Struct):
    """Where to go on, and what the function returned."""

    stack: u64
    result: u64


_KEPT = (RBP, RBX, R12, R13, R14, R15)


def _call(code: Code) -> None:
    for register in _KEPT:
        code.push(register)
    code.push(RDI).mov(at(RDI), RSP).call(RSI).pop(RDI).mov(at(RDI, 8), RAX).xor(EAX, EAX)
    _leave(code)


def _abandon(code: Code) -> None:
    code.mov(RSP, at(RDI)).pop(RDI).mov(EAX, 1)
    _leave(code)


def _leave(code: Code) -> None:
    for register in reversed(_KEPT):
        code.pop(register)
    code.ret()


@instructions(_call)
def attempt(state: Attempt, function: Callable[[], u64]) -> u64:
    """Call a function: 0 if it returned, 1 if it was abandoned."""
    hardware()


@instructions(_abandon)
def abandon(state: Attempt) -> NoReturn:
    """End the attempt that is under way."""
    hardware()
