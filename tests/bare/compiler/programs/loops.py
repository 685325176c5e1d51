"""Loops: ranges of every width and step, arrays, slices, break and continue."""

from __future__ import annotations

from typing import Literal

from bare import Array, i8, len, range, u8, u32, u64, zeroed


def case_a_range_up_to_the_highest() -> u64:
    total = u64(0)
    for i in range(u8(250), u8(255)):
        total += u64(i)
    return total


def case_steps_that_would_overflow() -> u64:
    total = u64(0)
    for i in range(u8(0), u8(255), 100):
        total = total * 1000 + u64(i)
    for j in range(i8(120), i8(-128), -100):
        total = total * 1000 + u64(j % i8(100))
    return total


def case_empty_ranges() -> u64:
    total = u64(0)
    for _ in range(u32(5), u32(5)):
        total += 1
    for _ in range(u32(6), u32(5)):
        total += 10
    for _ in range(u32(4), u32(5), -1):
        total += 100
    return total


def case_downwards() -> u64:
    total = u64(0)
    for i in range(i8(3), i8(-3), -1):
        total = total * 10 + u64(i + 4)
    return total


def case_the_variable_does_not_steer() -> u64:
    total = u64(0)
    for i in range(5):
        total += i
        i += 100
        total += i
    return total


def case_break_and_continue() -> u64:
    total = u64(0)
    for i in range(100):
        if i % 2 == 0:
            continue
        if i > 10:
            break
        total = total * 10 + i
    while True:
        total += 1
        if total % 7 == 0:
            break
    return total


def case_slices() -> u64:
    numbers: Array[u32, Literal[5]] = Array(u32(1), u32(2), u32(3), u32(4), u32(5))
    total = u64(0)
    for number in numbers[1:4]:
        total = total * 10 + u64(number)
    part = numbers[2:]
    part[0] = u32(9)
    rest = part[1:len(part)]
    rest[:1][0] += 1
    return total * 100000 + u64(numbers[2]) * 1000 + len(rest) * 100 + u64(numbers[3])


def case_overlapping_copies() -> u64:
    cells = zeroed(Array[u8, Literal[6]])
    for i in range(6):
        cells[i] = u8(i + 1)
    cells[1:6].copy_from(cells[0:5])
    cells[0:1].fill(u8(9))
    total = u64(0)
    for cell in cells:
        total = total * 10 + u64(cell)
    return total


def case_a_slice_beyond_the_end_traps() -> u64:
    cells = zeroed(Array[u8, Literal[6]])
    stop = u64(7)
    return len(cells[2:stop])


def case_a_slice_that_ends_before_its_start_traps() -> u64:
    cells = zeroed(Array[u8, Literal[6]])
    start = u64(4)
    return len(cells[start:3])


def case_copies_of_another_length_trap() -> u64:
    cells = zeroed(Array[u8, Literal[6]])
    cells[0:2].copy_from(cells[0:3])
    return u64(0)


def case_an_index_beyond_the_end_traps() -> u64:
    cells = zeroed(Array[u8, Literal[6]])
    at = u64(6)
    return u64(cells[at])


def case_memory_of_a_loop_is_fresh() -> u64:
    total = u64(0)
    for i in range(4):
        cells = zeroed(Array[u64, Literal[2]])
        cells[0] += i
        total = total * 10 + cells[0] + cells[1]
    return total
