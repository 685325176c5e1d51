"""report_rom: the newest reports as ROM modules, who sees which by the policies of its config."""

from __future__ import annotations

from bastide.base import Env, InvalidNode, SessionDenied, SessionRequest
from bastide.lib.listing import write_listing
from bastide.lib.report_writer import ReportWriter
from bastide.lib.rom_module import Module
from bastide.session.report import ReportSession
from bastide.session.rom import RomSession


class Main:
    def __init__(self, env: Env) -> None:
        self._env, self._config = env, env.config.node
        self._reports: dict[str, Report] = {}
        ReportSession.announce(env, self._open_report)
        RomSession.announce(env, self._open_rom)

    def _open_report(self, request: SessionRequest) -> ReportSession:
        self._look_at_config()
        report = self._reports.get(request.label)
        if report is not None and report.writer is not None:
            raise SessionDenied(f"the report '{request.label}' has a writer already; it would have to close its "
                                "session first")
        writer = ReportWriter(request, self._submitted, self._writer_left)
        self._report(request.label).writer = writer
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
        return report.module.open(request.account, lambda: self._released(report))

    def _report(self, label: str) -> Report:
        return self._reports.setdefault(label, Report(label))

    def _submitted(self, writer: ReportWriter, content: bytes) -> None:
        self._report(writer.label).module.show(content)
        if self._config.value("verbose", False):
            write_listing(self._env.log, f"report '{writer.label}'", content)

    def _writer_left(self, writer: ReportWriter) -> None:
        report = self._report(writer.label)
        report.module.show(b"", notify=False)
        report.writer = None
        self._released(report)

    def _released(self, report: Report) -> None:
        """A report exists as long as somebody writes or reads it."""
        if report.writer is None and not report.module.sessions:
            del self._reports[report.label]

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
        self.writer: ReportWriter | None = None


construct = Main
