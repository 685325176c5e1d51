"""How much room text takes, without a font at hand: the widths of DejaVu Sans and Verdana, than which few are wider."""

from __future__ import annotations

NAME, SMALL = 12.5, 10.5                # sizes of text
HEADER = 26.0                           # the height of the name of a box with others in it
LONGEST = 30                            # characters of a name

FONT = "DejaVu Sans, Verdana, Geneva, sans-serif"

_NARROW, _WIDE = frozenset("iljI|!.,:;'`()[]{}/\\ -ftr\""), frozenset("mwMW@%&—→…<>+=~")
_EM_NARROW, _EM_USUAL, _EM_UPPER, _EM_WIDE, _EM_OTHER = 0.4, 0.64, 0.74, 1.0, 1.05
_BOLD = 1.12


def width(text: str, size: float, bold: bool = False) -> float:
    """The room that a line of text takes at most, in the unit of `size`."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1.0)


def cut(text: str, most: int) -> str:
    """The text, or its begin and end if it has more characters than that."""
    return text if len(text) <= most else f"{text[:most - 6]}…{text[-5:]}"


def _em(char: str) -> float:
    if char in _NARROW:
        return _EM_NARROW
    if char in _WIDE:
        return _EM_WIDE
    if not char.isascii():
        return _EM_OTHER
    return _EM_UPPER if char.isupper() else _EM_USUAL
