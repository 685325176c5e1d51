"""The server of a page: a thread that answers whoever connects to a listening socket.

Whoever can connect takes a descriptor and some memory, before anything is known of him. So connections are counted and
may not idle: what strangers can take is bounded, and they can't keep it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bastide.tool.web.address import WAITING, Address
from bastide.tool.web.application import application
from bastide.tool.web.feed import Feed
from bastide.tool.web.guard import Guard
from bastide.tool.web.source import Source

MOST_CONNECTIONS = 64
_LARGEST_HEAD = 16 << 10
_PATIENCE = 5
"""Seconds that a connection may last without a request."""


class PageServer:
    """Serves the page of a run, until it is closed."""

    def __init__(self, source: Source, listener: socket.socket, address: Address, top: str) -> None:
        """`top` is the label of the component that the run's config is for."""
        self.address = address
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        self._feed = Feed(source)
        config = uvicorn.Config(
            Guard(application(source, self._feed, top), address), http=_Connection, ws="none", loop="none",
            lifespan="off", log_config=None, log_level="error", access_log=False, proxy_headers=False,
            server_header=False, date_header=False, backlog=WAITING, timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=_LARGEST_HEAD)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="page", daemon=True)
        self._thread.start()

    def close(self, reason: str = "the run ended") -> None:
        """Tell all browsers why, and stop. Callable from any thread."""
        with contextlib.suppress(RuntimeError):         # the loop has ended already
            self._loop.call_soon_threadsafe(self._end, reason)
        self._thread.join()
        self._listener.close()

    def _end(self, reason: str) -> None:
        self._feed.end(reason)
        self._server.should_exit = True

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve([self._listener]))


class _Connection(H11Protocol):
    """One connection, which may be one too many, and is ended if it asks for nothing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._waiting = self.loop.call_later(_PATIENCE, self._lose_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if hasattr(self, "_waiting"):
            self._waiting.cancel()

    def _lose_patience(self) -> None:
        if self.cycle is None:
            self.transport.abort()
