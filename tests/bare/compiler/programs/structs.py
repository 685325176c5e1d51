"""Structs: references, copies into place, methods, results by value and by reference."""

from __future__ import annotations

from typing import Literal

from bare import Array, Ref, Struct, copy, i16, range, sizeof, u8, u16, u32, u64, zeroed


class Point(Struct):
    x: u32
    y: i16

    def moved(self, by: u32) -> Point:
        return Point(self.x + by, self.y)

    def total(self) -> u64:
        return u64(self.x) + u64(self.y)


class Line(Struct):
    start: Point
    end: Point
    flag: bool
    width: u8


class Packed(Struct, packed=True):
    small: u8
    wide: u64
    middle: u16


assert sizeof(Point) == 8
assert sizeof(Line) == 20
assert sizeof(Packed) == 11

origin = zeroed(Point)
corner = Point(u32(7), i16(-2))


def nearest(line: Line, first: bool) -> Ref[Point]:
    return line.start if first else line.end


def shift(point: Point) -> u32:
    point.x += 10
    return point.x


def case_names_refer() -> u64:
    a = Point(u32(1), i16(2))
    b = a
    b.x = u32(9)
    return u64(a.x)


def case_fields_copy() -> u64:
    a = Point(u32(1), i16(2))
    line = Line(a, a, True, u8(3))
    line.start.x = u32(5)
    line.end = line.start
    line.start.x = u32(6)
    a.x = u32(100)
    return u64(line.start.x) * 100 + u64(line.end.x)


def case_a_view_of_a_field_stays_with_it() -> u64:
    line = zeroed(Line)
    inner = line.start
    line.start = Point(u32(4), i16(4))
    return inner.total()


def case_references_lead_into_the_caller() -> u64:
    line = zeroed(Line)
    nearest(line, False).x = u32(3)
    nearest(line, True).x = u32(8)
    return u64(line.start.x) * 10 + u64(line.end.x)


def case_results_are_fresh() -> u64:
    a = Point(u32(1), i16(1))
    b = a.moved(u32(1))
    b.x += 40
    return u64(a.x) * 100 + u64(b.x)


def case_arguments_are_evaluated_before_they_are_copied() -> u64:
    a = Point(u32(1), i16(1))
    line = Line(a, Point(shift(a), i16(0)), False, u8(0))
    return u64(line.start.x) * 100 + u64(line.end.x)


def case_copies_are_apart() -> u64:
    a = Point(u32(1), i16(1))
    b = copy(a)
    b.x = u32(50)
    return u64(a.x) + u64(b.x)


def case_elements_copy() -> u64:
    points = zeroed(Array[Point, Literal[3]])
    for i in range(3):
        fresh = Point(u32(i) * 2, i16(1))
        points[i] = fresh
        fresh.x = u32(99)
    points[0] = points[2]
    points[2].x = u32(1)
    total = u64(0)
    for point in points:
        total = total * 10 + u64(point.x)
    return total


def case_globals_start_with_their_values() -> u64:
    corner.x += 1
    origin.x = corner.x
    return origin.total() + 100


def case_packed_fields() -> u64:
    p = zeroed(Packed)
    p.wide = u64(0x0102030405060708)
    p.small = u8(0xFF)
    p.middle = u16(0xABCD)
    return p.wide + u64(p.small) + u64(p.middle)


def case_a_sum_may_trap() -> u64:
    return corner.total()
