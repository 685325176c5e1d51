"""test-black_hole: what it does without the services that Genode's test does not know."""

from __future__ import annotations

from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.app.test_black_hole.main import construct as client
from bastide.base import seconds
from bastide.driver.timer.main import construct as timer
from bastide.server.black_hole.main import construct as black_hole

SERVICES = {"Audio_in", "Audio_out", "Capture", "Event", "Gpu", "LOG", "Nic", "ROM", "Uplink", "Usb"}


def town(services: set[str]) -> Town:
    served = "".join(f"    + service {name}\n" for name in sorted(services))
    swallowed = "".join(f"    + service {name} | + child black_hole\n" for name in sorted(services - {"LOG", "ROM"}))
    return Town({"black_hole": black_hole, "client": client, "timer": timer}, f"""{PARENT_PROVIDES}{ROUTE}
+ start timer
  + provides | + service Timer
+ start black_hole | ram: 4M | caps: 200
  + provides
{served}  + config
{"".join(f"    + {name.lower()}{chr(10)}" for name in sorted(services))}  + route
    + service Timer | + child timer
    + any-service | + parent
+ start client | ram: 8M | caps: 200
  + route
    + service LOG | label: swallowed | + child black_hole
    + service ROM | label: swallowed | + child black_hole
    + service Timer | + child timer
{swallowed}    + any-service | + parent
""")


def test_it_does_without_what_nobody_serves() -> None:
    with town(SERVICES) as system:
        system.run()
        system.machine.advance(seconds(10))
        said = system.lines("init -> client")
        assert [line for line in said if line.startswith("nobody serves")] == [
            f"nobody serves {name}" for name in ("report", "terminal", "play", "record")]
        assert said[-1] == "--- test-black_hole finished ---"


def test_it_insists_on_what_genodes_test_uses() -> None:
    with town(SERVICES - {"Usb"}) as system:
        system.run()
        assert system.said("denied") and not system.said("finished")
