"""A set of small numbers, one bit each.

`N` is the number of words: a `Bitmap[Literal[4]]` holds numbers below 256.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from bare import Array, Struct, len, range, u64

N = TypeVar("N", bound=int)


class Bitmap(Struct, Generic[N]):
    words: Array[u64, N]

    def capacity(self) -> u64:
        """The first number that it can't hold."""
        return len(self.words) * 64

    def contains(self, number: u64) -> bool:
        return self.words[number // 64] >> number % 64 & 1 == 1

    def add(self, number: u64) -> None:
        self.words[number // 64] = self.words[number // 64] | u64(1) << number % 64

    def remove(self, number: u64) -> None:
        self.words[number // 64] = self.words[number // 64] & ~(u64(1) << number % 64)

    def count(self) -> u64:
        """How many numbers it holds."""
        total = u64(0)
        for word in self.words:
            total += word.count_ones()
        return total

    def first(self) -> u64 | None:
        """The lowest number that it holds."""
        for at in range(len(self.words)):
            if self.words[at] != 0:
                return at * 64 + self.words[at].trailing_zeros()
        return None

    def first_absent(self) -> u64 | None:
        """The lowest number that it does not hold, if it is not full."""
        for at in range(len(self.words)):
            if ~self.words[at] != 0:
                return at * 64 + (~self.words[at]).trailing_zeros()
        return None

    def first_absent_run(self, length: u64) -> u64 | None:
        """The start of the lowest `length` numbers in a row that it does not hold."""
        run = u64(0)
        for number in range(self.capacity()):
            if self.contains(number):
                run = u64(0)
            else:
                run += 1
                if run == length:
                    return number + 1 - length
        return None
