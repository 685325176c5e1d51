"""A real run with a page, in which a guest is denied the session that it asks for."""

from __future__ import annotations

import re
from pathlib import Path

from tool.live.started import Started

from bastide.tool.web.address import Address

SCENARIO = """runtime | ram: 64M | caps: 1000 | binary: init
+ content
  + rom init
  + rom hello_server
  + rom guest
+ config
  + parent-provides
    + service ROM
    + service CPU
    + service PD
    + service LOG
  + default | ram: 4M | caps: 100
  + default-route | + any-service | + parent
  + start host
    + binary hello_server
    + provides | + service Hello
  + start guest
+ succeed
  : [guest] is *
+ fail | after_seconds: 1
-
"""
GUEST = """
from bastide.base import SessionDenied
from bastide.session.hello import HelloSession


def construct(env):
    try:
        env.hello = HelloSession.connect(env)
        env.log("is welcome")
    except SessionDenied:
        env.log("is not welcome")
"""
ALLOWED = "+ start guest | version: 2\n  + route\n    + service Hello | + child host\n    + any-service | + parent\n"
"""What the guest's start node is to begin with. By another version, the guest asks once more."""


class Run:
    """The run, and where its page is."""

    def __init__(self, folder: Path, *options: str) -> None:
        component = folder / "components" / "guest"
        component.mkdir(parents=True)
        (component / "main.py").write_text(GUEST)
        (folder / "runtime").write_text(SCENARIO)
        self.started = Started("run", str(folder / "runtime"), "--web", *options)
        self.started.wait_for("the page of this run: ", "[init -> guest] is not welcome")
        found = re.search(r"http://127\.0\.0\.1:(\d+)/(.+)/\?token=(.+)", "\n".join(self.started.lines))
        assert found is not None, self.started.lines
        self.address = Address(int(found[1]), found[2], found[3])

    def close(self) -> None:
        self.started.end()
