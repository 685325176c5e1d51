"""In which syntax init writes what it generates for its children: its own config decides, as for any component."""

from __future__ import annotations

import pytest
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import Env, Rom, SessionRequest, SignalHandler
from bastide.session.hello import HelloSession

CONFIG = PARENT_PROVIDES + ROUTE + """
+ start server
  + provides | + service Hello
+ start client
  + config | greeting: hi
    + text
      : a < b
"""


class Answer(HelloSession):
    def say_hello(self) -> None:
        """Nothing is said."""

    def add(self, a: int, b: int) -> int:
        return a + b


def serve(env: Env) -> object:
    """Show the requests before they are answered."""
    rom = Rom(env, "session_requests")

    def show() -> None:
        rom.update()
        env.log(rom.text.decode())

    def open_session(request: SessionRequest) -> Answer:
        env.log(f"served {request.label}")
        return Answer()

    handler = SignalHandler(env, show)
    rom.sigh(handler.cap)
    HelloSession.announce(env, open_session)
    return handler


def ask(env: Env) -> object:
    env.log(env.config.text.decode())
    session = HelloSession.connect(env, "desk")
    env.log(f"3 + 4 = {session.add(3, 4)}")
    return session


@pytest.mark.parametrize(("generate_xml", "config", "asked"), [
    ("no", ["config | greeting: hi", "+ text", "  : a < b", "-"], "+ create | id: 1 | service: Hello"),
    ("yes", ['<config greeting="hi">', "\t<text>a &lt; b</text>", "</config>"], '<create id="1" service="Hello"'),
], ids=["hid", "xml"])
def test_inline_configs_and_requests_are_in_the_syntax_that_the_config_of_init_asks_for(
        generate_xml: str, config: list[str], asked: str) -> None:
    with Town({"server": serve, "client": ask}, f"generate_xml: {generate_xml}\n{CONFIG}") as town:
        town.run()
        said = "\n".join(town.lines("init -> client")).split("\n")
        assert [line for line in said if line][:-1] == config
        assert town.said(asked)
        assert town.said("served client -> desk")
        assert town.said("3 + 4 = 7")
        assert town.trouble == []
