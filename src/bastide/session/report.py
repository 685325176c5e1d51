"""Report: state that a component publishes, and the client that writes it as nodes.

A report is state, not an event: only the newest one counts. This file does not know who reads a report; that is the
policy of the server, which sees the label. Nor does it trust the server, which owns the buffer: whatever it does with
it costs a report, and not the life of who reports.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bastide.base import (
    Account,
    Attached,
    Bytes,
    DataspaceCap,
    Env,
    IpcError,
    Node,
    OutOfCaps,
    OutOfRam,
    Session,
    SessionArgs,
    SessionDenied,
    SignalCap,
    SignalHandler,
    rpc,
)
from bastide.base.dataspace import PAGE

STEP = 4096
"""By how much the buffer of a report grows."""


@dataclass(frozen=True)
class ReportArgs(SessionArgs):
    buffer_size: Bytes = Bytes(4096)

    @property
    def ram(self) -> int:
        """The buffer, and as much again for the copy that the server shows to others."""
        return (self.buffer_size + PAGE - 1) // PAGE * PAGE * 2


class ReportSession(Session):
    service, ram_quota, cap_quota = "Report", "10K", 3

    @rpc
    def dataspace(self) -> DataspaceCap:
        """The buffer, of at least the size that was asked for at the creation of the session."""
        ...

    @rpc
    def submit(self, length: int) -> None:
        """The first `length` bytes of the buffer are the new report. Leave them alone during the call."""

    @rpc
    def response_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that a response can be obtained."""

    @rpc
    def obtain_response(self) -> int:
        """Replace the buffer's content by a response; its length, 0 if there is none."""
        ...


class Reporter:
    """Publishes one report. Its buffer grows with what is written: the session is opened again for that.

    The session is opened by the first report, so that a reporter costs nothing before; and once more by the report that
    follows one that failed.
    """

    def __init__(self, env: Env, label: str, *, buffer: int = STEP, payer: Account | None = None) -> None:
        self.label = label
        self._env, self._payer = env, payer or env.account
        self._size = max(buffer, STEP)
        self._session: ReportSession | None = None
        self._window: Attached | None = None
        self._failed = False

    def generate(self, node: Node) -> bool:
        """Publish a node. See `submit`."""
        return self.submit(self._env.encode(node))

    def submit(self, content: bytes) -> bool:
        """Publish any content. False: it could not be, and the log has the reason, once until it works again."""
        try:
            session, buffer = self._opened(len(content))
            buffer.store(content)
            session.submit(len(content))
        except (IpcError, OutOfRam, OutOfCaps, SessionDenied) as error:
            if not self._failed:
                self._env.log.error(f"report '{self.label}' of {len(content)} bytes was not published: {error}")
            self._failed = True
            self.close()
            return False
        self._failed = False
        return True

    def close(self) -> None:
        """End the session. The next report opens another one."""
        if self._window:
            self._window.close()
            self._window = None
        if self._session:
            session, self._session = self._session, None
            session.close()

    def _opened(self, length: int) -> tuple[ReportSession, Attached]:
        """Session and buffer, with room for `length` bytes."""
        if self._session is None or self._window is None or len(self._window.view) < length:
            self.close()
            # The server knows one writer of a label, so the old session had to go first. If there is not enough for
            # the larger one, the next report may still be small again.
            size = max(self._size, (length + STEP - 1) // STEP * STEP)
            session = ReportSession.connect(self._env, self.label, ReportArgs(Bytes(size)), payer=self._payer)
            self._session = session
            self._window = Attached(self._payer, session.dataspace())
            if len(self._window.view) < length:
                raise SessionDenied(f"the buffer has {Bytes(len(self._window.view))}, {Bytes(size)} were asked for")
            self._size = size
        return self._session, self._window


class BackgroundReporter:
    """Publishes one report from an entrypoint of its own, for components that must not wait for whoever takes it.

    A server that does not answer keeps nobody waiting, and gets the newest report when it does. Costs two capabilities
    more than a `Reporter`.
    """

    def __init__(self, env: Env, label: str, *, buffer: int = STEP) -> None:
        self._env, self._reporter = env, Reporter(env, label, buffer=buffer)
        self._newest = deque[bytes](maxlen=1)
        self._written = SignalHandler(env, self._publish, ep=env.entrypoint(f"report {label}"))

    def generate(self, node: Node) -> None:
        """Publish a node, soon. See `submit`."""
        self.submit(self._env.encode(node))

    def submit(self, content: bytes) -> None:
        """Publish any content, soon. What was not published yet is forgotten."""
        self._newest.append(content)
        self._written.submit()

    def _publish(self) -> None:
        while self._newest:
            self._reporter.submit(self._newest.pop())
