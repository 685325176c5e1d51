"""The process of a page: told by the run that starts it what to serve, and over when that run is.

It holds the page's port and no more of the run than anybody who may use the run's control socket. Whatever browsers and
strangers do to it, they do not to the process of core.
"""

from __future__ import annotations

import json
import socket
import sys

from bastide.tool.web.address import Address
from bastide.tool.web.server import PageServer
from bastide.tool.web.source import Process


def main() -> None:
    """One line says what to do; when nobody can say anything any more, the run is over, however it ended."""
    told = json.loads(sys.stdin.buffer.readline())
    listener = socket.socket(fileno=told["listener"])
    server = PageServer(Process(told["run"]), listener, Address(**told["address"]), told["top"])
    sys.stdin.buffer.read()
    server.close()


if __name__ == "__main__":
    main()
