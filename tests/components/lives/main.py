"""Comes to life, opens sessions, ends: each name in its own way."""

from __future__ import annotations

from dataclasses import dataclass

from components.contracts import BoardSession, Echo

from bastide.base import Capability, Env, Interface, Session, SessionArgs, SessionDenied, SignalHandler, rpc
from bastide.base.environment import LogSession


class NoSession(Session):
    service = "Nowhere"

    @rpc
    def nothing(self) -> None: ...


@dataclass(frozen=True)
class Long(SessionArgs):
    text: str = "x" * 300


class Server(Echo):
    def __init__(self, env: Env) -> None:
        self.env = env

    def echo(self, text: str) -> str:
        return text

    def keep(self, cap: Capability[Interface] | None) -> bool:
        return False


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        getattr(self, env.name)()

    def fail(self) -> None:
        raise ValueError("it was not meant to be")

    def leave(self) -> None:
        """Exits in a handler, after it was constructed."""
        SignalHandler(self.env, lambda: self.env.exit(42)).submit()

    def bereaved(self) -> None:
        """Fails at the first signal, and ends at the second one."""
        def fail() -> None:
            leave.submit()
            raise ValueError("nobody hears it")

        leave = SignalHandler(self.env, lambda: self.env.exit(43))
        self.handler = SignalHandler(self.env, fail)
        BoardSession.connect(self.env).put("handler", self.handler.cap)
        LogSession.connect(self.env).write("ready")     # that of its environment it has never used, and can't later

    def print(self) -> None:
        log = self.env.log
        log("one", 2, None)
        log("two\nlines")
        log.warning("careful")
        log.error("wrong")
        log("ä" * 200)
        self.env.exit()

    def sessions(self) -> None:
        env, before = self.env, (self.env.account.ram.used, self.env.account.caps.used)
        for kind, args in ((NoSession, None), (LogSession, Long())):
            try:
                kind.connect(env, args=args)
            except SessionDenied as error:
                env.log(f"denied: {error}")
            except Exception as error:
                env.log(f"{type(error).__name__}: {error}"[:60])
        with LogSession.connect(env, "second") as second:
            second.write("another voice\n")
            second.upgrade(ram=4096, caps=1)
        try:
            second.upgrade(ram=1)
        except SessionDenied as error:
            env.log(f"denied: {error}")
        second.close()
        env.log(env.account.ram.used - before[0], env.account.caps.used - before[1] <= 1)
        env.exit()

    def several(self) -> None:
        """Serves the same interface at three entrypoints, and calls two of them."""
        env = self.env
        places = [env.ep, env.entrypoint("second"), env.entrypoint("third")]
        servers = [Server(env) for _ in places]
        caps = [place.manage(server, env.account) for place, server in zip(places, servers, strict=True)]
        env.log([cap.client().echo(f"{n}") for n, cap in enumerate(caps) if n])
        env.log([[place.object_of(cap, Server) is server for cap, server in zip(caps, servers, strict=True)]
                 for place in places])
        env.log(places[1].object_of(caps[1], Main), places[1].object_of(None, Server))
        places[1].dissolve(servers[1])
        env.log(places[1].object_of(caps[1], Server))
        BoardSession.connect(env).put("third", caps[2])
        env.exit()

    def call_itself(self) -> None:
        cap = self.env.ep.manage(Server(self.env), self.env.account)
        try:
            cap.client().echo("myself")
        except Exception as error:
            self.env.log(error)
        self.env.exit()


construct = Main
