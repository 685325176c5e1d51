"""Typed calls between entrypoints and between components, on every kernel."""

from __future__ import annotations

import pytest
from booted import Booted

from bastide.base import Interface, IpcError, rpc
from bastide.base.codec import HEAD
from bastide.base.rpc import dispatcher
from bastide.kernel import inprocess


def test_values_of_every_legal_annotation_travel_there_and_back(boot: Booted) -> None:
    assert boot.run("typed_rpc", "values").lines == [
        "(False, -9223372036854775808, 0.25)",
        "ünïcode b'\\x00\\x01\\x02'",
        "3 Bytes 4K GREEN",
        "True",
        "(None, 'x') (0, None)",
        "None",
        "(1, 2, 3) (0,)",
    ]


def test_capabilities_travel_alone_optionally_and_in_tuples_and_stay_what_they_are(boot: Booted) -> None:
    server = boot.start("echo_server")
    boot.wait(lambda: server.saw("serving"))
    *lines, many, after = boot.run("typed_rpc", "capabilities").lines
    assert lines == [
        "True True False",
        "None True",
        "True ()",
        "True False False",
        "none TypeError a capability is needed, got None",
    ]
    assert many.startswith("many IpcError")
    assert after == "True"


def test_arguments_may_be_named_or_left_to_their_defaults_and_wrong_ones_never_leave_the_caller(boot: Booted) -> None:
    *lines, kind, number, size, after = boot.run("typed_rpc", "arguments").lines
    assert lines == [
        "1 two True | 1 2 True | 3 b False",
        "missing TypeError missing a required argument: 'first'",
        "unknown TypeError got an unexpected keyword argument 'fourth'",
    ]
    assert kind.startswith("kind ValueError")
    assert number.startswith("range ValueError")
    assert size.startswith("size IpcError")
    assert after == "9 two True"


def test_declared_exceptions_arrive_as_themselves_and_others_as_a_traceback_in_the_log_of_the_server(
        boot: Booted) -> None:
    lines = boot.run("typed_rpc", "errors").lines
    assert lines[:3] == ["declared Refused no", "derived RefusedPolitely no, thank you", "ram OutOfRam nothing left"]
    assert lines[-1] == "fine"
    failures = [line for line in lines if line.startswith(("undeclared", "long", "result"))]
    assert [line.split()[:2] for line in failures] == [
        ["undeclared", "IpcError"], ["long", "Refused"], ["result", "IpcError"]]
    assert lines.count("Error: Traceback (most recent call last):") == 2
    assert "ValueError: a secret of the server" in lines
    assert "a secret got out" not in lines


def test_an_object_that_its_entrypoint_dissolved_fails_its_callers(boot: Booted) -> None:
    fine, failed, passed = boot.run("typed_rpc", "vanished").lines
    assert fine == "fine"
    assert failed.startswith("call IpcError")
    assert passed == "argument succeeded: None"


def test_a_parameter_without_position_is_refused_where_it_is_declared() -> None:
    class Odd(Interface):
        @rpc
        def odd(self, *, named: int) -> None: ...

    refused = pytest.raises(TypeError, match=r"parameter 'named.*' can't travel")
    with inprocess.Machine(lambda start: 0) as machine, refused:
        dispatcher(Odd.__new__(type("Odd", (Odd,), {"odd": lambda self, named: None})), machine.kernel)


def test_an_annotation_that_cannot_travel_is_refused_where_it_is_declared() -> None:
    class Odd(Interface):
        @rpc
        def odd(self, numbers: list[int]) -> None: ...

    with inprocess.Machine(lambda start: 0) as machine, pytest.raises(TypeError, match=r"list\[int\] can't travel"):
        dispatcher(Odd.__new__(type("Odd", (Odd,), {"odd": lambda self, numbers: None})), machine.kernel)


def test_the_stub_of_a_stubs_functions_counts_opcodes_from_the_base_on() -> None:
    class First(Interface):
        @rpc
        def one(self) -> None: ...

    class Second(First):
        @rpc
        def two(self, number: int) -> int: ...

        @rpc
        def one(self) -> None: ...

    class Server(Second):
        def one(self) -> None:
            return None

        def two(self, number: int) -> int:
            return number + 1

    with inprocess.Machine(lambda start: 0) as machine:
        dispatch = dispatcher(Server(), machine.kernel)
        assert dispatch(bytes(HEAD), ()) == (bytes(HEAD), ())
        second = (1).to_bytes(HEAD, "little")
        assert dispatch(second + (41).to_bytes(8, "little"), ()) == (bytes(HEAD) + (42).to_bytes(8, "little"), ())
        with pytest.raises(IpcError, match="invalid opcode"):
            dispatch((2).to_bytes(HEAD, "little"), ())
        for request in (b"", bytes(HEAD - 1), second, second + bytes(7), second + bytes(9)):
            with pytest.raises(IpcError):
                dispatch(request, ())
