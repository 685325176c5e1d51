"""Tests of components and scenarios: boot one, act as its clients, wait for what it says, without sleeping.

    def test_the_client_adds(testbed: Boot) -> None:
        system = testbed("hello")
        system.wait_for_line("[hello_client] 2 + 5 = 7")

`testbed` is a pytest fixture (`bastide.testing.plugin`). By default the system runs on the in-process kernel, under a
virtual clock, and takes the same course each time; `testbed("hello", port="linux")` runs it in real sandboxes.
"""

from bastide.testing.boot import Boot
from bastide.testing.inject import Program
from bastide.testing.testbed import NotHappened, Testbed

__all__ = ["Boot", "NotHappened", "Program", "Testbed"]
