"""A play that comes to no end. Where it hangs, says the name under which a test copies it.

`hang_in_cast`: in the process in core's place; `hang_in_forget`: in that which rehearses; `hang_in_scout`; and
`..._briefly`, if it is not to be given more time than usual. It tells who rehearses, and who hangs.
"""

from __future__ import annotations

import os
import select
from typing import Any

from bastide.kernel.interface import Caps, Handle, Start
from bastide.kernel.linux import zygote

ENTRY = f"{__name__}:main"
_PLACE = __name__.removeprefix("hang_in_")
_SELF = os.getpid()
if not _PLACE.endswith("_briefly"):
    zygote.REHEARSAL_SECONDS = 600
_PLACE = _PLACE.removesuffix("_briefly")


def binary() -> bytes:
    return b"x"


def cast(stage: Any) -> Handle:
    _hang_in("cast")

    def answer(request: bytes, caps: Caps) -> tuple[bytes, Caps]:
        stage.end()
        return b"", ()

    parent: Handle = stage.serve(answer)
    return parent


def main(start: Start) -> int:
    if os.getpid() != _SELF:
        _hang_in("scout")
    start.kernel.call(start.parent, b"")
    return 0


def forget() -> None:
    _hang_in("forget")


def _hang_in(place: str) -> None:
    if place == _PLACE:
        os.write(2, f"{_SELF} {os.getpid()}\n".encode())
        select.poll().poll()
