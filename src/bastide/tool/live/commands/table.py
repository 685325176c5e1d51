"""Tables and numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence

UNKNOWN = "-"


def table(rows: Sequence[Sequence[str]], alignment: str) -> list[str]:
    """Lines with columns of the width that they need; `alignment` has a `<` or `>` for each."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(alignment))]
    form = "  ".join(f"{{:{side}{width}}}" for side, width in zip(alignment, widths, strict=True))
    return [form.format(*row).rstrip() for row in rows]


def size(amount: int | None) -> str:
    """Bytes, in three digits or so."""
    if amount is None:
        return UNKNOWN
    number, unit = float(amount), "B"
    for larger in "KMGT":
        if number < 1000:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f}{unit}" if number < 10 and unit != "B" else f"{number:.0f}{unit}"


def span(seconds: float) -> str:
    """A time that has passed, in its two largest units."""
    passed = max(0, int(seconds))
    for unit, below, smaller in (("d", 86400, "h"), ("h", 3600, "m"), ("m", 60, "s")):
        if passed >= below:
            rest = passed % below // {"h": 3600, "m": 60, "s": 1}[smaller]
            return f"{passed // below}{unit} {rest}{smaller}"
    return f"{passed}s"
