"""The functions that LLVM calls by name, so that a program can call them on x86_64, too."""

from __future__ import annotations

from bare import u64
from bare.unsafe import hardware, instructions


@instructions(lambda c: c.jmp("memcpy"))
def memcpy(to: u64, source: u64, count: u64) -> u64:
    hardware()


@instructions(lambda c: c.jmp("memmove"))
def memmove(to: u64, source: u64, count: u64) -> u64:
    hardware()


@instructions(lambda c: c.jmp("memset"))
def memset(to: u64, value: u64, count: u64) -> u64:
    hardware()


@instructions(lambda c: c.jmp("memcmp"))
def memcmp(a: u64, b: u64, count: u64) -> u64:
    hardware()
