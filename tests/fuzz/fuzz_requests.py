"""The requests that a server is shown: whatever a client asks for and calls itself, its request is one request."""

from __future__ import annotations

from typing import Any

from fuzz.harness import Target

from bastide.base import Affinity
from bastide.base import args as session_args
from bastide.base.environment import Resources
from bastide.base.errors import InvalidArgs
from bastide.base.node import Node
from bastide.init.arguments import prefix_label
from bastide.init.requests import LARGEST, RequestTable
from bastide.init.session_state import SessionState


class Service:
    """A service, as far as a table of requests looks at it."""

    def __init__(self, name: str) -> None:
        self.name = name


def check(data: bytes) -> None:
    """The name of the service up to a zero, then the arguments of the client."""
    name, _, text = data.decode(errors="replace").partition("\0")
    try:
        fields = prefix_label(session_args.parse(text), "client")
        expected = session_args.format(fields)
    except InvalidArgs:
        return
    service: Any = Service(name[:64])
    table = RequestTable()
    for number in range(2):
        session = SessionState(None, number + 1, service, fields["label"], fields["label"], fields, 8192, 2,
                               Affinity(2, 1, 0, 0, 1, 1))
        table.create(session)
        table.upgrade(session, Resources(4096, 1))
    content, whole = table.text(LARGEST)
    assert whole and len(content) <= LARGEST
    shown = list(Node.parse(content.rstrip(b"\0"), strict=True).sub_nodes())
    assert [node.type for node in shown] == ["upgrade", "upgrade", "create", "create"]
    for create in shown[2:]:
        assert create.attributes.get("label", fields["label"]).strip(" ") == fields["label"].strip(" ")
        assert create.attributes.get("service", name[:64]).strip(" ") == name[:64].strip(" ")
        [args] = create.sub_nodes("args")
        assert session_args.parse(args.text) == fields, (args.text, expected)


TARGET = Target(check, [
    b'Hello\0label="a -> b", ram_quota=8K, cap_quota=2', b'A | b: c\0label="x | id: 3"', b'\n+ create\0label="-"',
    'S\u00e4\0label="\u2028 ", a="b\\"c", d=e'.encode()],
    [b"\0label=", b'="', b" | ", b": ", b"+ close | id: 1", b"\\\"", b"\n-\n"], calls=2000, memory=5000)
