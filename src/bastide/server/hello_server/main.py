"""hello_server: greets, and adds two numbers."""

from bastide.base import Env, Log
from bastide.session.hello import HelloSession


class Hello(HelloSession):
    def __init__(self, log: Log) -> None:
        self.log = log

    def say_hello(self) -> None:
        self.log("I am here... Hello.")

    def add(self, a: int, b: int) -> int:
        return a + b


def construct(env: Env) -> None:
    HelloSession.announce(env, lambda request: Hello(env.log))
