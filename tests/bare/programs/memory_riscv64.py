"""The functions that LLVM calls by name, so that a program can call them on riscv64, too."""

from __future__ import annotations

from bare import u64
from bare.unsafe import hardware, instructions


@instructions(lambda c: c.tail("memcpy"))
def memcpy(to: u64, source: u64, count: u64) -> u64:
    hardware()


@instructions(lambda c: c.tail("memmove"))
def memmove(to: u64, source: u64, count: u64) -> u64:
    hardware()


@instructions(lambda c: c.tail("memset"))
def memset(to: u64, value: u64, count: u64) -> u64:
    hardware()


@instructions(lambda c: c.tail("memcmp"))
def memcmp(a: u64, b: u64, count: u64) -> u64:
    hardware()
