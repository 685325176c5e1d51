"""Nodes in XML: reading never fails but by InvalidNode, and writing in either syntax keeps what it does not drop."""

from __future__ import annotations

from fuzz import nodes
from fuzz.harness import Target

TARGET = Target(nodes.check, [
    b"<config/>",
    b'<?xml version="1.0"?>\n<!-- c --><config a="1">\n<b name="n">t &lt; &#x41;</b><c/><!-- d --></config> x',
    b"<!DOCTYPE a [ <!ENTITY b 'c'> ]><a> \n<b/> text</a>", '<a b="\u00e4|\u2028">\u202e</a>'.encode(),
    b'<a b=" c "/>', *nodes.examples(".xml")],
    [b"<a>", b"</a>", b"<b/>", b"<!--", b"-->", b"<?", b"?>", b"&amp;", b"&#x0a;", b"&#xd800;", b' c="d"', b"<!DOCTYPE",
     b"]>", b"<![CDATA[", b"|"])
