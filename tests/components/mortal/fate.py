"""The ways in which a component can come to harm from within."""

from __future__ import annotations

import ctypes
import os

from components.mortal.beat import Beat

from bastide.base import Env


class Mishap(Exception):
    """Nobody catches it."""


class Fate:
    """`step` is called wherever it would be awkward to die."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._beat, self._left = Beat(0), 0

    def ordain(self, beat: Beat) -> None:
        self._beat, self._left = beat, beat.step

    def step(self) -> None:
        if self._beat.fate:
            self._left -= 1
            if self._left < 0:
                self.fulfil()

    def fulfil(self) -> None:
        """What was to happen happens now, if it did not yet."""
        fate, self._beat = self._beat.fate, Beat(self._beat.number)
        if fate:
            getattr(self, f"_{fate}")()

    def _fault(self) -> None:
        ctypes.string_at(8)

    def _abort(self) -> None:
        """As no component may send signals, not even to itself, this ends in an instruction that faults."""
        os.abort()

    def _vanish(self) -> None:
        os._exit(3)

    def _leave(self) -> None:
        self._env.exit(4)

    def _overflow(self) -> None:
        """A recursion in C, which no interpreter watches: the C library's parser of regular expressions."""
        ctypes.CDLL(None).regcomp(ctypes.create_string_buffer(256), b"(" * 50_000, 1)

    def _raise(self) -> None:
        raise Mishap("it was to be")

    def _recurse(self) -> None:
        self._recurse()

    def _hoard(self) -> None:
        """Use up the heap."""
        hoard = []
        while True:
            hoard.append(bytearray(1 << 16))
