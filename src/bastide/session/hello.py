"""Hello: the smallest contract between a client and a server, for tutorials."""

from bastide.base import Session, rpc


class HelloSession(Session):
    service, ram_quota, cap_quota = "Hello", "16K", 4

    @rpc
    def say_hello(self) -> None: ...

    @rpc
    def add(self, a: int, b: int) -> int: ...
