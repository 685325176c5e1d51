"""Structured data, as configurations and reports carry it: a component reads a `Node` and writes with a `Generator`.

This file knows what a node is and how its values are read, but not how it is spelt: `hid` and `xml` parse and write the
two syntaxes. They get the class to build as an argument and thus depend on this file for its types only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TypeAlias, cast

from bastide.base import hid, xml
from bastide.base.errors import InvalidNode
from bastide.base.value import V, Value, read, spell

SIZE_LIMIT = 16 << 20       # characters (or bytes) of one text
DEPTH_LIMIT = 200           # levels of nodes; lets recursive readers live with Python's limit of 1000 calls

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_.:-]*+")       # what at least one of the syntaxes can express


class Source:
    """Where the nodes of one text come from, and how it is to be read."""

    __slots__ = ("numeric_prefix", "origin", "strict")

    depth_limit = DEPTH_LIMIT

    def __init__(self, origin: str, strict: bool = False, numeric_prefix: bool = False) -> None:
        self.origin, self.strict, self.numeric_prefix = origin, strict, numeric_prefix

    def error(self, line: int, column: int, expected: str, found: str | None = None) -> InvalidNode:
        """What to raise at the given place; without `found`, the text ended there."""
        return InvalidNode(origin=self.origin, line=line, column=column, expected=expected, found=found)

    def error_at(self, text: str, position: int, expected: str, found: str | None = None) -> InvalidNode:
        """What to raise at the given offset within `text`."""
        line = text.count("\n", 0, position) + 1
        return self.error(line, position - text.rfind("\n", 0, position), expected, found)


Place: TypeAlias = tuple[Source, int, int]       # the line and the column count from 1


class Node:
    """One node: type, attributes, and either sub nodes or text. Equal content compares equal, whatever its syntax.

    Nodes are values: nobody changes one after it was made. This is a plain class rather than a frozen dataclass
    because each session request parses some, and a frozen dataclass takes several times as long to make.
    """

    __slots__ = ("_place", "attributes", "children", "text", "type")
    __hash__ = None  # type: ignore[assignment]     # as of any value that holds a dictionary

    def __init__(self, type: str, attributes: Mapping[str, str] = _NOTHING, children: tuple[Node, ...] = (),
                 text: str = "", place: str | Place = "") -> None:
        self.type = type
        self.attributes = attributes
        self.children = children
        self.text = text
        self._place = place

    @classmethod
    def parse(cls, text: str | bytes | bytearray | memoryview, origin: str = "node", *, strict: bool = False) -> Node:
        """The node that `text` holds, in XML if its first character is `<`, else in HID. Raises InvalidNode.

        `origin` is how messages call the text. `strict` is for tools that check what people write: it refuses what
        the syntaxes define as ignored, such as a second attribute of the same name.
        """
        if len(text) > SIZE_LIMIT:
            raise InvalidNode(origin=origin, line=1, column=1, expected=f"at most {SIZE_LIMIT} characters",
                              found=f"{len(text)} characters")
        if not isinstance(text, str):
            return _parse_bytes(bytes(text), origin, strict)
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        start = text.lstrip(" \t\n")[:1] if text[:1] in " \t\n" else text[0]
        if start == "<":
            return xml.parse(text, Source(origin, strict, numeric_prefix=True), cls)
        return hid.parse(text, Source(origin, strict), cls)

    @property
    def name(self) -> str:
        """The attribute `name`, or an empty string."""
        return self.attributes.get("name", "")

    @property
    def place(self) -> str:
        """Where the node was read, as `init.config:12:5`, for messages."""
        if isinstance(self._place, str):
            return self._place
        source, line, column = self._place
        return f"{source.origin}:{line}:{column}"

    def attribute(self, name: str, default: V) -> V:
        """Value of an attribute, of the type of `default`, which is the answer if the attribute is absent.

        Raises InvalidNode if the text is no such value. Booleans are `yes` or `no` (also true/false, on/off, 1/0),
        integers decimal or `0x`, `Bytes` may end in K, M or G. A number read from XML may be followed by anything.
        """
        text = self.attributes.get(name)
        return default if text is None else self._read(name, text, cast("type[V]", default.__class__))

    def value(self, name: str, default: V) -> V:
        """Like `attribute`, but with `default` as the answer for an unreadable value, too.

        This is how Genode reads all attributes. It is meant for data of others, such as reports, where a wrong value
        is as good as none; in a configuration a message helps more.
        """
        try:
            return self.attribute(name, default)
        except InvalidNode:
            return default

    def required(self, name: str, kind: type[V]) -> V:
        """Value of an attribute that must be there. Raises InvalidNode."""
        text = self.attributes.get(name)
        if text is None:
            place = f"{self.place}: " if self.place else ""
            raise self._error(f"attribute '{name}' of '{self.type}'",
                              text=f"{place}expected attribute '{name}' of '{self.type}', which is missing")
        return self._read(name, text, kind)

    def sub_nodes(self, *types: str) -> Iterator[Node]:
        """Sub nodes in order, of all or only of the given types."""
        return (child for child in self.children if not types or child.type in types)

    def sub_node(self, type: str, /, **attributes: str) -> Node | None:
        """The first sub node of the given type that carries the given attributes."""
        wanted = attributes.items()
        return next((child for child in self.sub_nodes(type) if wanted <= child.attributes.items()), None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return (self.type == other.type and self.attributes == other.attributes and self.text == other.text
                and self.children == other.children)

    def __str__(self) -> str:
        """The node as text, in HID syntax. What HID can't express is left out: see `hid.write`."""
        return hid.write(self)

    def encode(self, *, as_xml: bool = False) -> bytes:
        """The node as content of a ROM or report: in HID, or `as_xml`; in the other one if that can't express it."""
        for write in (xml.write, hid.write) if as_xml else (hid.write, xml.write):
            dropped: list[str] = []
            with suppress(InvalidNode):
                text = write(self, dropped=dropped.append)
                if not dropped:
                    return text.encode()
        return xml.write(self).encode()         # without what neither can express

    def __repr__(self) -> str:
        content = f"{len(self.children)} sub nodes" if self.children else f"text={self.text[:40]!r}"
        return f"<Node {self.type} {dict(self.attributes)!r:.200} {content} {self.place}>"

    def _read(self, name: str, text: str, kind: type[V]) -> V:
        prefix = not isinstance(self._place, str) and self._place[0].numeric_prefix
        try:
            return read(text, kind, prefix=prefix)
        except (KeyError, ValueError):
            wanted = _KINDS.get(kind.__name__, kind.__name__)
            raise self._error(f"attribute '{name}' of '{self.type}' to be {wanted}", found=text) from None

    def _error(self, expected: str, found: str | None = None, text: str = "") -> InvalidNode:
        if isinstance(self._place, str):
            return InvalidNode(text, origin=self._place, expected=expected, found=found)
        source, line, column = self._place
        return InvalidNode(text, origin=source.origin, line=line, column=column, expected=expected, found=found)


