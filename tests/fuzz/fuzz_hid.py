"""Nodes in HID: reading never fails but by InvalidNode, and writing in either syntax keeps what it does not drop."""

from __future__ import annotations

from fuzz import nodes
from fuzz.harness import Target

TARGET = Target(nodes.check, [
    b"config\n-\n",
    b"config name | a: 1 | b: two words\n+ start x | caps: 100 | + binary y\n  + config | v: yes\n    : text | more\n"
    b"    :\n  x off | + a\n. comment\n+ service ROM | label: l | + parent\n-\nrest",
    "a\n+ b \u00e4\u2028 | c:  x \n  : \u202e\n-\0\0".encode(), *nodes.examples(".hid")],
    [b"\n+ ", b" | + ", b" | x ", b"\n: ", b"\n. ", b": ", b"\n-\n", b"\n  ", b" |", b"name: ", b"+ a b: c"])
