"""cap_owner: makes objects for whoever wants to pass capabilities on that are not its own."""

from __future__ import annotations

from bastide.base import Capability, Env, Interface, Session, rpc


class Thing(Interface):
    @rpc
    def nothing(self) -> None: ...


class CapOwner(Session):
    service, ram_quota, cap_quota = "Cap_owner", "16K", 6

    @rpc
    def make(self) -> Capability[Thing]: ...

    @rpc
    def drop(self) -> None: ...


class Nothing(Thing):
    def nothing(self) -> None:
        return None


class Served(CapOwner):
    def __init__(self, env: Env) -> None:
        self.env = env
        self.things: list[Nothing] = []

    def make(self) -> Capability[Thing]:
        thing = Nothing()
        self.things.append(thing)
        return self.env.ep.manage(thing, self.env.account)

    def drop(self) -> None:
        for thing in self.things:
            self.env.ep.dissolve(thing)
        self.things.clear()


def construct(env: Env) -> None:
    CapOwner.announce(env, lambda request: Served(env))
