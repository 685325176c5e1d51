"""sensor: reports a value that wanders up and down, and breaks after a while if its config says so."""

from bastide.base import Env, Generator, milliseconds
from bastide.session.report import Reporter
from bastide.session.timer import Timer


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        config = env.config.node
        self.low, self.high = config.required("low", int), config.required("high", int)
        self.limit = config.attribute("limit", self.high)
        self.breaks_after = config.attribute("breaks_after", 0)
        self.value, self.step = self.low, 1
        self.count = 0
        self.reporter = Reporter(env, "value")
        self.timer = Timer(env)
        self.timer.every(milliseconds(config.attribute("period_ms", 500)), self.measure)
        self.measure()

    def measure(self) -> None:
        self.count += 1
        if self.count == self.breaks_after:
            self.env.log.error("this sensor is broken")
            self.env.exit(1)
        self.reporter.generate(Generator("value", now=self.value, alarm=self.value >= self.limit).build())
        if not self.low <= self.value + self.step <= self.high:
            self.step = -self.step
        self.value += self.step


construct = Main
