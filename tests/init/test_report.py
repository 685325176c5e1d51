"""The state report of the init component, and who takes it."""

from __future__ import annotations

from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import Env, NotYet, SessionRequest, milliseconds
from bastide.session.report import ReportSession

CONFIG = PARENT_PROVIDES + ROUTE + """
+ start mute | + provides | + service Report
+ start init | ram: 16M | caps: 800
  + route
    + service Report | + child mute
    + any-service | + parent
  + config
    + report | delay_ms: 10
    + parent-provides
      + service ROM
      + service CPU
      + service PD
      + service LOG
    + default | caps: 100 | ram: 1M
    + default-route | + any-service | + parent
    + start child
"""


def test_a_report_server_that_never_answers_does_not_hold_up_init() -> None:
    def mute(env: Env) -> object:
        def create(request: SessionRequest) -> ReportSession:
            raise NotYet

        return ReportSession.announce(env, create)

    with Town({"mute": mute, "child": lambda env: env.log("lives")}, CONFIG) as town:
        town.run()
        town.machine.advance(milliseconds(100))
        assert town.lines("init -> init -> child") == ["lives"]
        assert town.trouble == []
