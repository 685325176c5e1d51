"""An init within an init: its children use services of the outer one, whose servers may take their time."""

from __future__ import annotations

import pytest
from init.hello import Greeter
from init.test_quota import lose_an_answer
from init.town import PARENT_PROVIDES, ROUTE, Town

from bastide.base import Env, InsufficientRam, NotYet, OutOfRam, SessionDenied, SessionRequest, SignalHandler
from bastide.base.environment import LogSession
from bastide.base.session import ANYWHERE
from bastide.session.hello import HelloSession

PROVIDES = PARENT_PROVIDES.replace("service LOG", "service LOG\n  + service Hello")
INNER = "".join(f"    {line}\n" for line in (PROVIDES + ROUTE + "+ start asker\n+ start neighbour\n").splitlines())
CONFIG = f"""{PARENT_PROVIDES}{ROUTE}
+ start server
  + provides | + service Hello
+ start inner | ram: 16M | caps: 1000 | + binary init
  + config
{INNER}"""


class Hesitant:
    """A server that answers when the test says so, and what it says then."""

    def __init__(self) -> None:
        self.answer: type[Exception] | None = NotYet
        self.asked = 0
        self.look: SignalHandler
        self.neighbours: SignalHandler

    def serve(self, env: Env) -> object:
        def create(request: SessionRequest) -> HelloSession:
            self.asked += 1
            if self.answer is not None:
                raise self.answer("no")
            return Greeter(env, request)

        root = HelloSession.announce(env, create)
        self.look = SignalHandler(env, lambda: root.retry())
        return root

    def ask(self, env: Env) -> object:
        """Use the service."""
        try:
            with HelloSession.connect(env, "desk") as hello:
                hello.upgrade(ram=4096, caps=1)
                env.log(f"2 + 5 = {hello.add(2, 5)}")
        except (SessionDenied, OutOfRam) as error:
            env.log(f"{type(error).__name__}: {error}")
        return env

    def neighbour(self, env: Env) -> object:
        """Needs something of its parent, when it is told so."""
        def act() -> None:
            with LogSession.connect(env, "voice") as voice:
                voice.write("here")

        self.neighbours = SignalHandler(env, act)
        return self.neighbours

    def town(self) -> Town:
        return Town({"server": self.serve, "asker": self.ask, "neighbour": self.neighbour}, CONFIG)


def test_a_server_that_never_answers_keeps_nobody_but_its_client_waiting() -> None:
    hesitant = Hesitant()
    with hesitant.town() as town:
        town.run()
        assert hesitant.asked == 1
        assert not town.lines("init -> inner -> asker")
        hesitant.neighbours.submit()
        town.run()
        assert town.lines("init -> inner -> neighbour -> voice") == ["here"]
        assert town.trouble == []


def test_an_answer_that_comes_late_reaches_the_client() -> None:
    hesitant = Hesitant()
    with hesitant.town() as town:
        town.run()
        hesitant.answer = None
        hesitant.look.submit()
        town.run()
        assert town.lines("init -> inner -> asker") == ["2 + 5 = 7"]
        assert [line.split(" 'inner")[0] for line in town.lines("init -> server")] == ["open", "upgrade", "close"]
        assert town.trouble == []


@pytest.mark.parametrize(("answer", "outcome"), [
    (SessionDenied, 'SessionDenied: child "server" answered DENIED to the request for Hello'),
    (InsufficientRam, "OutOfRam: ")])
def test_a_refusal_that_comes_late_reaches_the_client_and_costs_it_nothing(
        answer: type[Exception], outcome: str) -> None:
    hesitant = Hesitant()
    with hesitant.town() as town:
        town.run()
        total = town.total
        hesitant.answer = answer
        hesitant.look.submit()
        town.run()
        [said] = town.lines("init -> inner -> asker")
        assert said.startswith(outcome)
        assert (town.total, town.trouble) == (total, [])


def test_a_client_that_ends_while_the_server_hesitates_leaves_nothing() -> None:
    hesitant = Hesitant()

    def leave(env: Env) -> None:
        env.parent.session(20, "Hello", 'label="desk", ram_quota=16384, cap_quota=4', ANYWHERE)
        env.exit(0)

    with Town({"server": hesitant.serve, "asker": leave, "neighbour": hesitant.neighbour}, CONFIG) as town:
        town.run()
        assert 'child "asker" exited with exit value 0' in town.lines("init -> inner")
        hesitant.answer = None
        hesitant.look.submit()
        town.run()
        said = [line.split()[0] for line in town.lines("init -> server")]
        assert said in ([], ["open", "close"])
        assert town.trouble == []


@pytest.mark.parametrize("late", [True, False])
def test_a_session_of_which_the_answer_is_lost_on_the_way_leaves_nothing(
        late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    hesitant = Hesitant()
    with hesitant.town() as town:
        town.run()
        total = town.total
        hesitant.answer = None
        lose_an_answer(monkeypatch)
        if late:
            hesitant.look.submit()
        else:
            hesitant.neighbours.submit()        # the parent's own service answers at once
        town.run()
        if late:
            assert [line.split()[0] for line in town.lines("init -> server")] == ["open", "close"]
            assert town.lines("init -> inner -> asker")[0].startswith("SessionDenied: there is no session of ID ")
        else:
            assert "the server of LOG is gone that just opened the session" in "".join(town.log)
        assert town.total == total
