"""HID, the human-inclined data syntax: reading and writing.

    config my-name | verbose: yes
    + start shell | caps: 200
      . a comment
      + inline
        : quoted text
      x disabled | + with | + subtree
    -

A line consists of segments, divided by `|`. Each behaves as if it stood alone at its own column, and belongs to the
nearest node before it whose marker (`+` or `x`) stands at least two columns to the left. So the parser keeps a stack of
open nodes, and each segment closes those that stand too far to the right. Lines of the usual form
`+ type name | tag: value | tag: value` take a short path; whatever deviates from it goes through `_Parser.line`.

This file knows the syntax, and gets the class of nodes to build as an argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bastide.base.errors import InvalidNode

if TYPE_CHECKING:
    from bastide.base.node import Node, Source

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_-]*+")
_PAIR = re.compile(r"([a-z][a-z0-9_-]*+):(?: (.*))?", re.DOTALL)
_BAR = re.compile(r" ?\| ?")                           # with its neighbours, as tools want it
_CONTROLS = bytes([*range(9), *range(11, 32), 127])      # all but tab and newline
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

_ABOVE_ALL = -2             # column of the top-level node, so that its sub nodes and attributes stand in column 0
_SEGMENT = "'tag: value', '+ node' or '-'"


def parse(text: str, source: Source, make: type[Node]) -> Node:
    """The node that `text` begins with. Raises InvalidNode. Takes time linear to the length of the text."""
    end = _end(text)
    content = text if end is None else text[:end]
    _check_characters(content, source)
    parser = _Parser(source, make)
    number = parser.lines(content)
    if end is None:
        expected = "the end line '-'" if content.strip() else "a node"
        raise source.error(number, len(content) - content.rfind("\n"), expected)
    return parser.finish()


def write(node: Node, *, tabular: bool = False, dropped: Callable[[str], None] | None = None) -> str:
    """The node as text. With `tabular`, the nodes of one level form a table, and chains of single nodes one line.

    HID can't express a value that contains `|` or control characters, blanks around a value, nor names other than in
    lower case. They are left out, and `dropped` is called with a message for each. Raises InvalidNode if that concerns
    the top-level node.
    """
    return _Writer(tabular, dropped or (lambda message: None)).text(node)


class _Open:
    """A node whose end was not seen yet."""

    __slots__ = ("attributes", "children", "column", "enabled", "line", "quoted", "sealed", "type")

    def __init__(self, type: str, attributes: dict[str, str], line: int, column: int, enabled: bool) -> None:
        self.type = type
        self.attributes = attributes
        self.line = line
        self.column = column
        self.enabled = enabled
        self.children: list[Node] = []
        self.quoted: list[str] = []
        self.sealed = False             # attributes are no longer accepted


class _Parser:
    def __init__(self, source: Source, make: type[Node]) -> None:
        self._source = source
        self._make = make
        self._stack: list[_Open] = []       # empty until the top-level node
        self._known: set[str] = set()       # identifiers of this text that were found valid

    def lines(self, content: str) -> int:
        """Parse all lines, and return how many there are."""
        stack, opened, close, depth_limit = self._stack, _Open, self._close, self._source.depth_limit
        identifier, known = _IDENTIFIER.fullmatch, self._known
        number, tabs = 0, "\t" in content
        for number, line in enumerate(content.split("\n"), 1):
            head, *pairs = line.split(" | ")
            body = head.lstrip(" ")
            marker = body[:2]
            if not stack or marker != "+ " or tabs or line.count("|") != len(pairs):
                if marker == ": " and stack:
                    column = len(head) - len(body)
                    self._quote(line[column + 2:], number, column)
                elif body or pairs:
                    self._line(line, number)
                continue
            type, _, name = body[2:].partition(" ")
            if type not in known:
                if identifier(type) is None:
                    self._line(line, number)
                    continue
                known.add(type)
            attributes = {}
            if name and (name := name.strip(" ")):
                attributes["name"] = name
            for pair in pairs:
                tag, colon, value = pair.partition(": ")
                if tag not in known:
                    if identifier(tag) is None:
                        break
                    known.add(tag)
                if not colon or tag in attributes:
                    break
                attributes[tag] = value.strip(" ")
            else:
                column = len(head) - len(body)
                while column <= stack[-1].column:
                    close()
                if ":" not in name and column > stack[-1].column + 1 and len(stack) < depth_limit:
                    stack.append(opened(type, attributes, number, column, True))
                    continue
            self._line(line, number)
        return number

    def finish(self) -> Node:
        """The top-level node, once all lines are parsed."""
        if not self._stack:
            raise self._source.error(1, 1, "a top-level node", "-")
        while len(self._stack) > 1:
            self._close()
        return self._built(self._stack[0])

    def _line(self, line: str, number: int) -> None:
        """Parse a line of any form, segment by segment."""
        stop = -1
        while stop < len(line):
            start = stop + 1
            stop = line.find("|", start)
            if stop < 0:
                stop = len(line)
            segment = line[start:stop].lstrip(" ")
            column = stop - len(segment)
            marker = line[column:column + 2]
            if marker in (". ", "."):
                if not self._stack:
                    raise self._source.error(number, column + 1, "a top-level node before any comment", line)
                return
            if marker in (": ", ":") and self._stack:
                self._quote(line[column + 2:], number, column)
                return
            if self._source.strict and stop < len(line) and not _BAR.fullmatch(line[max(stop - 1, 0):stop + 2]):
                raise self._source.error(number, stop + 1, "blanks around '|'", segment + line[stop:])
            if segment:
                self._segment(segment.rstrip(" "), number, column)

    def _segment(self, segment: str, number: int, column: int) -> None:
        source = self._source
        if "\t" in segment:
            raise source.error(number, column + segment.index("\t") + 1, "blanks instead of tabs", segment)
        if not self._stack:
            if column:
                raise source.error(number, column + 1, "the top-level node at the beginning of a line", segment)
            self._open(segment, segment, number, column, _ABOVE_ALL)
        elif segment[:2] in ("+ ", "x ", "+", "x"):
            self._owner(segment, number, column)
            self._open(segment[2:], segment, number, column, column)
        elif _PAIR.fullmatch(segment):
            self._attribute(segment, number, column, self._owner(segment, number, column))
        else:
            raise source.error(number, column + 1, _SEGMENT, segment)

    def _open(self, text: str, segment: str, number: int, column: int, level: int) -> None:
        """Begin the node that `text` describes: the type, and the name or another attribute."""
        source = self._source
        if len(self._stack) >= source.depth_limit:
            raise source.error(number, column + 1, f"at most {source.depth_limit} levels of nodes", segment)
        type, _, name = text.lstrip(" ").partition(" ")
        if _IDENTIFIER.fullmatch(type) is None:
            raise source.error(number, column + 1, "a node type of the form [a-z][a-z0-9_-]*", segment)
        opened = _Open(type, {}, number, level, enabled=level < 0 or segment[0] == "+")
        self._stack.append(opened)
        name = name.lstrip(" ")
        if _PAIR.fullmatch(name):
            self._attribute(name, number, column + len(segment) - len(name), opened)
        elif name:
            opened.attributes["name"] = name

    def _attribute(self, segment: str, number: int, column: int, owner: _Open) -> None:
        strict, (tag, _, value) = self._source.strict, segment.partition(":")
        if not owner.sealed:
            if strict and tag in owner.attributes:
                raise self._source.error(number, column + 1, f"each attribute of '{owner.type}' once", segment)
            owner.attributes.setdefault(tag, value.strip(" "))
        elif strict:
            raise self._source.error(number, column + 1, f"attributes of '{owner.type}' before its content", segment)

    def _quote(self, text: str, number: int, column: int) -> None:
        owner = self._owner(": " + text, number, column)
        if self._source.strict and owner.children:
            raise self._source.error(number, column + 1, f"either sub nodes or text in '{owner.type}'", ": " + text)
        owner.quoted.append(text)
        owner.sealed = True

    def _owner(self, segment: str, number: int, column: int) -> _Open:
        """The node that a segment at the given column belongs to; closes those that stand too far to the right."""
        stack = self._stack
        while column <= stack[-1].column:
            self._close()
        if column == stack[-1].column + 1:
            expected = f"an indentation of at least 2 columns more than that of '{stack[-1].type}'"
            raise self._source.error(number, column + 1, expected, segment)
        return stack[-1]

    def _close(self) -> None:
        closed = self._stack.pop()
        parent = self._stack[-1]
        parent.sealed = True
        if closed.enabled:
            parent.children.append(self._built(closed))

    def _built(self, done: _Open) -> Node:
        children = tuple(done.children)
        text = "\n".join(done.quoted) if done.quoted and not children else ""
        column = done.column + 1 if done.column >= 0 else 1
        return self._make(done.type, done.attributes, children, text, (self._source, done.line, column))


def _end(text: str) -> int | None:
    """Offset of the end line, or rather of the newline before it. Zeros may follow, as in a padded ROM module."""
    at = text.find("\n-")
    while at >= 0 and text[at + 2:at + 3] not in ("", "\n", "\0"):
        at = text.find("\n-", at + 2)
    return at if at >= 0 else None


def _check_characters(text: str, source: Source) -> None:
    try:
        data = text.encode()
    except UnicodeEncodeError as flaw:
        raise source.error_at(text, flaw.start, "valid Unicode", text[flaw.start]) from None
    if len(data.translate(None, _CONTROLS)) != len(data) and (control := _CONTROL.search(text)):
        raise source.error_at(text, control.start(), "no control characters", control[0])


class _Writer:
    def __init__(self, tabular: bool, dropped: Callable[[str], None]) -> None:
        self._tabular, self._dropped = tabular, dropped
        self._known: set[str] = set()

    def text(self, root: Node) -> str:
        if not self._valid_name(root.type):
            raise InvalidNode(expected="a node type of the form [a-z][a-z0-9_-]*", found=root.type)
        result = [" | ".join(self._cells(root))]
        # Not recursive, because nodes made by programs may be nested to any depth.
        pending = [self._rows(root, "")]
        while pending:
            row = next(pending[-1], None)
            if row is None:
                pending.pop()
            elif isinstance(row, str):
                result.append(row)
            else:
                pending.append(self._rows(row, "  " * len(pending)))
        result.append("-\n")
        return "\n".join(result)

    def _rows(self, node: Node, indent: str) -> Iterator[str | Node]:
        """Lines for the content of a node, and after that of a sub node with content, the sub node itself."""
        if self._tabular and len(node.children) > 1:
            yield from self._table([child for child in node.children if self._writable(child, node)], indent)
            return
        start = indent + "+ "
        for child in node.children:
            if self._writable(child, node):
                yield start + " | ".join(self._cells(child))
                if child.children or child.text:
                    yield child
        if node.text and not node.children:
            for line in node.text.split("\n"):
                if _CONTROL.search(line):
                    self._dropped(f"a line of text of '{node.type}' contains control characters")
                else:
                    yield f"{indent}: {line}" if line else indent + ":"

    def _cells(self, node: Node) -> list[str]:
        """The segments of a node, the first of them with type and name."""
        head, cells = node.type, [""]
        for tag, value in node.attributes.items():
            if value[:1] == " " or value[-1:] == " ":
                self._dropped(f"blanks around the value of attribute '{tag}' of '{node.type}'")
                value = value.strip(" ")
            if "|" in value or (not value.isprintable() and _UNWRITABLE.search(value)):
                self._dropped(f"attribute '{tag}' of '{node.type}' contains '|' or control characters")
            elif tag == "name" and (name := value.strip(" ")) and not (":" in name and _PAIR.fullmatch(name)):
                head = f"{head} {name}"
            elif self._valid_name(tag):
                cells.append(f"{tag}: {value}".rstrip(" "))
            else:
                self._dropped(f"attribute '{tag}' of '{node.type}' is no name in HID")
        cells[0] = head
        return cells

    def _writable(self, node: Node, parent: Node) -> bool:
        if not self._valid_name(node.type):
            self._dropped(f"node '{node.type}' in '{parent.type}' is no name in HID")
            return False
        return True

    def _valid_name(self, name: str) -> bool:
        if name not in self._known:
            if _IDENTIFIER.fullmatch(name) is None:
                return False
            self._known.add(name)
        return True

    def _table(self, nodes: list[Node], indent: str) -> Iterator[str | Node]:
        """One line per node, with its chain of single sub nodes, and the same attributes below one another."""
        chains = [self._chain(node) for node in nodes]
        rows = [[self._cells(node) for node in chain] for chain in chains]
        columns = [_columns([row[level] for row in rows if level < len(row)]) for level in range(_MOST_LEVELS)]
        for chain, row in zip(chains, rows, strict=True):
            cells = []
            for cells_of_level, width in zip(row, columns, strict=False):
                by_key = dict.fromkeys(width, "")
                rest = []
                for position, cell in enumerate(cells_of_level):
                    key = cell.partition(":")[0] if position else ""
                    text = cell if position else "+ " + cell
                    if key in by_key:
                        by_key[key] = text
                    else:
                        rest.append(text)
                cells += [text.ljust(width[key]) for key, text in by_key.items()] + rest
            yield indent + " | ".join(cells).rstrip(" |")
            if len(chain) == 1 and (chain[0].children or chain[0].text):
                yield chain[0]

    def _chain(self, node: Node) -> list[Node]:
        """The node and its single descendants if all of them fit on its line, else the node alone."""
        chain = [node]
        while len(chain[-1].children) == 1 and len(chain) < _MOST_LEVELS:
            chain.append(chain[-1].children[0])
        fits = not chain[-1].children and not chain[-1].text and all(self._valid_name(link.type) for link in chain)
        return chain if fits else [node]


_MOST_LEVELS = 4            # of a table
_MOST_ATTRIBUTES = 8        # of each level
_WIDEST = 40                # longer cells stick out, or else one of them would blow up all other rows


def _columns(rows: list[list[str]]) -> dict[str, int]:
    """The width of each column, by tag; that of type and name has no tag."""
    widths: dict[str, int] = {}
    for cells in rows:
        for position, cell in enumerate(cells):
            key, size = (cell.partition(":")[0], len(cell)) if position else ("", len(cell) + 2)
            if key in widths or len(widths) <= _MOST_ATTRIBUTES:
                widths[key] = max(widths.get(key, 0), size if size <= _WIDEST else 0)
    return widths
