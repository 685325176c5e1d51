"""RPC at both ends: a server answers any request by a reply or an IpcError, and a client survives any reply."""

from __future__ import annotations

from typing import Any, cast

from components.contracts import Colour, Everything, Inches, Point, Refused, Shape
from fuzz.harness import Target

from bastide.base import Bytes, Capability, Interface, IpcError, OutOfRam
from bastide.base.platform import MESSAGE_BYTES, Caps, Handle, Kernel
from bastide.base.rpc import dispatcher


class Wire:
    """A kernel whose calls come back with what was put here."""

    def __init__(self) -> None:
        self.reply, self.caps, self.requests = b"", cast(Caps, ()), list[bytes]()

    def call(self, target: Handle, request: bytes, caps: Caps = ()) -> tuple[bytes, Caps]:
        self.requests.append(request)
        return self.reply, self.caps


class Echo(Everything):
    def scalars(self, truth: bool, number: int, real: float) -> tuple[bool, int, float]:
        return truth, number, real

    def texts(self, text: str, content: bytes) -> tuple[str, bytes]:
        return text, content

    def derived(self, inches: Inches, size: Bytes, colour: Colour) -> tuple[Inches, Bytes, Colour]:
        return inches, size, colour

    def shape(self, shape: Shape) -> Shape:
        return shape

    def maybe(self, number: int | None, text: str | None) -> tuple[int | None, str | None]:
        return number, text

    def nothing(self, none: None) -> None: ...

    def row(self, numbers: tuple[int, ...], pair: tuple[str, int], none: tuple[()]) -> tuple[int, ...]:
        return numbers

    def needs(self, cap: Capability[Interface]) -> Capability[Interface]:
        return cap

    def may(self, cap: Capability[Interface] | None) -> Capability[Interface] | None:
        return cap

    def several(self, caps: tuple[Capability[Interface] | None, ...]) -> tuple[Capability[Interface] | None, ...]:
        return caps

    def defaults(self, first: int, second: str = "two", third: bool = True) -> str:
        return second

    def fail(self, how: str) -> str:
        raise Refused(how)

    def wrong_result(self) -> int:
        return 1


WIRE = Wire()
KERNEL = cast(Kernel, WIRE)
SERVE = dispatcher(Echo(), KERNEL)
CLIENT = Everything.stub(Capability(Handle("server"), Everything, KERNEL))
_POINT = Point(1, 2.0, "name", Colour.GREEN)
_CAP = Capability[Interface](Handle("handle 0"), Interface, KERNEL)
CALLS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (CLIENT.scalars, (True, 1, 1.0)), (CLIENT.texts, ("a", b"b")), (CLIENT.derived, (Inches(1), Bytes(1), Colour.RED)),
    (CLIENT.shape, (Shape((_POINT,), _POINT),)), (CLIENT.maybe, (1, None)), (CLIENT.nothing, (None,)),
    (CLIENT.row, ((1, 2), ("a", 1), ())), (CLIENT.needs, (_CAP,)), (CLIENT.may, (None,)), (CLIENT.several, ((_CAP,),)),
    (CLIENT.defaults, (1,)), (CLIENT.fail, ("how",)), (CLIENT.wrong_result, ()))


def check(data: bytes) -> None:
    """The first byte says how many capabilities come along, and which function the client has called."""
    if not data:
        return
    message, caps = data[1:MESSAGE_BYTES + 1], (Handle("handle 0"), None, Handle("handle 1"))[:data[0] & 3]
    try:
        reply, _ = SERVE(message, caps)
    except IpcError:
        pass
    else:
        assert len(reply) <= len(message) + MESSAGE_BYTES
    WIRE.reply, WIRE.caps = message, caps
    function, arguments = CALLS[(data[0] >> 2) % len(CALLS)]
    WIRE.requests.clear()
    try:
        function(*arguments)
    except (IpcError, Refused, OutOfRam) as error:
        assert len(str(error)) <= MESSAGE_BYTES
    assert len(WIRE.requests) == 1


def _requests() -> list[bytes]:
    WIRE.reply = b""
    made: list[bytes] = []
    for function, arguments in CALLS:
        WIRE.requests.clear()
        try:
            function(*arguments)
        except IpcError:
            made += [bytes((len(made) << 2 | 1,)) + request for request in WIRE.requests]
    return made


TARGET = Target(check, [*_requests(), b"\0\0\0result", b"\x2c\1\0refused", b"\x2c\3\0out of ram", b"\x2c\4\0"],
                [b"\0\0", b"\1\0", b"\x0d\0", b"\xff\xff"], calls=300, memory=5000)
