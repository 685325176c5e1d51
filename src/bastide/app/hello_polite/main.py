"""hello_polite: a client that waits for its turn before it greets."""

from bastide.base import Env, milliseconds
from bastide.session.hello import HelloSession
from bastide.session.timer import Timer


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        self.pause = env.config.node.attribute("pause_ms", 20)
        self.timer = Timer(env)
        self.timer.once(milliseconds(self.pause), self.greet)

    def greet(self) -> None:
        with HelloSession.connect(self.env) as hello:
            hello.say_hello()
            self.env.log(f"3 + 4 = {hello.add(3, 4)}")
        self.env.exit()


construct = Main
