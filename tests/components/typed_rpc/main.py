"""Calls each function of `Everything`, as a server at one entrypoint and a client at the other."""

from __future__ import annotations

from typing import Any

from components.contracts import (
    BoardSession,
    Colour,
    Echo,
    Everything,
    Inches,
    Point,
    Refused,
    RefusedPolitely,
    Shape,
)

from bastide.base import Bytes, Capability, Env, Interface, IpcError, OutOfRam

SHAPE = Shape((Point(1, 0.5), Point(-(1 << 63), -1e300, "näme", Colour.GREEN)), Point(0, 0.0, "", Colour.RED))


class Server(Everything):
    def scalars(self, truth: bool, number: int, real: float) -> tuple[bool, int, float]:
        return not truth, number, real

    def texts(self, text: str, content: bytes) -> tuple[str, bytes]:
        return text, content

    def derived(self, inches: Inches, size: Bytes, colour: Colour) -> tuple[Inches, Bytes, Colour]:
        return inches, size, colour

    def shape(self, shape: Shape) -> Shape:
        return shape

    def maybe(self, number: int | None, text: str | None) -> tuple[int | None, str | None]:
        return number, text

    def nothing(self, none: None) -> None:
        return none

    def row(self, numbers: tuple[int, ...], pair: tuple[str, int], none: tuple[()]) -> tuple[int, ...]:
        return (*numbers, pair[1])

    def needs(self, cap: Capability[Interface]) -> Capability[Interface]:
        return cap

    def may(self, cap: Capability[Interface] | None) -> Capability[Interface] | None:
        return cap

    def several(self, caps: tuple[Capability[Interface] | None, ...]) -> tuple[Capability[Interface] | None, ...]:
        return caps[::-1]

    def defaults(self, first: int, second: str = "two", third: bool = True) -> str:
        return f"{first} {second} {third}"

    def fail(self, how: str) -> str:
        errors: dict[str, Exception] = {
            "declared": Refused("no"), "derived": RefusedPolitely("no, thank you"), "ram": OutOfRam("nothing left"),
            "undeclared": ValueError("a secret of the server"), "long": Refused("x" * 10_000)}
        if how in errors:
            raise errors[how]
        return "fine"

    def wrong_result(self) -> int:
        result: Any = "no number"
        return result  # type: ignore[no-any-return]


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        self.serving = env.entrypoint("server")
        self.server = Server()
        self.remote = self.serving.manage(self.server, env.account).client()
        getattr(self, env.name)()
        env.exit()

    def values(self) -> None:
        remote, log = self.remote, self.env.log
        log(remote.scalars(True, -(1 << 63), 0.25))
        log(*remote.texts("ünïcode", bytes(range(3))))
        inches, size, colour = remote.derived(Inches(3), Bytes("4K"), Colour.GREEN)
        log(inches, type(size).__name__, size, colour.name)
        log(remote.shape(SHAPE) == SHAPE)
        log(remote.maybe(None, "x"), remote.maybe(0, None))
        nothing: Any = remote.nothing
        log(nothing(None))
        log(remote.row((1, 2), ("three", 3), ()), remote.row((), ("", 0), ()))

    def capabilities(self) -> None:
        remote, log = self.remote, self.env.log
        board = BoardSession.connect(self.env)
        foreign, own = board.take("echo_server"), remote.cap
        assert foreign is not None
        log(remote.needs(own) == own, remote.needs(foreign) == foreign, own == foreign)
        log(remote.may(None), remote.may(own) == own)
        log(remote.several((own, None, foreign, own)) == (own, foreign, None, own), remote.several(()))
        echo = Capability[Echo](foreign.handle, Echo, self.env.kernel).client()
        log(echo.keep(foreign), echo.keep(own), echo.keep(None))
        needs: Any = remote.needs
        self.failure("none", lambda: needs(None))
        self.failure("many", lambda: remote.several((own,) * 5))
        log(remote.needs(own) == own)

    def arguments(self) -> None:
        remote, log = self.remote, self.env.log
        log(remote.defaults(1), "|", remote.defaults(1, "2"), "|", remote.defaults(second="b", first=3, third=False))
        call: Any = remote.defaults
        self.failure("missing", lambda: call())
        self.failure("unknown", lambda: call(1, fourth=4))
        self.failure("kind", lambda: call("one"))
        self.failure("range", lambda: call(1 << 63))
        self.failure("size", lambda: remote.texts("x" * 2000, b""))
        log(remote.defaults(9))

    def errors(self) -> None:
        remote = self.remote
        for how in ("declared", "derived", "ram", "undeclared", "long"):
            self.failure(how, lambda how=how: remote.fail(how))
        self.failure("result", remote.wrong_result)
        self.env.log(remote.fail("not"))

    def vanished(self) -> None:
        remote = self.remote
        self.env.log(remote.fail("not"))
        cap = remote.cap
        self.serving.dissolve(self.server)
        self.failure("call", lambda: remote.fail("not"))
        self.failure("argument", lambda: BoardSession.connect(self.env).put("gone", cap))

    def failure(self, what: str, call: Any) -> None:
        try:
            self.env.log(what, "succeeded:", call())
        except Exception as error:
            text = str(error)
            self.env.log(what, type(error).__name__, text if len(text) < 60 else f"{len(text)} characters")
            if isinstance(error, IpcError) and "secret" in text:
                self.env.log("a secret got out")


construct = Main
