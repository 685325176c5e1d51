"""Plays with signals, at one entrypoint and between two."""

from __future__ import annotations

from components.contracts import BoardSession, Echo

from bastide.base import Capability, Env, IoSignalHandler, SignalCap, SignalHandler, Transmitter


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        getattr(self, env.name)()

    def coalesce(self) -> None:
        """Three submissions before the handler has its turn, then one more from within it."""
        calls: list[int] = []

        def handle() -> None:
            calls.append(len(calls))
            self.env.log("handled", len(calls))
            if len(calls) == 1:
                handler.submit()
            else:
                self.env.exit()

        handler = SignalHandler(self.env, handle)
        for _ in range(3):
            handler.submit()
        self.env.log("constructed")

    def wait(self) -> None:
        """Waits for I/O in a handler, while signals of both levels come."""
        log = self.env.log

        def work() -> None:
            log("working")
            other.submit()
            input.submit()
            self.env.ep.wait_for_io()
            log("worked; pending:", self.env.ep.dispatch_pending_io())

        def last() -> None:
            log("last")
            self.env.exit()

        input = IoSignalHandler(self.env, lambda: log("input"))
        worker = SignalHandler(self.env, work)
        other = SignalHandler(self.env, last)
        worker.submit()

    def defer(self) -> None:
        """What is deferred runs once, behind the handler, and also when the handler fails."""
        log, ep = self.env.log, self.env.ep

        def deferred() -> None:
            log("deferred")

        def handle() -> None:
            ep.defer(deferred)
            ep.defer(deferred)
            ep.defer(finish)
            log("handled")
            raise ValueError("in the handler")

        def finish() -> None:
            log("finished")
            self.env.exit()

        self.handler = SignalHandler(self.env, handle)
        self.handler.submit()

    def close(self) -> None:
        """A closed handler is not called, also for what was submitted before."""
        log = self.env.log
        closed = SignalHandler(self.env, lambda: log("never"))
        before = self.env.account.caps.used
        closed.submit()
        cap = closed.cap
        closed.close()
        Transmitter(cap).submit()
        Transmitter().submit()
        log("returned", before - self.env.account.caps.used)
        self.last = SignalHandler(self.env, self.env.exit)
        self.last.submit()

    def busy(self) -> None:
        """Triggers itself for ever, and serves calls nevertheless."""
        server = _Server()
        cap = self.env.ep.manage(server, self.env.account)

        def again() -> None:
            self.env.pd.quota()
            handler.submit()

        handler = SignalHandler(self.env, again)
        handler.submit()
        BoardSession.connect(self.env).put("echo_server", cap)
        self.env.log("serving")

    def other_entrypoint(self) -> None:
        """A further entrypoint waits for I/O that a handler of the first one causes by a local signal."""
        log, second = self.env.log, self.env.entrypoint("second")
        woken = IoSignalHandler(self.env, lambda: log("woken"), ep=second)

        def waiting() -> None:
            log("waiting")
            poke.submit()
            second.wait_for_io()
            done.submit()

        poke = SignalHandler(self.env, woken.submit)
        done = SignalHandler(self.env, self.env.exit)
        self.worker = SignalHandler(self.env, waiting, ep=second)
        self.worker.submit()

    def receive(self) -> None:
        """Pins a context, and tells of signals that come to it from other components."""
        self.handler = SignalHandler(self.env, lambda: self.env.log("received"))
        BoardSession.connect(self.env).put("context", Capability(self.handler.cap.handle, Echo, self.env.kernel))
        self.env.log("listening")

    def send(self) -> None:
        context = BoardSession.connect(self.env).take("context")
        assert context is not None
        remote: SignalCap = Capability(context.handle, context.interface, self.env.kernel)
        Transmitter(remote).submit(5)
        self.env.exit()


class _Server(Echo):
    def echo(self, text: str) -> str:
        return text

    def keep(self, cap: object) -> bool:
        return False


construct = Main
