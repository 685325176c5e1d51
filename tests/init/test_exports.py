"""Init as a server: what its parent asks it for is served by its children, as its service nodes say."""

from __future__ import annotations

import pytest
from init.hello import Greeter, greet
from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE

from bastide.base import Env, NotYet, SessionDenied, SessionRequest, SignalHandler
from bastide.session.hello import HelloSession

SERVICE = """
+ service Hello
  + policy | label_prefix: vip
    + child first | label: red carpet
  + policy | label: nobody
    + child missing
  + default-policy
    + child second
"""

FIRST = """
+ start first
  + binary greet
  + provides | + service Hello
"""

SECOND = FIRST.replace("first", "second")

CLIENTS = "+ start vip\n  + binary puppet\n+ start other\n  + binary puppet\n"


def outer(inner: str, clients: str = CLIENTS) -> str:
    indented = "".join(f"    {line}\n" for line in (PARENT_PROVIDES + ROUTE + inner).splitlines() if line)
    return f"""
+ start club | ram: 16M | caps: 600
  + binary init
  + provides | + service Hello
  + route | + any-service | + parent
  + config
{indented}
{clients}"""


def ask(env: Env) -> object:
    """Open a session and keep it."""
    session = HelloSession.connect(env, "desk")
    session.say_hello()
    return session


def try_to_ask(env: Env) -> str:
    try:
        ask(env)
    except SessionDenied as error:
        return str(error)
    return "granted"


def said(puppets: Puppets, server: str) -> list[str]:
    return puppets.town.lines(f"init -> club -> {server}")


def test_requests_go_where_the_policy_sends_them_under_the_label_it_gives() -> None:
    with Puppets(outer(SERVICE + FIRST + SECOND), {"greet": greet}) as puppets:
        puppets.tell("vip", ask)
        puppets.tell("other", ask)
        assert said(puppets, "first") == ["open 'red carpet'", "hello 'red carpet'"]
        assert said(puppets, "second") == ["open 'other -> desk'", "hello 'other -> desk'"]


def test_upgrade_and_close_are_passed_on_and_all_quota_returns() -> None:
    with Puppets(outer(SERVICE + FIRST + SECOND), {"greet": greet}) as puppets:
        total, before = puppets.town.total, puppets.tell("vip", lambda env: env.pd.quota())
        session = puppets.tell("vip", ask)
        puppets.tell("vip", lambda env: session.upgrade(ram=1 << 18, caps=2))
        assert puppets.tell("vip", lambda env: env.pd.quota()).ram_limit < before.ram_limit - (1 << 18)
        assert puppets.town.total == total
        puppets.tell("vip", lambda env: session.close())
        assert said(puppets, "first")[2:] == ["upgrade 'red carpet' by 262144 and 2", "close 'red carpet'"]
        after = puppets.tell("vip", lambda env: env.pd.quota())
        assert (after.ram_limit, after.cap_limit) == (before.ram_limit, before.cap_limit)
        puppets.apply("")
        assert puppets.town.total == total and puppets.town.init_has == puppets.before


def test_without_matching_policy_a_request_is_denied_and_the_log_says_why() -> None:
    service = "+ service Hello\n  + policy | label: somebody\n    + child first\n"
    with Puppets(outer(service + FIRST), {"greet": greet}) as puppets:
        assert puppets.tell("vip", try_to_ask) == 'child "club" answered DENIED to the request for Hello'
        assert puppets.town.lines("init -> club") == [
            'Warning: the parent asks for Hello with label "vip -> desk", for which the service node at config:12:1 '
            "has no policy"]


@pytest.mark.parametrize("missing", ["service node", "child", "provides"])
def test_a_request_waits_until_the_config_has_all_it_needs(missing: str) -> None:
    incomplete = {"service node": FIRST + SECOND, "child": SERVICE + SECOND,
                  "provides": SERVICE + SECOND + FIRST.replace("  + provides | + service Hello\n", "")}[missing]
    with Puppets(outer(incomplete), {"greet": greet}) as puppets:
        puppets.tell("vip", ask)
        assert said(puppets, "first") == []
        puppets.apply(outer(SERVICE + FIRST + SECOND))
        assert said(puppets, "first") == ["open 'red carpet'", "hello 'red carpet'"]


