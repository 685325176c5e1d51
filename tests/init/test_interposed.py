"""PD and CPU sessions that the program around a sandbox serves, and what it sees and decides there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from init.hello import Greeter, ask
from init.puppet import Puppets

from bastide.base import DataspaceCap, Env, OutOfRam, RamDataspace
from bastide.base.environment import CpuSession
from bastide.init.interposed import InterposedCpu, InterposedPd
from bastide.session.hello import HelloSession


def routed(ram: str, *interposed: str) -> str:
    """A child whose own domain and program are served locally, or one of them."""
    local = "    + service {} | unscoped_label: client | + local\n"
    rules = "".join(local.format(name) for name in interposed or ("PD", "CPU"))
    return f"""
+ start client | ram: {ram}
  + route
{rules}    + any-service
      + parent
      + any-child
"""



class Watch:
    """Serves PD and CPU to the children of a sandbox, and notes what memory they take."""

    def __init__(self, puppets: Puppets, most: int = 1 << 30) -> None:
        self.seen: list[int] = []
        watch = self

        class Watched(InterposedPd):
            def alloc_ram(self, size: int) -> DataspaceCap:
                if size > most:
                    raise OutOfRam(f"nobody needs {size} bytes at once")
                watch.seen.append(size)
                return super().alloc_ram(size)

        def announce(env: Env) -> None:
            Watched.announce(puppets.sandbox, lambda request: Watched(env, request))
            CpuSession.announce(puppets.sandbox, lambda request: InterposedCpu(env, request))

        puppets.tell("house", announce)


def take(size: int) -> Callable[[Env], None]:
    def program(env: Env) -> None:
        try:
            env.log(f"has {RamDataspace(env.account, size).size}")
        except OutOfRam as error:
            env.log(str(error))
    return program


def test_a_child_in_an_interposed_domain_runs_like_any_other_and_is_seen() -> None:
    with Puppets("", {"client": take(100 << 10)}) as puppets:
        watch = Watch(puppets)
        puppets.apply(routed("1M"))
        assert puppets.town.lines("init -> client") == [f"has {100 << 10}"]
        assert 100 << 10 in watch.seen
        puppets.apply("")
        assert puppets.town.init_has == puppets.before and puppets.town.trouble == []


def test_an_interposed_domain_can_refuse_what_the_real_one_would_allow() -> None:
    with Puppets("", {"client": take(300 << 10)}) as puppets:
        Watch(puppets, most=200 << 10)
        puppets.apply(routed("2M"))
        assert puppets.town.lines("init -> client") == [f"nobody needs {300 << 10} bytes at once"]
        puppets.apply("")
        assert puppets.town.init_has == puppets.before and puppets.town.trouble == []


def test_quota_moves_between_the_real_accounts() -> None:
    with Puppets("", {"client": take(4096)}) as puppets:
        Watch(puppets)
        puppets.apply("+ report | child_ram: yes" + routed("1M"))
        before = puppets.state("client").sub_node("ram")
        puppets.apply("+ report | child_ram: yes" + routed("3M"))
        after = puppets.state("client").sub_node("ram")
        assert before and after
        assert (before.attributes["assigned"], after.attributes["assigned"]) == ("1M", "3M")
        puppets.apply("+ report | child_ram: yes" + routed("1M"))
        again = puppets.state("client").sub_node("ram")
        assert again and again.attributes == before.attributes
        puppets.apply("")
        assert puppets.town.init_has == puppets.before and puppets.town.trouble == []


def test_donations_of_an_interposed_child_reach_its_server() -> None:
    def greet(env: Env) -> None:
        HelloSession.announce(env, lambda request: Greeter(env, request))

    with Puppets("", {"client": ask, "server": greet}) as puppets:
        Watch(puppets)
        puppets.apply("+ start server | + provides | + service Hello" + routed("1M"))
        assert puppets.town.lines("init -> client") == ["2 + 5 = 7"]
        puppets.apply("")
        assert puppets.town.init_has == puppets.before and puppets.town.trouble == []


@pytest.mark.parametrize(("service", "problem"), [
    ("PD", "its PD session is none of core's"),
    ("CPU", "its CPU session is interposed, its PD session is not; route both to the same place")])
def test_interposing_one_of_both_is_an_error_that_says_what_would_help(service: str, problem: str) -> None:
    with Puppets("", {"client": take(4096)}) as puppets:
        Watch(puppets)
        puppets.apply(routed("1M", service))
        assert puppets.town.said(f"'client' can't start: {problem}")
        puppets.apply("")
        assert puppets.town.init_has == puppets.before and puppets.town.trouble == []
