"""time_keeper: reports the time of day, once per second."""

from bastide.base import Env, Generator, seconds
from bastide.session.report import Reporter
from bastide.session.rtc import RtcSession
from bastide.session.timer import Timer


class Main:
    def __init__(self, env: Env) -> None:
        self.rtc = RtcSession.connect(env)
        self.reporter = Reporter(env, "time")
        self.timer = Timer(env)
        self.timer.every(seconds(1), self.report)
        self.report()

    def report(self) -> None:
        now = self.rtc.current_time()
        self.reporter.generate(Generator("time", now=f"{now.hour:02}:{now.minute:02}").build())


construct = Main
