"""aarch64: privileged instructions, exception vectors and the switch between stacks, as functions.

All numbers are u64, as machine code does not care for narrower ones. Two functions are the program's: `bare_interrupt`
gets the frame of what was interrupted, and goes back there when it returns; `bare_thread` is where new stacks begin.
"""

from __future__ import annotations

from typing import Final, Literal, NoReturn

from bare import Array, Slice, Struct, len, u64
from bare.encode import aarch64_entry
from bare.encode.aarch64 import FP, X0, X1, X2, X3, X19
from bare.unsafe import elements, hardware, instructions

# A frame has two words: the caller's frame pointer, and the return address behind it. Here, the pointer is to them.
FRAME_BELOW: Final = 0                  # how far the two are below what the frame pointer has
SYNCHRONOUS: Final = 4                  # kinds of exceptions, as vectors: at the present level with its own stack
INTERRUPT: Final = 5


class Frame(Struct):
    """The processor's state when it was interrupted."""

    x: Array[u64, Literal[31]]
    elr: u64
    spsr: u64
    kind: u64                           # the vector
    esr: u64
    far: u64

    def pc(self) -> u64:
        return self.elr

    def frame_pointer(self) -> u64:
        return self.x[29]


class Context(Struct):
    """A stack that somebody will go on with."""

    stack: u64


def prepare(context: Context, stack: Slice[u64], argument: u64) -> None:
    """Make a context that begins in `bare_thread(argument)`. The stack is aligned to 16 bytes."""
    top = len(stack) // 2 * 2 - 12      # what `switch` takes: x19 to x30
    stack[top] = argument
    stack[top + 10] = u64(0)
    stack[top + 11] = _begin_address()
    context.stack = u64(elements(stack).address) + top * 8


@instructions(aarch64_entry.exceptions, align=2048)
def exception_vectors() -> None:
    hardware()


@instructions(lambda c: c.address(X0, exception_vectors).msr("vbar_el1", X0).isb().ret())
def take_exceptions() -> None:
    """From now on, exceptions are the business of `bare_interrupt`."""
    hardware()


@instructions(aarch64_entry.switch)
def switch(leave: Context, enter: Context) -> None:
    """Leave this stack, and go on where the other was left."""
    hardware()


@instructions(lambda c: c.mov(X0, X19).bl("bare_thread").brk(0))
def _begin() -> None:
    hardware()


@instructions(lambda c: c.address(X0, _begin).ret())
def _begin_address() -> u64:
    hardware()


@instructions(lambda c: c.mov(X0, FP).ret())
def frame_pointer() -> u64:
    """Of the function that calls."""
    hardware()


@instructions(lambda c: c.address(X0, "bare_image_start").ret())
def image_start() -> u64:
    hardware()


@instructions(lambda c: c.address(X0, "bare_text_end").ret())
def text_end() -> u64:
    """Where code ends, and what can only be read begins."""
    hardware()


@instructions(lambda c: c.address(X0, "bare_data_start").ret())
def data_start() -> u64:
    """Where what can be written begins: stacks, too."""
    hardware()


@instructions(lambda c: c.address(X0, "bare_data_end").ret())
def data_end() -> u64:
    hardware()


@instructions(lambda c: c.address(X0, "bare_lines").ret())
def line_table() -> u64:
    hardware()


@instructions(lambda c: c.b("bare_power_off"))
def power_off(status: u64) -> NoReturn:
    """End the machine, with a status from 0 to 126."""
    hardware()


@instructions(lambda c: c.svc(0).ret())
def supervisor_call() -> None:
    hardware()


@instructions(lambda c: c.mrs(X0, "cntfrq_el0").ret())
def timer_frequency() -> u64:
    hardware()


@instructions(lambda c: c.mrs(X0, "cntvct_el0").ret())
def time_stamp() -> u64:
    hardware()


@instructions(lambda c: c.msr("cntv_tval_el0", X0).mov(X1, 1).msr("cntv_ctl_el0", X1).isb().ret())
def start_timer(ticks: u64) -> None:
    """An interrupt of the virtual timer, once."""
    hardware()


@instructions(lambda c: (c.msr("mair_el1", X1).msr("tcr_el1", X2).msr("ttbr0_el1", X0).dsb().tlbi_vmalle1().dsb().isb()
                         .mrs(X3, "sctlr_el1").mov(X0, 0x1005).orr(X3, X3, X0).msr("sctlr_el1", X3).isb().ret()))
def use_page_tables(root: u64, attributes: u64, control: u64) -> None:
    """Set MAIR and TCR, translate by these tables, and switch the MMU and the caches on."""
    hardware()


@instructions(lambda c: c.lsr(X0, X0, 12).dsb().tlbi_vaae1(X0).dsb().isb().ret())
def forget_page(address: u64) -> None:
    """After its entry changed."""
    hardware()


@instructions(lambda c: c.daifclr(2).ret())
def enable_interrupts() -> None:
    hardware()


@instructions(lambda c: c.daifset(2).ret())
def disable_interrupts() -> None:
    hardware()


@instructions(lambda c: c.wfi().daifclr(2).isb().daifset(2).ret())
def wait_for_interrupt() -> None:
    """With interrupts disabled: one that is pending ends the wait, and is taken before this returns."""
    hardware()
