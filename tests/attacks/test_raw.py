"""The attacks of the catalogue: what each meets inside, whatever walls there are, and that it works outside.

    memory: take more than its quota by moving its stack    meets ENOMEM    outside: succeeds

One component makes all attacks of a mode, one after the other. Those that end their process have one of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import ordinary_user
import pytest
from attacks import arena
from attacks.catalogue import ALL, CATALOGUE, NATIVE
from attacks.modes import modes
from ports import ISOLATIONS, SEARCH

from bastide.kernel.linux.layers import Isolation
from bastide.kernel.linux.spawner import Zygote

FREE = [name for name, attack in ALL.items() if attack.outside and (not attack.privileged or os.geteuid() == 0)]


@contextmanager
def zygote(isolation: Isolation) -> Iterator[Zygote]:
    hear, say = os.pipe()
    try:
        made = Zygote(arena.ENTRY, ["attacks.arena"], SEARCH, None, isolation, say)
        yield made
        made.close()
    finally:
        os.close(hear)
        os.close(say)


@pytest.fixture(scope="module", params=modes())
def inside(request: pytest.FixtureRequest) -> dict[str, str]:
    with zygote(ISOLATIONS[request.param]) as made:
        return arena.inside(made, list(CATALOGUE))


@pytest.fixture(scope="module")
def inside_native() -> dict[str, str]:
    with zygote(Isolation(profile="native")) as made:
        return arena.inside(made, list(NATIVE))


@pytest.fixture(scope="module")
def outside() -> dict[str, str]:
    return arena.outside(FREE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_attack_meets_what_it_should(inside: dict[str, str], name: str) -> None:
    assert inside[name] == CATALOGUE[name].meets


@pytest.mark.parametrize("name", NATIVE)
def test_an_attack_with_code_of_its_own_meets_what_it_should(inside_native: dict[str, str], name: str) -> None:
    assert inside_native[name] == NATIVE[name].meets


@pytest.mark.parametrize("name", FREE)
def test_outside_nothing_is_in_the_way_of_the_same_act(outside: dict[str, str], name: str) -> None:
    """A kernel may be built without what is attacked, and says ENOSYS then; some can be told to refuse it, or have a
    file system that can't do it."""
    refusals = {"EPERM", "EACCES", "EOPNOTSUPP"} if ALL[name].refusable else set()
    assert outside[name] in {ALL[name].outside, "ENOSYS", *refusals}


def test_every_kind_of_attack_is_there() -> None:
    assert len(CATALOGUE) >= 200
    assert {name.partition(":")[0] for name in CATALOGUE} == {
        "paths", "processes", "network", "memory", "facilities", "sharing"}


@pytest.mark.ordinary_user
def test_an_ordinary_user_is_not_root() -> None:
    assert 0 not in os.getresuid() or not ordinary_user.available()
