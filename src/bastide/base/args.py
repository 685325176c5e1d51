r"""Session arguments as text: `label="shell -> log", ram_quota=16K, writeable=yes`.

Values are an identifier, a number with an optional sign and one of the suffixes K, M and G, or a string in double
quotes, where `\"` stands for a quote and `\\` for a backslash. This file knows the syntax; which keys there are, and of
what kind, is up to each session interface.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bastide.base.errors import InvalidArgs
from bastide.base.value import Value, spell

STATE_LIMIT = 256      # bytes a request may reach on its way, as each parent adds to the label and the quota

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_EQUALS = re.compile(r"[ \t\n]*+=[ \t\n]*+")
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]++|[0-9]++)[KMG]?(?![A-Za-z0-9_])")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*+)"')
_GAP = re.compile(r"[ \t\n,]*+")
_BLANKS = re.compile(r"[ \t\n]*+")
_ESCAPE = re.compile(r'\\(["\\])')
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def parse(text: str, limit: int = STATE_LIMIT) -> dict[str, str]:
    """The arguments by key, strings without quotes; the first of several equal keys counts. Raises InvalidArgs."""
    _bounded(text, limit)
    result: dict[str, str] = {}
    position = _GAP.match(text).end()  # type: ignore[union-attr]   # matches the empty text, too
    while position < len(text):
        key = _KEY.match(text, position)
        if key is None:
            raise _error(text, position, "a key")
        equals = _EQUALS.match(text, key.end())
        if equals is None:
            raise _error(text, key.end(), f"'=' behind the key '{key[0]}'")
        value, position = _value(text, equals.end(), key[0])
        result.setdefault(key[0], value)
        position = _BLANKS.match(text, position).end()  # type: ignore[union-attr]
        if position < len(text) and text[position] != ",":
            raise _error(text, position, f"',' behind the value of '{key[0]}'")
        position = _GAP.match(text, position).end()  # type: ignore[union-attr]
    return result


def format(pairs: Mapping[str, object], limit: int = STATE_LIMIT) -> str:
    """The arguments as text that `parse` reads; all but numbers and booleans are quoted. Raises InvalidArgs."""
    for key in pairs:
        if _KEY.fullmatch(key) is None:
            raise InvalidArgs(f"session arguments: expected a key of letters, digits and '_', got {_quoted(key)}")
    text = ", ".join([f"{key}={_spelt(key, value)}" for key, value in pairs.items()])
    _bounded(text, limit)
    return text


def _value(text: str, position: int, key: str) -> tuple[str, int]:
    match = _STRING.match(text, position)
    if match is not None:
        return _ESCAPE.sub(r"\1", match[1]), match.end()
    match = _NUMBER.match(text, position) or _KEY.match(text, position)
    if match is not None:
        return match[0], match.end()
    wanted = "the closing quote" if text[position:position + 1] == '"' else "a number, an identifier or a quoted string"
    raise _error(text, position, f"{wanted} as value of '{key}'")


def _spelt(key: str, value: object) -> str:
    if not isinstance(value, Value):
        raise InvalidArgs(f"session arguments: expected a number, boolean or text as value of '{key}', "
                          f"got {type(value).__name__}")
    try:
        text = spell(value)
    except ValueError as error:
        raise InvalidArgs(f"session arguments: '{key}': {error}") from None
    if isinstance(value, bool) or _NUMBER.fullmatch(text):
        return text
    if _UNPRINTABLE.search(text):
        raise InvalidArgs(f"session arguments: expected printable text as value of '{key}', got {_quoted(text)}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bounded(text: str, limit: int) -> None:
    # Characters first: encoding a hostile text would cost as much memory again.
    size = len(text) if len(text) > limit else len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise InvalidArgs(f"session arguments: expected at most {limit} bytes, got {size}: {_quoted(text)}")


def _error(text: str, position: int, expected: str) -> InvalidArgs:
    found = _quoted(text[position:]) if position < len(text) else "the end of the text"
    return InvalidArgs(f"session arguments, column {position + 1}: expected {expected}, got {found}")


def _quoted(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:40] + "...")
