"""What a benchmark results in, and the statistics of it. Knows neither how it was measured nor how it is shown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


class NotPossible(Exception):
    """This host lacks something that the benchmark needs; the text says what, and what would help."""


@dataclass(frozen=True)
class Spread:
    """A summary of samples."""

    min: float
    q1: float
    median: float
    q3: float
    max: float
    n: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """Raises ValueError if there is no sample."""
        if not samples:
            raise ValueError("nothing was measured: a spread needs one sample at least")
        if len(samples) == 1:
            q1 = median = q3 = samples[0]
        else:
            q1, median, q3 = statistics.quantiles(samples, n=4, method="inclusive")
        return cls(min(samples), q1, median, q3, max(samples), len(samples))


@dataclass(frozen=True)
class Figure:
    """One performance promise, measured.

    `against` names what it is compared with: the limit, or a peer, whose samples were taken in turns with ours. The
    ratio is that of the minima, for whatever else the machine does can only add to a time. Without samples of the other
    side the figure is an amount, and `reach` is one of the same unit.
    """

    name: str
    unit: str
    samples: tuple[float, ...]
    reach: float
    against: str
    against_samples: tuple[float, ...] = ()
    note: str = ""
    """How it was measured, for those who read the table."""

    @property
    def spread(self) -> Spread:
        return Spread.of(self.samples)

    @property
    def against_spread(self) -> Spread | None:
        return Spread.of(self.against_samples) if self.against_samples else None

    @property
    def ratio(self) -> float | None:
        """Ours divided by theirs."""
        return min(self.samples) / min(self.against_samples) if self.against_samples else None

    @property
    def value(self) -> float:
        """What is compared with `reach`: the ratio, or the mean amount."""
        return statistics.fmean(self.samples) if self.ratio is None else self.ratio

    @property
    def reached(self) -> bool:
        return self.value <= self.reach


@dataclass(frozen=True)
class Missing:
    """A benchmark that has no figure."""

    name: str
    reason: str


Result = Figure | Missing
