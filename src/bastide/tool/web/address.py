"""Where the page is, and who may see it: whoever knows the token that is in the URL.

The token is traded for a cookie at once. A browser gives cookies of a host to all servers of that host, whatever their
port; but only below the path that they were made for. So the page has a secret place in the path, too: no other
server, of whichever user of this host, can make a browser hand over the cookie.
"""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, field

HOST = "127.0.0.1"
WAITING = 64
"""Connections that may wait, and that are accepted at a time."""

_NAMES = (HOST, "localhost")


@dataclass(frozen=True)
class Address:
    """The page of one run."""

    port: int
    place: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def path(self) -> str:
        """What all paths begin with."""
        return f"/{self.place}/"

    @property
    def url(self) -> str:
        """What to open in a browser. Who has it has the page."""
        return f"http://{HOST}:{self.port}{self.path}?token={self.token}"

    @property
    def hosts(self) -> frozenset[str]:
        """How a browser that was not misled names the server."""
        return frozenset(f"{name}:{self.port}" for name in _NAMES)

    @property
    def cookie(self) -> str:
        """The name of the cookie: pages of several runs have several."""
        return f"bastide-{self.port}"


def listen(port: int = 0) -> socket.socket:
    """A socket for a page, on the loopback interface alone. Raises OSError; port 0 is one that is free."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen(WAITING)
    except OSError:
        made.close()
        raise
    return made
