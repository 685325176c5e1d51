"""Sessions as clients open them on every kernel, and as roots create them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from booted import Booted

from bastide.base import Account, InsufficientCaps, InsufficientRam, OutOfRam, Resource, Session, SessionRequest, rpc
from bastide.base.root import SESSION_COST, Root
from bastide.core.domain import Office
from bastide.kernel import inprocess


class Greeting(Session):
    service = "Greeting"

    @rpc
    def greet(self) -> str: ...


class Server(Greeting):
    """Buys one thing, fails if told so, buys another."""

    released: list[str]

    def __init__(self, request: SessionRequest) -> None:
        self.account = request.account
        _Bought(self.account, self.released, "first")
        if "fail" in request.raw_args:
            raise OutOfRam("in the middle") if request.raw_args["fail"] == "ram" else RuntimeError("in the middle")
        _Bought(self.account, self.released, "second")

    def greet(self) -> str:
        return "hello"

    def close(self) -> None:
        self.released.append("closed")


class _Bought(Resource):
    def __init__(self, account: Account, released: list[str], name: str) -> None:
        super().__init__(account, ram=1000, caps=1)
        self._released, self._name = released, name

    def _release(self) -> None:
        self._released.append(self._name)


@pytest.fixture
def root() -> Iterator[Root[Greeting]]:
    with inprocess.Machine(lambda start: 0) as machine:
        Server.released = []
        made: Root[Greeting] = Root(Greeting, Server)  # type: ignore[type-abstract]  # the contract is what is meant
        made.attach(Office(machine).ep)
        yield made


def request(**fields: str) -> dict[str, str]:
    return {"label": "somebody", "ram_quota": "8K", "cap_quota": "5"} | fields


def test_a_session_lives_until_it_is_closed_and_releases_what_it_bought(root: Root[Greeting]) -> None:
    root.session(1, request())
    assert (1 in root, len(root.sessions)) == (True, 1)
    account = root.account(1)
    assert (account.ram.used, account.caps.used) == (SESSION_COST + 2000, 3)
    root.close(1)
    root.close(1)
    assert Server.released == ["closed", "second", "first"]
    assert (account.ram.used, account.caps.used, 1 in root) == (0, 0, False)


@pytest.mark.parametrize(("fields", "error"), [
    ({"fail": "ram"}, InsufficientRam), ({"fail": "else"}, RuntimeError), ({"cap_quota": "1"}, InsufficientCaps),
    ({"ram_quota": "4000"}, InsufficientRam)])
def test_what_a_half_made_session_bought_is_released(
        root: Root[Greeting], fields: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        root.session(1, request(**fields))
    assert Server.released == ["first"]
    assert root.sessions == ()


@pytest.mark.parametrize("fields", [{"ram_quota": "100"}, {"cap_quota": "0"}])
def test_a_donation_too_small_for_anything_creates_nothing(root: Root[Greeting], fields: dict[str, str]) -> None:
    with pytest.raises((InsufficientRam, InsufficientCaps)):
        root.session(1, request(**fields))
    assert Server.released == []


def test_a_session_that_cannot_be_managed_may_deregister_itself(root: Root[Greeting]) -> None:
    with pytest.raises(InsufficientCaps):
        root.session(1, request(cap_quota="2"))
    assert Server.released == ["closed", "second", "first"]


def test_an_upgrade_raises_the_limits_of_the_sessions_account(root: Root[Greeting]) -> None:
    root.session(1, request())
    root.upgrade(1, 4096, 2)
    root.upgrade(2, 4096, 2)
    assert (root.account(1).ram.limit, root.account(1).caps.limit) == (12288, 7)


def test_clients_open_upgrade_and_close_sessions_and_get_their_donation_back(boot: Booted) -> None:
    nowhere, malformed, voice, closed, balance = boot.run("lives", "sessions").lines
    assert nowhere == "denied: core provides no service 'Nowhere'; it provides Board, CPU, LOG, PD, RM, ROM"
    assert malformed.startswith("InvalidArgs: session arguments: expected at most")
    assert voice == "[second] another voice"
    assert closed == "denied: this session is closed"
    assert balance == "0 True"
