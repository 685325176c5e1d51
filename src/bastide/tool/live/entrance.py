"""Where others come in: what each run offers at its start, at next to no cost, and who opens when somebody knocks.

Until then there is a socket that waits, in a folder that only its owner can enter. Whatever serves those who come is
imported by the first of them.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bastide.kernel.linux.machine import LinuxMachine
from bastide.tool.live.folder import Offer, offer

if TYPE_CHECKING:
    from bastide.tool.execution import Run
    from bastide.tool.live.control import Server
    from bastide.tool.live.live import Live

PATIENCE = 2.0
"""Seconds that the end of a run waits for what is being answered."""


class Entrance:
    """Of one run, from its boot to its end."""

    def __init__(self, run: Run, machine: LinuxMachine) -> None:
        self._run, self._machine = run, machine
        self._changing = threading.RLock()
        self._closed = False
        self._live: Live | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._offer: Offer | None = offer(run.scenario.name)
        if self._offer is not None:
            machine.watch.readable(self._offer.listener.fileno(), self._knocked)

    @property
    def offered(self) -> bool:
        """Whether the run can be found from outside."""
        return self._offer is not None

    @property
    def live(self) -> Live:
        """The run as others see it. From any thread."""
        from bastide.tool.live.live import Live

        with self._changing:
            if self._live is None:
                self._live = Live(self._run, self._machine.gate.post)
                if self._closed:
                    self._live.close()
            return self._live

    def close(self) -> None:
        """The run ends: whoever waits for an answer is told so, and nobody else comes in."""
        with self._changing:
            self._closed = True
            if self._live is not None:
                self._live.close()
            if self._server is not None:
                self._server.stop()
        if self._offer is not None:
            self._machine.watch.forget(self._offer.listener.fileno())
            self._offer.withdraw()
            if self._thread is not None:
                self._thread.join(PATIENCE)
            self._offer.listener.close()

    def _knocked(self) -> None:
        """Where descriptors are watched, which nobody may hold up."""
        with self._changing:
            if not self._closed:
                self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        from bastide.tool.live.control import Server

        assert self._offer is not None
        live = self.live
        with self._changing:
            if self._closed:
                return
            self._server = Server(self._offer.listener, live)
        self._server.run()
