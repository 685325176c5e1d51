"""hello_client: opens a Hello session, uses it, and exits."""

from bastide.base import Env
from bastide.session.hello import HelloSession


def construct(env: Env) -> None:
    hello = HelloSession.connect(env)
    hello.say_hello()
    env.log(f"2 + 5 = {hello.add(2, 5)}")
    env.exit()
