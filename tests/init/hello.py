"""Programs that tests of init run as children: a server of Hello, and clients of it."""

from __future__ import annotations

from bastide.base import Env, SessionDenied, SessionRequest
from bastide.session.hello import HelloSession


class Greeter(HelloSession):
    def __init__(self, env: Env, request: SessionRequest) -> None:
        self._env, self.label, self.account = env, request.label, request.account
        env.log(f"open '{request.label}'")

    def say_hello(self) -> None:
        self._env.log(f"hello '{self.label}'")

    def add(self, a: int, b: int) -> int:
        return a + b

    def upgrade(self, *, ram: int = 0, caps: int = 0) -> None:
        self._env.log(f"upgrade '{self.label}' by {ram} and {caps}")

    def close(self) -> None:
        self._env.log(f"close '{self.label}'")


def greet(env: Env) -> object:
    """Serve Hello."""
    return HelloSession.announce(env, lambda request: Greeter(env, request))


def ask(env: Env) -> None:
    """Use Hello once, and exit."""
    with HelloSession.connect(env, "desk") as hello:
        hello.say_hello()
        env.log(f"2 + 5 = {hello.add(2, 5)}")
    env.exit(0)


def stay(env: Env) -> object:
    """Open Hello, and keep it."""
    return HelloSession.connect(env, "desk")


def try_to_ask(env: Env) -> None:
    """Say what came of opening Hello."""
    try:
        HelloSession.connect(env, "desk")
    except SessionDenied as error:
        env.log(f"denied: {error}")
    else:
        env.log("granted")
