"""Packing and unpacking of values, without any kernel."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, NamedTuple, NewType, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base import Bytes, Capability, Interface, IpcError, SignalCap
from bastide.base.codec import HEAD, Layout
from bastide.base.platform import Handle, Kernel

KERNEL = cast(Kernel, object())
CAPS = tuple(Capability[Interface](Handle(f"handle {n}"), Interface, KERNEL) for n in range(4))


class Colour(Enum):
    RED, GREEN, BLUE = "r", "g", "b"


class Level(IntEnum):
    LOW, HIGH = 1, 1000


class Name(str):
    __slots__ = ()


Inches = NewType("Inches", int)
Deep = NewType("Deep", Inches)


@dataclass(frozen=True)
class Point:
    x: int
    label: str
    colour: Colour | None


@dataclass(frozen=True)
class Empty:
    pass


INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SIMPLE: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (bool, st.booleans()), (int, INTEGERS), (float, st.floats(allow_nan=False)), (str, TEXTS),
    (bytes, st.binary(max_size=20)), (None, st.none()), (Colour, st.sampled_from(Colour)),
    (Level, st.sampled_from(Level)), (Inches, INTEGERS), (Deep, INTEGERS), (Bytes, st.integers(0, 1 << 40).map(Bytes)),
    (Name, TEXTS.map(Name)), (Empty, st.just(Empty())), (SignalCap, st.sampled_from(CAPS)),
    (Capability[Interface] | None, st.sampled_from((None, *CAPS))),
    (Point, st.builds(Point, INTEGERS, TEXTS, st.none() | st.sampled_from(Colour))),
]


def _larger(smaller: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def several(kind: Any) -> Any:
        return tuple[kind[0], ...], st.lists(kind[1], max_size=3).map(tuple)

    def row(kinds: Any) -> Any:
        parts = tuple([kind[0] for kind in kinds])
        return tuple.__class_getitem__(parts), st.tuples(*[kind[1] for kind in kinds])

    return smaller.map(several) | st.lists(smaller, max_size=3).map(row) | smaller.map(
        lambda kind: kind if _optional(kind[0]) else (kind[0] | None, st.none() | kind[1]))


def _optional(annotation: Any) -> bool:
    return annotation is None or type(None) in getattr(annotation, "__args__", ()) or not isinstance(annotation, type)


KINDS: st.SearchStrategy[Any] = st.recursive(st.sampled_from(SIMPLE), _larger, max_leaves=4)


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Annotations, and a value of each."""
    kinds = draw(st.lists(KINDS, max_size=4))
    return [annotation for annotation, _ in kinds], [draw(values) for _, values in kinds]


@given(rows())
def test_values_come_back_as_what_they_were(row: tuple[list[Any], list[Any]]) -> None:
    annotations, values = row
    layout = Layout(annotations)
    data, caps = layout.pack(bytes(HEAD), values)
    back = layout.unpack(data, caps, KERNEL)
    assert list(back) == values
    assert [type(value) for value in back] == [type(value) for value in values]


@given(rows(), st.binary(max_size=300), st.integers(0, 4))
def test_any_bytes_are_a_value_or_an_ipc_error(row: tuple[list[Any], list[Any]], data: bytes, caps: int) -> None:
    layout = Layout(row[0])
    try:
        values = layout.unpack(data, tuple(cap.handle for cap in CAPS[:caps]), KERNEL)
    except IpcError as error:
        assert str(error).startswith("malformed message: ")
    else:
        assert len(values) == len(row[0])


@given(rows(), st.data())
def test_a_message_that_was_cut_or_changed_is_a_value_or_an_ipc_error(
        row: tuple[list[Any], list[Any]], choice: st.DataObject) -> None:
    layout = Layout(row[0])
    data, caps = layout.pack(bytes(HEAD), row[1])
    changed = bytearray(data)
    for at in choice.draw(st.lists(st.integers(0, len(data) - 1), max_size=3)):
        changed[at] = choice.draw(st.integers(0, 255))
    end = choice.draw(st.integers(0, len(data)))
    for message in (bytes(changed), bytes(changed[:end]), bytes(changed) + b"\0"):
        try:
            layout.unpack(message, caps, KERNEL)
        except IpcError:
            continue


@pytest.mark.parametrize("annotation", [
    tuple[int, ...], tuple[tuple[()], ...], tuple[None, ...], tuple[Empty, ...], tuple[tuple[str, ...], ...],
    tuple[Capability[Interface] | None, ...], str, bytes], ids=str)
def test_an_announced_size_builds_nothing_that_is_not_there(annotation: Any) -> None:
    layout = Layout([annotation, int])
    hostile = bytes(HEAD) + b"\xff\xff\xff\xff" * 380
    tracemalloc.start()
    with pytest.raises(IpcError):
        layout.unpack(hostile, (), KERNEL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 256 << 10


def test_nested_announcements_multiply_to_no_more_than_the_message_has_bytes() -> None:
    layout = Layout([tuple[tuple[tuple[None, ...], ...], ...]])
    message = bytes(HEAD) + b"\x40\0\0\0" * 383
    with pytest.raises(IpcError):
        layout.unpack(message, (), KERNEL)


def test_a_needed_capability_is_neither_left_out_nor_invalid() -> None:
    layout = Layout([Capability[Interface]])
    with pytest.raises(TypeError, match="a capability is needed, got None"):
        layout.pack(bytes(HEAD), [None])
    with pytest.raises(IpcError, match="a capability is needed, got an invalid one"):
        layout.unpack(bytes(HEAD), (None,), KERNEL)
    with pytest.raises(IpcError, match="it lacks a capability"):
        layout.unpack(bytes(HEAD), (), KERNEL)


class Place(NamedTuple):
    name: str
    at: tuple[int, int] | None = None


def test_named_tuples_travel_as_what_they_are() -> None:
    layout = Layout([Place, tuple[Place, ...]])
    values = [Place("tower", (3, 4)), (Place("nowhere"),)]
    data, caps = layout.pack(bytes(HEAD), values)
    taken = layout.unpack(data, caps, KERNEL)
    assert list(taken) == values
    assert isinstance(taken[0], Place) and isinstance(taken[1][0], Place)
    with pytest.raises(ValueError):
        layout.pack(bytes(HEAD), [("tower",), ()])


@pytest.mark.parametrize("annotation", [
    list[int], dict[str, int], object, int | str, int | str | None, complex, set[int], Any], ids=str)
def test_what_cannot_travel_is_refused_before_the_first_message(annotation: Any) -> None:
    with pytest.raises(TypeError, match="can't travel in a message"):
        Layout([annotation])


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1, "1", 1.5, None], ids=str)
def test_an_integer_beyond_64_bits_or_of_another_kind_never_leaves(number: Any) -> None:
    with pytest.raises(ValueError, match="a value does not fit its annotation"):
        Layout([int]).pack(bytes(HEAD), [number])


def test_an_enum_member_that_does_not_exist_is_an_ipc_error() -> None:
    with pytest.raises(IpcError, match="Colour has no member number 3"):
        Layout([Colour]).unpack(bytes(HEAD) + b"\3\0", (), KERNEL)


def test_not_a_number_travels() -> None:
    layout = Layout([float])
    assert math.isnan(layout.unpack(layout.pack(bytes(HEAD), [math.nan])[0], (), KERNEL)[0])
