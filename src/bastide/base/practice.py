"""practice: does what most components do when they come to life, for rehearsals only (`play.py`)."""

from __future__ import annotations

import gc

from bastide.base import Env, Session, SignalCap, SignalHandler, rpc


class PracticeSession(Session):
    service = "Practice"

    @rpc
    def proceed(self, told: SignalCap) -> None: ...


class Main:
    def __init__(self, env: Env) -> None:
        self.env, self.rounds = env, 3
        env.log("ready")
        self.session = PracticeSession.connect(env)
        self.told, self.over = SignalHandler(env, self.proceed), SignalHandler(env, self.end)
        self.session.proceed(self.told.cap)

    def proceed(self) -> None:
        gc.collect()
        self.rounds -= 1
        self.session.proceed(self.told.cap if self.rounds else self.over.cap)

    def end(self) -> None:
        self.env.exit()


construct = Main
