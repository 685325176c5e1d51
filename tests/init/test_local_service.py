"""Services of the program around a sandbox, which its children reach by the route target `local`."""

from __future__ import annotations

from typing import Any

from init.hello import Greeter, ask, try_to_ask
from init.puppet import Puppets

from bastide.base import Env, NotYet, SessionDenied, SessionRequest
from bastide.base.environment import LogSession
from bastide.session.hello import HelloSession

LOCAL = """
+ start client
  + route
    + service Hello | + local
    + service LOG | + parent
    + any-service | + parent
"""


def provide(puppets: Puppets, create: Any) -> Any:
    return puppets.tell("house", lambda env: HelloSession.announce(
        puppets.sandbox, lambda request: create(env, request)))


def test_children_use_a_local_service_like_any_other() -> None:
    with Puppets("", {"client": ask}) as puppets:
        provide(puppets, Greeter)
        puppets.apply(LOCAL)
        assert puppets.town.lines("init -> client") == ["2 + 5 = 7"]
        assert puppets.town.lines("init")[:3] == ["open 'client -> desk'", "hello 'client -> desk'",
                                                  "close 'client -> desk'"]
        puppets.apply("")
        assert puppets.town.init_has == puppets.before


def test_an_upgrade_reaches_the_local_session() -> None:
    def generous(env: Env) -> None:
        HelloSession.connect(env, "desk").upgrade(ram=4096, caps=1)
        env.exit(0)

    with Puppets("", {"client": generous}) as puppets:
        provide(puppets, Greeter)
        puppets.apply(LOCAL)
        assert "upgrade 'client -> desk' by 4096 and 1" in puppets.town.lines("init")
        assert puppets.town.init_has == puppets.before


def test_a_local_service_may_answer_later() -> None:
    ready: list[bool] = []

    def create(env: Env, request: SessionRequest) -> HelloSession:
        if not ready:
            raise NotYet
        return Greeter(env, request)

    with Puppets("", {"client": ask}) as puppets:
        root = provide(puppets, create)
        puppets.apply(LOCAL)
        assert puppets.town.lines("init -> client") == []
        ready.append(True)
        puppets.tell("house", lambda env: root.retry())
        assert puppets.town.lines("init -> client") == ["2 + 5 = 7"]


def test_a_local_service_can_deny_with_a_reason() -> None:
    def create(env: Env, request: SessionRequest) -> HelloSession:
        raise SessionDenied("closed on Mondays")

    with Puppets("", {"client": try_to_ask}) as puppets:
        provide(puppets, create)
        puppets.apply(LOCAL)
        assert puppets.town.lines("init -> client") == ["denied: closed on Mondays"]


def test_a_local_service_that_fails_denies_and_the_sandbox_goes_on() -> None:
    def create(env: Env, request: SessionRequest) -> HelloSession:
        raise ZeroDivisionError

    with Puppets("", {"client": try_to_ask}) as puppets:
        provide(puppets, create)
        puppets.apply(LOCAL)
        assert puppets.town.lines("init -> client") == ["denied: the local service Hello failed"]
        assert puppets.town.said("ZeroDivisionError")
        assert puppets.town.trouble == []


def test_the_environment_can_be_served_locally() -> None:
    class Writer(LogSession):
        def __init__(self, env: Env, request: SessionRequest) -> None:
            self._env, self._label = env, request.label

        def write(self, text: str) -> None:
            self._env.log(f"<{self._label}> {text.rstrip()}")

    with Puppets("", {"client": lambda env: env.log("here I am")}) as puppets:
        puppets.tell("house", lambda env: LogSession.announce(puppets.sandbox, lambda request: Writer(env, request)))
        puppets.apply(LOCAL.replace("LOG | + parent", "LOG | + local"))
        assert puppets.town.lines("init") == ["<client> here I am"]
