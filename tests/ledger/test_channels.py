"""Ways to talk are paid for, by whoever wants to be heard, and what they cost comes back with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from booted import Booted, Child
from components.crossroads.main import DOORS
from ports import ENTRIES, linux_machine, packed

from bastide.base.value import Bytes
from bastide.core.upkeep import DOMAIN_RAM
from bastide.kernel.linux.memory import PAGE
from bastide.kernel.linux.page import CHANNEL_BYTES
from bastide.kernel.linux.switchboard import PIPE_BYTES

CALLS, SIGNALS = CHANNEL_BYTES + PIPE_BYTES, CHANNEL_BYTES
COVERED = Bytes("192K") - 2048 - DOMAIN_RAM
"""What the price of a PD session pays for: it, less the session object and the domain."""


@pytest.fixture
def town() -> Iterator[Booted]:
    with linux_machine(ENTRIES["linux"]) as machine:
        system = Booted(machine, packed)
        yield system
        system.close()


def again(town: Booted, child: Child) -> str:
    """What the child says when it is asked again."""
    before = len(child.lines)
    context = town.board["again"]
    context.kernel.submit(context.handle)
    town.wait(lambda: len(child.lines) > before)
    return child.lines[-1]


def test_a_caller_pays_for_channels_beyond_the_price_of_its_domain_until_the_server_ends(town: Booted) -> None:
    server = town.start("crossroads", "doors")
    town.wait(lambda: server.saw("open"))
    used = server.account.ram.used
    caller = town.start("crossroads", "caller")
    town.wait(lambda: len(caller.lines) == 1)
    charged = (DOORS + 1) * CALLS - COVERED         # one leads to core
    assert charged > 0
    assert caller.lines == [f"knocked: {charged} bytes, 1 caps"]      # that of a signal handler
    assert server.account.ram.used == used, "who is called does not pay"
    server.destroy()
    assert caller.account.ram.used == 0
    assert again(town, caller) == "later: 0 bytes, 1 caps"


def test_who_cannot_pay_for_a_channel_is_told_what_it_costs(town: Booted) -> None:
    server = town.start("crossroads", "doors")
    town.wait(lambda: server.saw("open"))
    caller = town.start("crossroads", "poor_caller")
    town.wait(lambda: caller.saw("still here"))
    assert caller.lines[0] == ("IpcError: no channel to the server: it costs 8192 bytes of RAM, which this component "
                               "does not have")


def test_a_listener_pays_for_being_told_and_who_tells_it_does_not(town: Booted) -> None:
    listener = town.start("crossroads", "listener")
    town.wait(lambda: listener.saw("listening"))
    ringers = [town.start("crossroads", name) for name in ("ringer1", "ringer2")]
    town.wait(lambda: all(len(ringer.lines) == 1 for ringer in ringers))
    assert [ringer.lines for ringer in ringers] == [["rang: 0 bytes, 0 caps"]] * 2
    charged = 2 * DOORS * SIGNALS + CALLS - COVERED
    assert charged > 0
    assert listener.account.ram.used == charged
    for ringer in ringers:
        ringer.destroy()
    assert listener.account.ram.used == 0


def test_who_stores_to_memory_that_may_vanish_pays_for_a_page_once_until_it_ends(town: Booted) -> None:
    server = town.start("crossroads", "doors")
    town.wait(lambda: server.saw("open"))
    porter = town.start("crossroads", "porter")
    town.wait(lambda: porter.lines)
    assert porter.lines == [f"stored: {PAGE} bytes, 0 caps"]
    context = town.board["again"]
    context.kernel.submit(context.handle)
    town.wait(lambda: porter.ended)
    assert porter.account.ram.used == PAGE, "what it allocated itself, and nothing for channels and the page"


def test_who_cannot_pay_for_a_page_to_store_through_is_told_what_it_costs(town: Booted) -> None:
    server = town.start("crossroads", "doors")
    town.wait(lambda: server.saw("open"))
    porter = town.start("crossroads", "poor_porter")
    town.wait(lambda: porter.saw("still here"))
    assert porter.lines[0] == ("IpcError: no page through which to write to others' memory: it costs 4096 bytes of RAM,"
                               " which this component does not have")
