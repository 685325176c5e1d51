"""The greeting components, in one town under a virtual clock."""

from __future__ import annotations

from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.app.hello_client.main import construct as hello_client
from bastide.app.hello_polite.main import construct as hello_polite
from bastide.base import milliseconds
from bastide.driver.timer.main import construct as timer
from bastide.server.hello_server.main import construct as hello_server

CONFIG = PARENT_PROVIDES + ROUTE + """
+ start timer | + provides | + service Timer
+ start hello_server | + provides | + service Hello
+ start hello_client
+ start hello_polite
  + config | pause_ms: 70
"""


def test_clients_greet_and_the_polite_one_waits_for_its_turn() -> None:
    programs = {"timer": timer, "hello_server": hello_server, "hello_client": hello_client,
                "hello_polite": hello_polite}
    with Town(programs, CONFIG) as town:
        town.run()
        assert town.lines("init -> hello_client") == ["2 + 5 = 7"]
        assert town.lines("init -> hello_polite") == []
        town.machine.advance(milliseconds(75))
        assert town.lines("init -> hello_polite") == ["3 + 4 = 7"]
        assert town.lines("init -> hello_server") == ["I am here... Hello."] * 2
        assert town.lines("init") == ['child "hello_client" exited with exit value 0',
                                      'child "hello_polite" exited with exit value 0']
        assert town.trouble == []
