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
_ARGUMENT = re.compile(rf"({_KEY.pattern}){_EQUALS.pattern}(?:{_STRING.pattern}|({_NUMBER.pattern}|{_KEY.pattern}))"
                       rf"{_BLANKS.pattern}(?:,{_GAP.pattern}|\Z)")
_ESCAPE = re.compile(r'\\(["\\])')
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def parse(text: str, limit: int = STATE_LIMIT) -> dict[str, str]:
    """The arguments by key, strings without quotes; the first of several equal keys counts. Raises InvalidArgs."""
    _bounded(text, limit)
    result: dict[str, str] = {}
    position = _GAP.match(text).end()  # type: ignore[union-attr]   # matches the empty text, too
    while position < len(text):
        found = _ARGUMENT.match(text, position)
        if found is None:
            raise _wrong(text, position)
        key, quoted, plain = found.groups()
        result.setdefault(key, plain if quoted is None else _ESCAPE.sub(r"\1", quoted) if "\\" in quoted else quoted)
        position = found.end()
    return result


def format(pairs: Mapping[str, object], limit: int = STATE_LIMIT) -> str:
    """The arguments as text that `parse` reads; all but numbers and booleans are quoted. Raises InvalidArgs."""
    for key in pairs:
        if _KEY.fullmatch(key) is None:
            raise InvalidArgs(f"session arguments: expected a key of letters, digits and '_', got {_quoted(key)}")
    text = ", ".join([f"{key}={_spelt(key, value)}" for key, value in pairs.items()])
    _bounded(text, limit)
    return text


def _wrong(text: str, position: int) -> InvalidArgs:
    """What is wrong with the argument that begins there, found step by step."""
    key = _KEY.match(text, position)
    if key is None:
        return _error(text, position, "a key")
    equals = _EQUALS.match(text, key.end())
    if equals is None:
        return _error(text, key.end(), f"'=' behind the key '{key[0]}'")
    begin = equals.end()
    value = _STRING.match(text, begin) or _NUMBER.match(text, begin) or _KEY.match(text, begin)
    if value is None:
        wanted = "the closing quote" if text[begin:begin + 1] == '"' else "a number, an identifier or a quoted string"
        return _error(text, begin, f"{wanted} as value of '{key[0]}'")
    behind = len(text) - len(text[value.end():].lstrip(" \t\n"))
    return _error(text, behind, f"',' behind the value of '{key[0]}'")


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
