"""black_hole: what the scenario of Genode's test does not look at."""

from __future__ import annotations

from typing import Any

import pytest
from init.puppet import Puppets

from bastide.base import Bytes, Env, SessionDenied, SignalHandler
from bastide.server.black_hole.main import construct as black_hole
from bastide.session.capture import Area, CaptureSession, Rect
from bastide.session.nic import SLOT
from bastide.session.terminal import TerminalSession
from bastide.session.uplink import UplinkArgs, UplinkSession

CONFIG = """
+ start black_hole | ram: 2M
  + provides
    + service Capture
    + service Terminal
    + service Uplink
  + route | + any-service | + parent
  + config
    + capture
    + terminal
    + uplink
    + sun
+ start client | ram: 8M
  + binary puppet
  + route
    + service Capture | + child black_hole
    + service Terminal | + child black_hole
    + service Uplink | + child black_hole
    + any-service | + parent
"""


class Space(Puppets):
    def __init__(self) -> None:
        super().__init__(CONFIG, {"black_hole": black_hole})


def test_a_service_that_it_does_not_know_is_told() -> None:
    with Space() as space:
        assert space.town.said("there is no 'sun' to be swallowed, but capture, event, log, nic, report, rom, "
                               "terminal, uplink")


def test_a_terminal_says_that_it_is_there() -> None:
    def act(env: Env) -> Any:
        session = TerminalSession.connect(env)
        handler = SignalHandler(env, lambda: env.log("connected"))
        session.connected_sigh(handler.cap)
        return session.write(1 << 40), session.write(-1), session.read(100), session.size().columns

    with Space() as space:
        assert space.tell("client", act) == (4096, 0, 0, 0)
        assert space.town.lines("init -> client") == ["connected"]


def test_a_screen_has_the_buffer_that_was_asked_for_last_if_any() -> None:
    def act(env: Env) -> list[int | None]:
        session, sizes = CaptureSession.connect(env), list[int | None]()
        for width, height in ((0, 0), (100, 100), (1, 1), (-1, 5), (1 << 40, 1)):
            session.buffer(Area(width, height), Area(0, 0), Rect(0, 0, 1, 1))
            cap = session.dataspace()
            sizes.append(env.pd.ram_size(cap) if cap else None)
        return sizes

    with Space() as space:
        sizes = space.tell("client", act)
        assert [size is not None for size in sizes] == [False, True, True, False, False]
        space.apply("")
        assert space.town.init_has == space.before
        assert space.town.trouble == []


@pytest.mark.parametrize("mac", ["", "02:00:00:00:00", "02:00:00:00:00:0g", "02:00:00:00:00:001", "0200000000001"])
def test_a_device_without_a_proper_address_is_denied(mac: str) -> None:
    with Space() as space:
        args = UplinkArgs(Bytes(SLOT), Bytes(SLOT), mac)
        assert isinstance(space.tell("client", lambda env: UplinkSession.connect(env, args=args)), SessionDenied)
        assert space.town.said("the mac_address of 'client -> ' has to be such as 02:00:00:00:00:01, not ")
