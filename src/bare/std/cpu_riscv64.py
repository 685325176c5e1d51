"""riscv64: privileged instructions, the trap entry and the switch between stacks, as functions.

All numbers are u64, as machine code does not care for narrower ones. Two functions are the program's: `bare_interrupt`
gets the frame of what was interrupted, and goes back there when it returns; `bare_thread` is where new stacks begin.
"""

from __future__ import annotations

from typing import Final, Literal, NoReturn

from bare import Array, Slice, Struct, len, u64
from bare.encode import riscv64_entry
from bare.encode.riscv64 import A0, A1, A2, A6, A7, FP, S1
from bare.unsafe import elements, hardware, instructions

# A frame has two words: the caller's frame pointer, and the return address behind it. Here, the pointer is behind them.
FRAME_BELOW: Final = 16                 # how far the two are below what the frame pointer has
TIMER: Final = 0x8000000000000005       # cause of the supervisor's timer interrupt


class Frame(Struct):
    """The processor's state when it was interrupted; x[0] and x[2] are not kept."""

    x: Array[u64, Literal[32]]
    pc_: u64
    status: u64
    cause: u64
    value: u64

    def pc(self) -> u64:
        return self.pc_

    def frame_pointer(self) -> u64:
        return self.x[8]


class Context(Struct):
    """A stack that somebody will go on with."""

    stack: u64


def prepare(context: Context, stack: Slice[u64], argument: u64) -> None:
    """Make a context that begins in `bare_thread(argument)`. The stack is aligned to 16 bytes."""
    top = len(stack) // 2 * 2 - 14      # what `switch` takes: ra, s0 to s11, and a gap
    stack[top] = _begin_address()
    stack[top + 1] = u64(0)
    stack[top + 2] = argument
    context.stack = u64(elements(stack).address) + top * 8


@instructions(riscv64_entry.traps)
def trap_entry() -> None:
    hardware()


@instructions(lambda c: c.address(A0, trap_entry).csrw("stvec", A0).ret())
def take_exceptions() -> None:
    """From now on, exceptions are the business of `bare_interrupt`."""
    hardware()


@instructions(riscv64_entry.switch)
def switch(leave: Context, enter: Context) -> None:
    """Leave this stack, and go on where the other was left."""
    hardware()


@instructions(lambda c: c.mv(A0, S1).call("bare_thread").ebreak())
def _begin() -> None:
    hardware()


@instructions(lambda c: c.address(A0, _begin).ret())
def _begin_address() -> u64:
    hardware()


@instructions(lambda c: c.mv(A0, FP).ret())
def frame_pointer() -> u64:
    """Of the function that calls."""
    hardware()


@instructions(lambda c: c.address(A0, "bare_image_start").ret())
def image_start() -> u64:
    hardware()


@instructions(lambda c: c.address(A0, "bare_text_end").ret())
def text_end() -> u64:
    """Where code ends, and what can only be read begins."""
    hardware()


@instructions(lambda c: c.address(A0, "bare_data_start").ret())
def data_start() -> u64:
    """Where what can be written begins: stacks, too."""
    hardware()


@instructions(lambda c: c.address(A0, "bare_data_end").ret())
def data_end() -> u64:
    hardware()


@instructions(lambda c: c.address(A0, "bare_lines").ret())
def line_table() -> u64:
    hardware()


@instructions(lambda c: c.tail("bare_power_off"))
def power_off(status: u64) -> NoReturn:
    """End the machine, with a status from 0 to 126."""
    hardware()


@instructions(lambda c: c.mv(A7, A0).mv(A6, A1).mv(A0, A2).ecall().ret())
def firmware_call(extension: u64, function: u64, argument: u64) -> u64:
    """The supervisor binary interface; the result is its error."""
    hardware()


@instructions(lambda c: c.ebreak().ret())
def breakpoint() -> None:
    hardware()


@instructions(lambda c: c.csrr(A0, "time").ret())
def time_stamp() -> u64:
    hardware()


@instructions(lambda c: c.csrs("sie", A0).ret())
def accept_interrupts(mask: u64) -> None:
    """Kinds, as bits: 1 << 5 is the timer."""
    hardware()


@instructions(lambda c: c.sfence_vma().csrw("satp", A0).sfence_vma().ret())
def use_page_tables(satp: u64) -> None:
    """Mode, and the page number of the root."""
    hardware()


@instructions(lambda c: c.sfence_vma(A0).ret())
def forget_page(address: u64) -> None:
    """After its entry changed."""
    hardware()


@instructions(lambda c: c.csrsi("sstatus", 2).ret())
def enable_interrupts() -> None:
    hardware()


@instructions(lambda c: c.csrci("sstatus", 2).ret())
def disable_interrupts() -> None:
    hardware()


@instructions(lambda c: c.wfi().csrsi("sstatus", 2).csrci("sstatus", 2).ret())
def wait_for_interrupt() -> None:
    """With interrupts disabled: one that is pending ends the wait, and is taken before this returns."""
    hardware()
