"""Numbers that look random and follow from a seed, the same wherever they are drawn."""

from __future__ import annotations

from bare import Struct, u64


class Chance(Struct):
    state: u64

    def draw(self) -> u64:
        """SplitMix64."""
        self.state = self.state.wrapping_add(u64(0x9E3779B97F4A7C15))
        mixed = (self.state ^ self.state >> 30).wrapping_mul(u64(0xBF58476D1CE4E5B9))
        mixed = (mixed ^ mixed >> 27).wrapping_mul(u64(0x94D049BB133111EB))
        return mixed ^ mixed >> 31

    def below(self, limit: u64) -> u64:
        return self.draw() % limit


def mix(digest: u64, value: u64) -> u64:
    """A digest of one value more (FNV-1a)."""
    return (digest ^ value).wrapping_mul(u64(0x100000001B3))
