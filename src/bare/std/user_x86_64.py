"""User mode of x86_64: segments, the task state that names the kernel's stack, and the entry of system calls.

For one processor. The program exports `bare_system_call(number, a, b, c, d) -> u64`, in the registers of the C
convention but rcx, for which users take r10, as `syscall` needs rcx itself. It leaves the last page below 2**47
unmapped: if a `syscall` ended there, `sysret` would fault in the kernel, on the user's stack.
"""

from __future__ import annotations

from typing import Final, Literal, NoReturn

from bare import Array, Struct, sizeof, u8, u16, u32, u64, zeroed
from bare.encode import x86_64_entry
from bare.encode.x86_64 import R10, RAX, RCX
from bare.std.board_x86_64 import TablePointer
from bare.std.cpu_x86_64 import load_gdt, load_task, read_msr, write_msr
from bare.unsafe import hardware, instructions, pointer

EFER: Final = 0xC0000080
STAR: Final = 0xC0000081                # segments of syscall and sysret
LSTAR: Final = 0xC0000082               # entry of syscall
FMASK: Final = 0xC0000084               # flags that syscall clears: AC, NT, IOPL, DF, IF, TF
GS_BASE: Final = 0xC0000101             # of the kernel now; `swapgs` exchanges it for the user's, which is 0
TASK_SELECTOR: Final = 0x28


class TaskState(Struct, packed=True):
    """Intel SDM volume 3, figure 8-11."""

    _unused: u32
    stack: u64                          # for what interrupts user mode
    _others: Array[u8, Literal[80]]
    _gap: u64
    permissions: u16                    # where a map of ports begins: behind the end, so there is none
    limit: u16


class PerProcessor(Struct):
    """What gs names in the kernel."""

    kernel_stack: u64
    user_stack: u64


task = zeroed(TaskState)
processor = zeroed(PerProcessor)
segments = zeroed(Array[u64, Literal[7]])


def start_user_mode(stack: u64) -> None:
    """Get ready for users, whose interrupts and system calls get this stack, given by its end."""
    segments[1] = u64(0x00AF9A000000FFFF)
    segments[2] = u64(0x00CF92000000FFFF)
    segments[3] = u64(0x00CFF2000000FFFF)
    segments[4] = u64(0x00AFFA000000FFFF)
    base = u64(pointer(task).address)
    limit = sizeof(TaskState) - 1
    segments[5] = limit | (base & 0xFFFFFF) << 16 | u64(0x89) << 40 | (base >> 24 & 0xFF) << 56
    segments[6] = base >> 32
    descriptor = TablePointer(u16(55), u64(pointer(segments).address))
    load_gdt(u64(pointer(descriptor).address))
    task.stack = stack
    task.limit = u16(limit + 1)
    load_task(u64(TASK_SELECTOR))
    processor.kernel_stack = stack
    write_msr(u64(GS_BASE), u64(pointer(processor).address))
    write_msr(u64(EFER), read_msr(u64(EFER)) | 1)
    write_msr(u64(STAR), u64(0x0010_0008) << 32)
    write_msr(u64(LSTAR), system_call_entry_address())
    write_msr(u64(FMASK), u64(0x47700))


@instructions(x86_64_entry.system_calls)
def system_call_entry() -> None:
    hardware()


@instructions(lambda c: c.address(RAX, system_call_entry).ret())
def system_call_entry_address() -> u64:
    hardware()


@instructions(x86_64_entry.enter_user)
def enter_user(at: u64, stack: u64, argument: u64) -> NoReturn:
    """Leave the kernel for good: it is entered by interrupts and system calls."""
    hardware()


@instructions(lambda c: c.mov(R10, RCX).syscall().ret())
def system_call(number: u64, a: u64, b: u64, c: u64, d: u64) -> u64:
    """What users call."""
    hardware()
