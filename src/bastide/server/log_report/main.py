"""log_report: writes reports to the log."""

from __future__ import annotations

from bastide.base import Env
from bastide.lib.listing import write_listing
from bastide.lib.report_writer import ReportWriter
from bastide.session.report import ReportSession


def construct(env: Env) -> None:
    def show(writer: ReportWriter, content: bytes) -> None:
        write_listing(env.log, f"report '{writer.label}'", content)

    ReportSession.announce(env, lambda request: ReportWriter(request, show))
