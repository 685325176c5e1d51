"""x86_64: privileged instructions, interrupt entries and the switch between stacks, as functions.

All numbers are u64, as machine code does not care for narrower ones. Two functions are the program's: `bare_interrupt`
gets the frame of what was interrupted, and goes back there when it returns; `bare_thread` is where new stacks begin.
"""

from __future__ import annotations

from typing import Final, NoReturn

from bare import Slice, Struct, len, u64
from bare.encode import x86_64_entry
from bare.encode.x86_64 import AL, AX, CR2, CR3, EAX, RAX, RBP, RBX, RCX, RDI, RDX, RSI, at
from bare.unsafe import elements, hardware, instructions

VECTORS: Final = 48
ENTRY_SIZE: Final = 16                  # of one vector's entry
# A frame has two words: the caller's frame pointer, and the return address behind it. Here, the pointer is to them.
FRAME_BELOW: Final = 0                  # how far the two are below what the frame pointer has


class Frame(Struct):
    """The processor's state when it was interrupted."""

    r15: u64
    r14: u64
    r13: u64
    r12: u64
    r11: u64
    r10: u64
    r9: u64
    r8: u64
    rdi: u64
    rsi: u64
    rbp: u64
    rbx: u64
    rdx: u64
    rcx: u64
    rax: u64
    vector: u64
    error: u64
    rip: u64
    cs: u64
    rflags: u64
    rsp: u64
    ss: u64

    def pc(self) -> u64:
        return self.rip

    def frame_pointer(self) -> u64:
        return self.rbp


class Context(Struct):
    """A stack that somebody will go on with."""

    stack: u64


def prepare(context: Context, stack: Slice[u64], argument: u64) -> None:
    """Make a context that begins in `bare_thread(argument)`. The stack is aligned to 16 bytes."""
    top = len(stack) // 2 * 2 - 7       # what `switch` takes: r15, r14, r13, r12, rbp, rbx, return address
    stack[top + 4] = u64(0)
    stack[top + 5] = argument
    stack[top + 6] = _begin_address()
    context.stack = u64(elements(stack).address) + top * 8


@instructions(x86_64_entry.interrupts)
def interrupt_entries() -> None:
    """The entries of all vectors, ENTRY_SIZE apart."""
    hardware()


@instructions(lambda c: c.address(RAX, interrupt_entries).ret())
def interrupt_entries_address() -> u64:
    hardware()


@instructions(x86_64_entry.switch)
def switch(leave: Context, enter: Context) -> None:
    """Leave this stack, and go on where the other was left."""
    hardware()


@instructions(lambda c: c.mov(RDI, RBX).call("bare_thread").ud2())
def _begin() -> None:
    hardware()


@instructions(lambda c: c.address(RAX, _begin).ret())
def _begin_address() -> u64:
    hardware()


@instructions(lambda c: c.mov(RAX, RBP).ret())
def frame_pointer() -> u64:
    """Of the function that calls."""
    hardware()


@instructions(lambda c: c.address(RAX, "bare_image_start").ret())
def image_start() -> u64:
    hardware()


@instructions(lambda c: c.address(RAX, "bare_text_end").ret())
def text_end() -> u64:
    """Where code ends, and what can only be read begins."""
    hardware()


@instructions(lambda c: c.address(RAX, "bare_data_start").ret())
def data_start() -> u64:
    """Where what can be written begins: stacks, too."""
    hardware()


@instructions(lambda c: c.address(RAX, "bare_data_end").ret())
def data_end() -> u64:
    hardware()


@instructions(lambda c: c.address(RAX, "bare_lines").ret())
def line_table() -> u64:
    hardware()


@instructions(lambda c: c.jmp("bare_power_off"))
def power_off(status: u64) -> NoReturn:
    """End the machine, with a status from 0 to 126."""
    hardware()


@instructions(lambda c: c.mov(RDX, RDI).mov(RAX, RSI).out(AL).ret())
def out8(port: u64, value: u64) -> None:
    hardware()


@instructions(lambda c: c.mov(RDX, RDI).xor(EAX, EAX).in_(AL).ret())
def in8(port: u64) -> u64:
    hardware()


@instructions(lambda c: c.mov(RCX, RDI).rdmsr().shl(RDX, 32).or_(RAX, RDX).ret())
def read_msr(number: u64) -> u64:
    hardware()


@instructions(lambda c: c.mov(RCX, RDI).mov(RAX, RSI).mov(RDX, RSI).shr(RDX, 32).wrmsr().ret())
def write_msr(number: u64, value: u64) -> None:
    hardware()


@instructions(lambda c: c.mov(RAX, CR2).ret())
def fault_address() -> u64:
    hardware()


@instructions(lambda c: c.mov(CR3, RDI).ret())
def use_page_tables(root: u64) -> None:
    """Translate by other tables from now on."""
    hardware()


@instructions(lambda c: c.invlpg(at(RDI)).ret())
def forget_page(address: u64) -> None:
    """After its entry changed."""
    hardware()


@instructions(lambda c: c.lidt(at(RDI)).ret())
def load_idt(descriptor: u64) -> None:
    """From the address of limit (u16) and base (u64)."""
    hardware()


@instructions(lambda c: c.lgdt(at(RDI)).ret())
def load_gdt(descriptor: u64) -> None:
    """From the address of limit (u16) and base (u64). Segment registers keep what they have."""
    hardware()


@instructions(lambda c: c.mov(RAX, RDI).ltr(AX).ret())
def load_task(selector: u64) -> None:
    hardware()


@instructions(lambda c: c.int3().ret())
def breakpoint() -> None:
    hardware()


@instructions(lambda c: c.rdtsc().shl(RDX, 32).or_(RAX, RDX).ret())
def time_stamp() -> u64:
    hardware()


@instructions(lambda c: c.sti().ret())
def enable_interrupts() -> None:
    hardware()


@instructions(lambda c: c.cli().ret())
def disable_interrupts() -> None:
    hardware()


@instructions(lambda c: c.sti().hlt().cli().ret())
def wait_for_interrupt() -> None:
    """Enables interrupts until one was taken: none gets lost between a look at the state and the wait."""
    hardware()
