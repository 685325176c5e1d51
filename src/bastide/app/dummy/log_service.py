"""The LOG service of dummy, which forwards to its own log and tells what happens to its sessions."""

from __future__ import annotations

from bastide.base import Duration, Env, SessionRequest
from bastide.session.log import LogSession
from bastide.session.timer import Timer

LONGEST_MESSAGE = 99


class LogService:
    def __init__(self, env: Env, verbose: bool, delay_close: Duration) -> None:
        self.env, self.verbose, self.delay_close = env, verbose, delay_close
        self.timer = Timer(env) if delay_close else None
        LogSession.announce(env, lambda request: Session(self, request))
        env.log("created LOG service")


class Session(LogSession):
    def __init__(self, service: LogService, request: SessionRequest) -> None:
        self._service, self._log, self._label = service, service.env.log, request.label
        if service.verbose:
            self._log(f"opening session with label {self._label}")

    def write(self, text: str) -> None:
        text = text.removesuffix("\n").removesuffix("\x1b[0m")
        self._log(f"[{self._label}] {text}"[:LONGEST_MESSAGE])

    def upgrade(self, *, ram: int = 0, caps: int = 0) -> None:
        if self._service.env.pd.quota().ram_avail >= ram:
            self._log("received session quota upgrade")

    def close(self) -> None:
        service = self._service
        if service.timer:
            self._log(f"delay close by {service.delay_close // 1000} ms")
            service.timer.sleep(service.delay_close)
        else:
            self._log("close session without delay")
        if service.verbose:
            self._log(f"closing session with label {self._label}")
