"""Session arguments and labels: refused by InvalidArgs, or understood in the same way wherever they get to."""

from __future__ import annotations

from fuzz.harness import Target

from bastide.base import args
from bastide.base.errors import InvalidArgs
from bastide.base.label import SEPARATOR, Label
from bastide.base.value import Bytes


def check(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        fields = args.parse(text)
    except InvalidArgs as error:
        assert str(error).isprintable() and len(str(error)) < 600
        return
    try:
        again = args.format(fields)
    except InvalidArgs:
        assert len(text.encode(errors="surrogatepass")) <= args.STATE_LIMIT
        return
    assert args.parse(again) == fields, again
    assert args.format(args.parse(again)) == again
    label = Label(fields.get("label", ""))
    assert label in (label.last_element, label.prefix + SEPARATOR + label.last_element)
    for value in fields.values():
        try:
            assert Bytes(str(Bytes(value))) == Bytes(value)
        except ValueError as error:
            assert len(str(error)) < 200


TARGET = Target(check, [
    b'label="shell -> log", ram_quota=16K, writeable=yes', b"a=1,b=-0x1f, c=+2M,,d=e", b'q="\\"\\\\", r="", r="2"',
    'label="\u00e4 -> ", x=99999999999999999999'.encode()],
    [b"label=", b'="', b'", ', b"ram_quota=", b" -> ", b"\\\"", b"K", b"0x", b"= "], calls=200)
