"""Enumerations, optionals, results, bit fields, and `match`."""

from __future__ import annotations

from bare import Bits, Enum, Err, Ok, PhysAddr, Result, Struct, VirtAddr, bit, bits, i32, range, u8, u32, u64, zeroed


class State(Enum):
    FREE = 0
    READY = 3
    DEAD = 200

    def alive(self) -> bool:
        return self != State.DEAD


class Fault(Enum):
    RANGE = 0
    STATE = 1


class Entry(Bits[u32]):
    present = bit(0)
    writable = bit(1)
    kind = bits(4, 3)
    frame = bits(12, 20)

    def usable(self) -> bool:
        return self.present and self.kind != 7


class Task(Struct):
    state: State
    waits: u32 | None
    entry: Entry
    at: PhysAddr


task = zeroed(Task)


def rank(state: State) -> u64:
    match state:
        case State.FREE:
            return u64(1)
        case State.READY | State.DEAD:
            return state.raw


def half(number: u32) -> u32 | None:
    if number % 2 != 0:
        return None
    return number // 2


def checked(number: u32) -> Result[u32, Fault]:
    if number > 100:
        return Err(Fault.RANGE)
    if number == 13:
        return Err(Fault.STATE)
    return Ok(number + 1)


def twice(number: u32) -> Ok[u32] | Err[Fault]:
    first = checked(number)
    if isinstance(first, Err):
        return first
    return checked(first.value)


def case_members() -> u64:
    task.state = State.READY
    known, unknown = State.of(u64(200)), State.of(u64(4))
    return rank(task.state) * 100 + rank(State.FREE) * 10 + u64(known is not None) + u64(unknown is None) + (
        u64(task.state.alive()))


def case_optionals() -> u64:
    total = u64(0)
    for i in range(u32(6)):
        found = half(i)
        if found is not None and found > 0:
            total = total * 10 + u64(found)
        match half(i + 1):
            case None:
                total += 1
            case value:
                total += u64(value) * 2
    task.waits = u32(5)
    waits = task.waits
    if waits is None:
        return u64(0)
    task.waits = None
    return total * 10 + u64(waits) + u64(task.waits is None)


def case_results() -> u64:
    total = u64(0)
    for i in range(u32(11), u32(15)):
        match twice(i):
            case Ok(value):
                total = total * 100 + u64(value)
            case Err(fault):
                total = total * 100 + fault.raw + 50
    match twice(u32(100)):
        case Ok(_):
            return u64(0)
        case Err(fault):
            return total * 10 + fault.raw


def case_bit_fields() -> u64:
    entry = Entry(u32(0)).set(present=True, frame=u32(0xABCDE), kind=u32(5))
    task.entry = entry.set(present=False)
    return u64(entry.raw) * 10 + u64(entry.usable()) + u64(task.entry.present) + u64(entry.kind)


def case_a_field_that_is_too_small_traps() -> u64:
    return u64(Entry(u32(0)).set(kind=u32(8)).raw)


def case_addresses() -> u64:
    start = PhysAddr(u64(0x1000))
    end = start + 0x234
    task.at = end - 4
    return (end - start) + u64(task.at) + u64(start < end) + u64(VirtAddr(u64(3)))


def case_an_address_below_zero_traps() -> u64:
    return u64(PhysAddr(u64(3)) - 4)


def classify(number: i32) -> u64:
    match number:
        case -1 | 1:
            return u64(1)
        case 0:
            return u64(2)
        case n if n > 100:
            return u64(3)
        case n:
            return u64(n % 7)


def case_numbers() -> u64:
    return classify(i32(-1)) * 1000 + classify(i32(0)) * 100 + classify(i32(101)) * 10 + classify(i32(-20))


def case_booleans() -> u64:
    total = u64(0)
    for i in range(u8(4)):
        match i % 2 == 0:
            case True:
                total += 1
            case False:
                total += 10
    return total


def case_an_assertion_traps() -> u64:
    assert task.state == State.DEAD, "the task still lives"
    return u64(0)