class Generator:
    """A node under construction; `node()` adds a sub node and returns its generator. Bad names raise InvalidNode."""

    __slots__ = ("_attributes", "_children", "_depth", "_text", "_type")

    def __init__(self, type: str, /, **attributes: Value) -> None:
        self._type = _checked(type, "a node type")
        self._attributes: dict[str, str] = {}
        self._children: list[Generator | Node] = []
        self._text: list[str] = []
        self._depth = 1
        for name, value in attributes.items():
            self.attribute(name, value)

    def attribute(self, name: str, value: Value) -> None:
        """Set an attribute: booleans become yes or no, numbers decimal, `Bytes` as in 16K."""
        self._attributes[_checked(name, "an attribute name")] = spell(value)

    def node(self, type: str, /, **attributes: Value) -> Generator:
        """Add a sub node."""
        child = Generator(type, **attributes)
        child._depth = self._depth + 1
        if child._depth > DEPTH_LIMIT:
            raise InvalidNode(f"expected at most {DEPTH_LIMIT} levels of nodes, got one more for '{type}'")
        self._children.append(child)
        return child

    def text(self, text: str) -> None:
        """Add text, which counts only if the node gets no sub nodes."""
        self._text.append(text)

    def copy(self, node: Node) -> None:
        """Add a sub node with the content of `node`."""
        self._children.append(node)

    def fill(self, node: Node) -> None:
        """Take over the attributes and the content of `node`."""
        self._attributes.update(node.attributes)
        self._children.extend(node.children)
        self._text.append(node.text)

    def build(self) -> Node:
        """The finished node."""
        children = tuple([child if isinstance(child, Node) else child.build() for child in self._children])
        return Node(self._type, dict(self._attributes), children, "" if children else "".join(self._text))

    def __str__(self) -> str:
        return str(self.build())


_KINDS = {"bool": "yes or no", "int": "a number", "float": "a number", "Bytes": "a number of bytes such as 16K"}


def _checked(name: str, expected: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise InvalidNode(expected=expected, found=name)
    return name


def _parse_bytes(data: bytes, origin: str, strict: bool) -> Node:
    try:
        return Node.parse(data.decode(), origin, strict=strict)
    except UnicodeDecodeError as flaw:
        # What follows the end of the top-level node is ignored, whatever it is, so the valid part may suffice.
        text = data[:flaw.start].decode()
        try:
            return Node.parse(text, origin, strict=strict)
        except InvalidNode:
            found = "bytes " + data[flaw.start:flaw.end].hex(" ")
            raise Source(origin).error_at(text, len(text), "UTF-8", found) from None
