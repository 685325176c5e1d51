"""News from core: whatever a message is, its descriptors are in what was made of it, or closed."""

from __future__ import annotations

import os
import socket

from fuzz.harness import Target

from bastide.kernel.linux import control
from bastide.kernel.linux.control import MAX_DESCRIPTORS, Kind, News


def check(data: bytes) -> None:
    """The first byte says how many descriptors come along."""
    count, message = (data[0] if data else 0) % (MAX_DESCRIPTORS + 1), data[1:] or b"?"
    near, far = control.pair()
    with near, far:
        before = len(os.listdir("/proc/self/fd"))
        socket.send_fds(near, [message], [near.fileno()] * count)
        news = control.receive(far)
        kept = () if news is None else news.descriptors
        assert len(os.listdir("/proc/self/fd")) == before + len(kept)
        for descriptor in kept:
            os.close(descriptor)
        if news is not None:
            assert news.kind in Kind
            sent = News(news.kind, news.first, news.second, news.third)
            assert control.send(near, sent)
            assert control.receive(far) == sent


TARGET = Target(check, [bytes((2, kind)) + bytes(range(24)) for kind in Kind] + [b"\3", b"\1" + bytes(24), b"\0" * 40],
                [b"\7", b"\xff"])
