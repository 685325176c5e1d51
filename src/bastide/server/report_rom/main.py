"""report_rom: the newest reports as ROM modules, who sees which by the policies of its config."""

from __future__ import annotations

from bastide.base import DataspaceCap, Env, InvalidNode, RamDataspace, SessionDenied, SessionRequest, SignalCap
from bastide.lib.rom_module import Module
from bastide.session.report import ReportArgs, ReportSession
from bastide.session.rom import RomSession


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._config = env, env.config.node
        self._reports: dict[str, Report] = {}
        ReportSession.announce(env, self._open_report)
        RomSession.announce(env, self._open_rom)

    def submitted(self, report: Report) -> None:
        if self._config.value("verbose", False):
            self._env.log(f"report '{report.label}'")
            for line in (report.module.content or b"").decode(errors="replace").rstrip("\n").split("\n"):
                self._env.log(f"  {line}")

    def released(self, report: Report) -> None:
        """A report exists as long as somebody writes or reads it."""
        if report.writer is None and not report.module.sessions:
            del self._reports[report.label]

    def _open_report(self, request: SessionRequest) -> ReportSession:
        self._look_at_config()
        report = self._reports.get(request.label)
        if report is not None and report.writer is not None:
            raise SessionDenied(f"the report '{request.label}' has a writer already; it would have to close its "
                                "session first")
        writer = Writer(self, request)
        writer.report = self._report(request.label)
        writer.report.writer = writer
        return writer

    def _open_rom(self, request: SessionRequest) -> RomSession:
        self._look_at_config()
        try:
            label = request.policy(self._config).required("report", str)
        except SessionDenied:
            raise SessionDenied(f"no valid policy for ROM request '{request.label}'") from None
        except InvalidNode as error:
            raise SessionDenied(str(error)) from None
        report = self._report(label)
        return report.module.open(request.account, lambda: self.released(report))

    def _report(self, label: str) -> Report:
        return self._reports.setdefault(label, Report(label))

    def _look_at_config(self) -> None:
        """Policies count from the next session on."""
        self._env.config.update()
        try:
            self._config = self._env.config.node
        except InvalidNode as error:
            self._env.log.error(f"{error}; keeping the policies before")


class Report:
    def __init__(self, label: str) -> None:
        self.label, self.module = label, Module()
        self.writer: Writer | None = None


class Writer(ReportSession):
    """Whoever writes a report pays for its buffer and for the copy of it that readers see."""

    report: Report

    def __init__(self, main: Main, request: SessionRequest) -> None:
        self._main = main
        size = request.args(ReportArgs).buffer_size
        if not size:
            raise SessionDenied(f"the report '{request.label}' comes with buffer_size=0, which can hold no report")
        self._buffer = RamDataspace(request.account, size)
        request.account.reserve(ram=self._buffer.size)

    def dataspace(self) -> DataspaceCap:
        return self._buffer.cap

    def submit(self, length: int) -> None:
        self.report.module.show(bytes(self._buffer.view[:max(0, length)]))
        self._main.submitted(self.report)

    def response_sigh(self, context: SignalCap | None) -> None:
        """There never is a response."""

    def obtain_response(self) -> int:
        return 0

    def close(self) -> None:
        self.report.module.show(b"", notify=False)
        self.report.writer = None
        self._main.released(self.report)


construct = Main