@pytest.mark.parametrize("change", ["service removed", "policy changed", "label changed", "server removed"])
def test_a_session_ends_when_the_config_sends_it_elsewhere(change: str) -> None:
    after = {"service removed": FIRST + SECOND,
             "policy changed": SERVICE.replace("+ child first", "+ child second") + FIRST + SECOND,
             "label changed": SERVICE.replace("red carpet", "back door") + FIRST + SECOND,
             "server removed": SERVICE + SECOND}[change]
    with Puppets(outer(SERVICE + FIRST + SECOND), {"greet": greet}) as puppets:
        session = puppets.tell("vip", ask)
        total = puppets.town.total
        puppets.tell("other", ask)
        puppets.apply(outer(after))
        assert said(puppets, "first")[2:] == ([] if change == "server removed" else ["close 'red carpet'"])
        if change != "service removed":
            assert "close 'other -> desk'" not in said(puppets, "second")
        assert puppets.town.total == total
        puppets.tell("vip", lambda env: session.close())
        puppets.apply("")
        assert puppets.town.total == total and puppets.town.init_has == puppets.before


def test_a_server_that_hesitates_keeps_nobody_else_waiting() -> None:
    kept: list[object] = []

    def hesitant(env: Env) -> object:
        def create(request: SessionRequest) -> HelloSession:
            if not kept:
                raise NotYet
            return Greeter(env, request)
        root = HelloSession.announce(env, create)
        knock.append(SignalHandler(env, lambda: root.retry()))
        return root

    knock: list[SignalHandler] = []
    with Puppets(outer(SERVICE + FIRST.replace("greet", "hesitant") + SECOND),
                 {"greet": greet, "hesitant": hesitant}) as puppets:
        puppets.tell("vip", ask)
        puppets.tell("other", ask)
        assert said(puppets, "second") == ["open 'other -> desk'", "hello 'other -> desk'"]
        kept.append(True)
        knock[0].submit()
        puppets.town.run()
        assert said(puppets, "first") == ["open 'red carpet'", "hello 'red carpet'"]


def test_a_request_whose_client_vanishes_is_closed_as_soon_as_it_is_served() -> None:
    with Puppets(outer(SERVICE + SECOND), {"greet": greet}) as puppets:
        total = puppets.town.total
        puppets.tell("vip", ask)
        puppets.tell("vip", lambda env: env.exit(0))
        puppets.apply(outer(SERVICE + FIRST + SECOND, ""))
        assert said(puppets, "first") in ([], ["open 'red carpet'", "close 'red carpet'"])
        puppets.apply("")
        assert puppets.town.total == total and puppets.town.init_has == puppets.before


def test_a_donation_too_small_for_the_forwarding_init_is_answered_so() -> None:
    from bastide.base import InsufficientRam
    from bastide.base.session import ANYWHERE

    with Puppets(outer(SERVICE + FIRST + SECOND), {"greet": greet}) as puppets:
        puppets.tell("vip", lambda env: env.parent.session(20, "Hello", "ram_quota=100, cap_quota=2", ANYWHERE))
        assert isinstance(puppets.tell("vip", lambda env: env.parent.session_cap(20)), InsufficientRam)


def test_a_service_can_be_passed_through_three_inits() -> None:
    inner = "".join(f"    {line}\n" for line in (PARENT_PROVIDES + ROUTE + SERVICE + FIRST + SECOND).splitlines()
                    if line)
    middle = f"""
+ service Hello
  + default-policy
    + child inner
+ start inner | ram: 8M | caps: 350
  + binary init
  + provides | + service Hello
  + config
{inner}"""
    with Puppets(outer(middle), {"greet": greet}) as puppets:
        total = puppets.town.total
        session = puppets.tell("vip", ask)
        puppets.tell("vip", lambda env: session.upgrade(ram=8192, caps=1))
        puppets.tell("vip", lambda env: session.close())
        assert puppets.town.lines("init -> club -> inner -> first") == [
            "open 'red carpet'", "hello 'red carpet'", "upgrade 'red carpet' by 8192 and 1", "close 'red carpet'"]
        puppets.apply("")
        assert puppets.town.total == total and puppets.town.init_has == puppets.before
        assert puppets.town.trouble == []
