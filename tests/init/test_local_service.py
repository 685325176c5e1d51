"""Services of the program around a sandbox, which its children reach by the route target `local`."""

from __future__ import annotations

from typing import Any

import pytest
from init.hello import Greeter, ask, stay, try_to_ask
from init.puppet import Puppets
from init.town import PARENT_PROVIDES, ROUTE

from bastide.base import Env, Node, NotYet, SessionDenied, SessionRequest
from bastide.base.environment import LogSession
from bastide.init.sandbox import Sandbox
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


@pytest.mark.parametrize("kind", ["announced", "local"])
def test_a_server_may_put_off_an_upgrade_and_a_close(kind: str) -> None:
    said: list[str] = []
    ready: list[str] = []
    roots: list[Any] = []

    class Busy(Greeter):
        def upgrade(self, *, ram: int = 0, caps: int = 0) -> None:
            said.append(f"upgrade by {ram} and {caps}")
            if "upgrade" not in ready:
                raise NotYet

        def close(self) -> None:
            said.append("close")
            if "close" not in ready:
                raise NotYet

    def serve(env: Env) -> object:
        roots.append(HelloSession.announce(env, lambda request: Busy(env, request)))
        return roots

    def use(env: Env) -> None:
        session = HelloSession.connect(env, "desk")
        session.upgrade(ram=4096, caps=1)
        env.log("upgraded")
        session.close()
        env.log("closed")
        env.exit(0)

    def retry() -> None:
        puppets.tell("house", lambda env: roots[0].retry())

    server = "+ start server | + provides | + service Hello\n"
    config = LOCAL if kind == "local" else server + LOCAL.replace("+ local", "+ child server")
    with Puppets("", {"client": use, "server": serve}) as puppets:
        if kind == "local":
            roots.append(provide(puppets, Busy))
        puppets.apply(config)
        retry()
        assert said == ["upgrade by 4096 and 1"] * 2 and puppets.town.lines("init -> client") == []
        ready.append("upgrade")
        retry()
        assert puppets.town.lines("init -> client") == ["upgraded"]
        retry()
        assert said[2:] == ["upgrade by 4096 and 1", "close", "close"]
        assert puppets.town.lines("init -> client") == ["upgraded"]
        ready.append("close")
        retry()
        assert puppets.town.lines("init -> client") == ["upgraded", "closed"]
        puppets.apply("")
        assert puppets.town.init_has == puppets.before and puppets.town.trouble == []


def test_a_client_that_vanishes_does_not_wait_for_its_close() -> None:
    ready: list[bool] = []

    class Slow(Greeter):
        def close(self) -> None:
            if not ready:
                raise NotYet

    with Puppets("", {"client": stay}) as puppets:
        root = provide(puppets, Slow)
        puppets.apply(LOCAL)
        total = puppets.town.total
        puppets.apply("")
        assert len(root.sessions) == 1 and puppets.town.total == total
        ready.append(True)
        puppets.tell("house", lambda env: root.retry())
        assert root.sessions == () and puppets.town.init_has == puppets.before


def test_several_sandboxes_in_one_component_share_nothing_but_its_quota() -> None:
    config = Node.parse(f"config\n{PARENT_PROVIDES}{ROUTE}{LOCAL}\n-\n")
    with Puppets("", {"client": ask}) as puppets:
        second: list[Sandbox] = []

        def open_second(env: Env) -> None:
            second.append(Sandbox(env, lambda: None))
            HelloSession.announce(second[0], lambda request: Greeter(env, request))
            second[0].apply_config(config)

        puppets.apply(LOCAL.replace("start client", "start other | + binary client"))
        puppets.tell("house", open_second)
        assert "denied" in "".join(puppets.town.lines("init")), "the first has no local service"
        assert puppets.town.lines("init -> client") == ["2 + 5 = 7"]
        report = second[0].generate_state_report()
        assert [child.attributes for child in report.sub_nodes("child")] == [
            {"name": "client", "binary": "client", "exited": "0"}]
        puppets.apply("")
        puppets.tell("house", lambda env: second[0].apply_config(Node("config")))
        assert puppets.town.init_has == puppets.before
