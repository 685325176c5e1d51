"""The subset of XML in which nodes are written: reading and writing.

There are tags, attributes in double quotes, comments and text. Values are taken as they stand, entities are decoded in
text alone, and neither declarations nor document types have any meaning. This file knows the syntax, and gets the
class of nodes to build as an argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from bastide.base.errors import InvalidNode

if TYPE_CHECKING:
    from bastide.base.node import Node, Source

# All repetitions are possessive: a failing match never tries twice, so that any text takes linear time.
_NAME = r"[A-Za-z_:][A-Za-z0-9_.:-]{0,63}+(?![A-Za-z0-9_.:-])"
_BLANKS = r"[ \t\n]*+"
_ATTRIBUTE = re.compile(rf'[ \t\n]++({_NAME}){_BLANKS}={_BLANKS}"([^"]*+)"')
_HEAD = rf'<({_NAME})((?:[ \t\n]++{_NAME}{_BLANKS}={_BLANKS}"[^"]*+")*){_BLANKS}'
_START = re.compile(rf"{_HEAD}(/?)>")
_UNFINISHED_START = re.compile(_HEAD)
_END = re.compile(rf"</({_NAME}){_BLANKS}>")
_LETTER = re.compile(r"[A-Za-z_:]")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]*+(?:\[[^\]]*+\][ \t\n]*+)?>")
_TEXT = re.compile(r"[ \t\n]*+[^ \t\n<]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

_ENTITY = re.compile(r"&(?:(gt|lt|amp|quot|apos)|#x([0-9a-fA-F]{1,6}));")
_ENTITIES = {"gt": ">", "lt": "<", "amp": "&", "quot": '"', "apos": "'"}
_ESCAPED = re.compile("[<>&\"'\x00-\x08\x0b-\x1f\x7f]|^[ \t\n]")
_ESCAPES = {character: f"&{name};" for name, character in _ENTITIES.items()}
_UNWRITABLE = re.compile(r'["\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]')


def parse(text: str, source: Source, make: type[Node]) -> Node:
    """The first node in `text`; what follows it is ignored. Raises InvalidNode. Takes time linear to the text."""
    return _Parser(text, source, make).node()


def write(node: Node, *, dropped: Callable[[str], None] | None = None) -> str:
    """The node as text, indented by tabs.

    This XML can't express a value that contains `"` or control characters. They are left out, and `dropped` is called
    with a message for each. Raises InvalidNode if the top-level node has no name that XML can express.
    """
    if not _writable_name(node.type):
        raise InvalidNode(expected="a tag name of at most 64 letters, digits and any of '_.:-'", found=node.type)
    return _text(node, dropped or (lambda message: None))


class _Open:
    """A tag whose end was not seen yet."""

    __slots__ = ("attributes", "children", "column", "content", "line", "type")

    def __init__(self, type: str, attributes: dict[str, str], line: int, column: int, content: int) -> None:
        self.type, self.attributes, self.line, self.column = type, attributes, line, column
        self.content = content          # offset behind the tag
        self.children: list[Node] = []


class _Parser:
    def __init__(self, text: str, source: Source, make: type[Node]) -> None:
        self._text, self._source, self._make = text, source, make
        self._stack: list[_Open] = []
        self._line, self._line_start, self._counted = 1, 0, 0
        self._text_level = 0        # depth of the outermost node that holds text; tags within are part of it

    def node(self) -> Node:
        text, stack, position = self._text, self._stack, self._skip_prologue()
        while True:
            start = _START.match(text, position)
            if start is not None:
                done = self._start(start)
                position = start.end()
            elif text.startswith("<!--", position):
                done = None
                position = self._behind(position, "-->", "the end '-->' of the comment")
            else:
                end = _END.match(text, position)
                if end is None or not stack or end[1] != stack[-1].type:
                    raise self._no_tag(position)
                done = self._end(position)
                position = end.end()
            if done is not None:
                return self._checked(done, position)
            if not self._text_level and stack and stack[-1].content == position and _TEXT.match(text, position):
                self._text_level = len(stack)
            following = text.find("<", position)
            if following < 0:
                raise self._error(len(text), self._expected_tag())
            position = following

    def _skip_prologue(self) -> int:
        """Offset of the top-level tag. Declarations, comments and stray text before it have no meaning."""
        text, position = self._text, self._text.find("<")
        while position >= 0 and not _LETTER.match(text, position + 1):
            if text.startswith("<!--", position):
                behind = self._behind(position, "-->", "the end '-->' of the comment")
            elif text.startswith("<?", position):
                behind = self._behind(position, "?>", "the end '?>' of the declaration")
            elif text.startswith("<!DOCTYPE", position):
                doctype = _DOCTYPE.match(text, position)
                if doctype is None:
                    raise self._error(position, "the end '>' of the document type")
                behind = doctype.end()
            else:
                behind = position + 1
            position = text.find("<", behind)
        if position < 0:
            raise self._error(len(text), "a tag")
        return position

    def _start(self, tag: re.Match[str]) -> Node | None:
        """Enter a node; returns the top-level node if this was the whole of it."""
        source, stack = self._source, self._stack
        line, column = self._place(tag.start())
        pairs = _ATTRIBUTE.findall(tag[2])
        attributes = dict(pairs)
        if len(attributes) < len(pairs):
            if source.strict:
                raise source.error(line, column, f"each attribute of <{tag[1]}> once", tag[0])
            attributes = {}
            for name, value in pairs:
                attributes.setdefault(name, value)
        if len(stack) >= source.depth_limit:
            raise source.error(line, column, f"at most {source.depth_limit} levels of nodes", tag[0])
        if tag[3]:
            return None if self._text_level else self._built(tag[1], attributes, (), "", line, column)
        stack.append(_Open(tag[1], attributes, line, column, tag.end()))
        return None

    def _end(self, position: int) -> Node | None:
        """Leave a node; returns it if it is the top-level node."""
        done = self._stack.pop()
        if not self._text_level:
            return self._built(done.type, done.attributes, tuple(done.children), "", done.line, done.column)
        if len(self._stack) >= self._text_level:
            return None
        self._text_level = 0
        content = _ENTITY.sub(_decoded, self._text[done.content:position])
        return self._built(done.type, done.attributes, (), content, done.line, done.column)

    def _built(self, type: str, attributes: dict[str, str], children: tuple[Node, ...], text: str,
               line: int, column: int) -> Node | None:
        node = self._make(type, attributes, children, text, (self._source, line, column))
        if not self._stack:
            return node
        self._stack[-1].children.append(node)
        return None

    def _checked(self, node: Node, end: int) -> Node:
        flaw = _CONTROL.search(self._text, 0, end)
        if flaw is not None:
            raise self._source.error_at(self._text, flaw.start(), "no control characters", flaw[0])
        return node

    def _behind(self, position: int, mark: str, expected: str) -> int:
        found = self._text.find(mark, position + 2)
        if found < 0:
            raise self._error(position, expected)
        return found + len(mark)

    def _no_tag(self, position: int) -> InvalidNode:
        """What to raise for a `<` that begins no valid tag: the place is where the tag goes wrong."""
        if not _LETTER.match(self._text, position + 1):
            return self._error(position, self._expected_tag())
        start = _UNFINISHED_START.match(self._text, position)
        if start is None:
            return self._error(position, "a tag name of at most 64 letters, digits and any of '_.:-'")
        return self._error(start.end(), f"'>', '/>' or name=\"value\" in the tag <{start[1]}>")

    def _expected_tag(self) -> str:
        return f"a tag or the end tag '</{self._stack[-1].type}>'" if self._stack else "a tag"

    def _place(self, position: int) -> tuple[int, int]:
        """Line and column of an offset, which grows from call to call, so that each newline is counted once."""
        newline = self._text.rfind("\n", self._counted, position)
        if newline >= 0:
            self._line += self._text.count("\n", self._counted, position)
            self._line_start = newline + 1
        self._counted = position
        return self._line, position - self._line_start + 1

    def _error(self, position: int, expected: str) -> InvalidNode:
        found = self._text[position:position + 80].partition("\n")[0] if position < len(self._text) else None
        return self._source.error_at(self._text, position, expected, found)


def _decoded(entity: re.Match[str]) -> str:
    if entity[1]:
        return _ENTITIES[entity[1]]
    code = int(entity[2], 16)
    return chr(code) if code < 0xd800 or 0xe000 <= code < 0x110000 else entity[0]


def _text(root: Node, dropped: Callable[[str], None]) -> str:
    result: list[str] = []
    # Not recursive, because nodes made by programs may be nested to any depth. A string is an end tag.
    pending: list[tuple[Node | str, int]] = [(root, 0)]
    while pending:
        node, level = pending.pop()
        indent = "\t" * level
        if isinstance(node, str):
            result.append(f"{indent}</{node}>\n")
            continue
        start = f"{indent}<{node.type}{_attributes(node, dropped)}"
        children = []
        for child in reversed(node.children):
            if _writable_name(child.type):
                children.append((child, level + 1))
            else:
                dropped(f"node '{child.type}' in '{node.type}' is no name in XML")
        if children:
            result.append(start + ">\n")
            pending.append((node.type, level))
            pending += children
        elif node.text and not node.children:
            result.append(f"{start}>{_escaped(node, dropped)}</{node.type}>\n")
        else:
            result.append(start + "/>\n")
    return "".join(result)


def _attributes(node: Node, dropped: Callable[[str], None]) -> str:
    parts = []
    for name, value in node.attributes.items():
        if not _writable_name(name):
            dropped(f"attribute '{name}' of '{node.type}' is no name in XML")
        elif _UNWRITABLE.search(value):
            dropped(f"attribute '{name}' of '{node.type}' contains quotes or control characters")
        else:
            parts.append(f' {name}="{value}"')
    return "".join(parts)


def _escaped(node: Node, dropped: Callable[[str], None]) -> str:
    try:
        node.text.encode()
    except UnicodeEncodeError:
        dropped(f"the text of '{node.type}' is no valid Unicode")
        return ""
    # A leading blank is escaped because text is recognised by its first character.
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[0]) or f"&#x{ord(match[0]):02x};", node.text)


_WRITABLE = re.compile(_NAME)


def _writable_name(name: str) -> bool:
    return _WRITABLE.fullmatch(name) is not None
