"""What is evaluated first: as in Python, and each expression once."""

from __future__ import annotations

from typing import Literal

from bare import Array, Struct, range, u8, u32, u64, zeroed

trace = u64(0)
cells = zeroed(Array[u32, Literal[8]])


def note(mark: u64) -> u64:
    global trace
    trace = trace * 10 + mark
    return mark


def reset() -> None:
    global trace
    trace = u64(0)
    for i in range(8):
        cells[i] = u32(i)


def small(mark: u64) -> u32:
    return u32(note(mark))


def true(mark: u64) -> bool:
    return note(mark) < 5


def case_the_value_comes_before_its_place() -> u64:
    reset()
    cells[note(u64(1))] = small(u64(2))
    return trace


def case_an_update_reads_its_place_first() -> u64:
    reset()
    cells[note(u64(3))] += small(u64(4))
    return trace * 100 + u64(cells[3])


def bump() -> u64:
    global trace
    trace += 100
    return u64(1)


def case_an_updated_global_is_read_before() -> u64:
    global trace
    reset()
    trace += bump()
    return trace


def case_operands_from_left_to_right() -> u64:
    reset()
    value = note(u64(1)) + note(u64(2)) * note(u64(3))
    return trace * 100 + value


def case_chained_comparisons_stop() -> u64:
    reset()
    first = note(u64(1)) < note(u64(3)) < note(u64(2)) < note(u64(9))
    return trace * 10 + u64(first)


def case_chained_comparisons_go_on() -> u64:
    reset()
    first = note(u64(1)) < note(u64(3)) <= note(u64(3))
    return trace * 10 + u64(first)


def case_logic_stops() -> u64:
    reset()
    a = true(u64(1)) and true(u64(9)) and true(u64(2))
    b = true(u64(8)) or true(u64(3)) or true(u64(4))
    c = not (true(u64(6)) or not true(u64(7)))
    return trace * 1000 + u64(a) * 100 + u64(b) * 10 + u64(c)


def case_one_branch_of_a_conditional() -> u64:
    reset()
    value = note(u64(1)) if true(u64(9)) else note(u64(2))
    return trace * 10 + value


class Three(Struct):
    first: u64
    second: u64
    third: u64


def case_fields_in_the_order_that_is_written() -> u64:
    reset()
    by_place = Three(note(u64(1)), note(u64(2)), note(u64(3)))
    by_name = Three(third=note(u64(4)), first=note(u64(5)), second=note(u64(6)))
    return trace * 1000 + by_place.second * 100 + by_name.third * 10 + by_name.first


def case_a_call_after_its_arguments() -> u64:
    reset()
    note(note(u64(1)) * 3 + note(u64(2)))
    return trace


def case_bounds_of_a_range_once() -> u64:
    reset()
    for i in range(note(u64(2)), note(u64(5))):
        note(i)
    return trace


def case_swap() -> u64:
    a, b = u64(3), u64(4)
    a, b = b, a
    cells[0], cells[1] = u32(7), u32(8)
    cells[0], cells[1] = cells[1], cells[0]
    return a * 1000 + b * 100 + u64(cells[0]) * 10 + u64(cells[1])


def case_an_index_traps_after_the_value() -> u64:
    reset()
    cells[note(u64(9))] = u32(small(u64(1))) // u32(u8(0))
    return trace


def case_the_trace_of_the_trap_before() -> u64:
    return trace
