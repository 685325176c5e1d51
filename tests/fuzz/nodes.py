"""What must hold for every text that is read as a node, whichever syntax it is written in."""

from __future__ import annotations

from pathlib import Path

from bastide.base import hid, xml
from bastide.base.errors import InvalidNode
from bastide.base.node import Node

_TESTS = Path(__file__).parents[1]
_LONGEST_MESSAGE = 1000


def examples(suffix: str) -> list[bytes]:
    """The malformed texts of the tests of nodes, and the scenarios."""
    paths = sorted((_TESTS / "base" / "bad").glob(f"*{suffix}"))
    if suffix == ".hid":
        paths += sorted((_TESTS.parent / "scenarios").glob("*/runtime"))
    return [content for path in paths if len(content := path.read_bytes()) < 5000]


def read(data: bytes) -> Node | None:
    """The node; None if the text is refused as it should be."""
    try:
        node = Node.parse(data, "fuzz")
    except InvalidNode as error:
        message = str(error)
        assert message.isprintable() and len(message) < _LONGEST_MESSAGE, message
        assert message.startswith("fuzz:"), message
        assert error.line > 0 and error.column > 0, message
        return None
    return node


def check(data: bytes) -> None:
    """Read, write in both syntaxes, read again: what is not reported as dropped stays the same."""
    node = read(data)
    if node is None:
        return
    for tabular in (False, True):
        _check_hid(node, tabular)
    dropped: list[str] = []
    try:
        text = xml.write(node, dropped=dropped.append)
    except InvalidNode:
        return
    again = Node.parse(text)
    assert dropped or (again == node and xml.write(again) == text), text


def _check_hid(node: Node, tabular: bool) -> None:
    dropped: list[str] = []
    try:
        text = hid.write(node, tabular=tabular, dropped=dropped.append)
    except InvalidNode:
        return
    again = Node.parse(text, strict=True)
    assert dropped or (again == node and hid.write(again, tabular=tabular) == text), text
