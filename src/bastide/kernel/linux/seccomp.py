"""The system call filter of components: what it allows, how it becomes a program, and how it is installed.

Generating is a pure function of the architecture and the profile, so that the tests can evaluate the filters of both
architectures anywhere. This filter must hold alone, with no namespaces and no Landlock around it.

What a component may do is: use the descriptors that core gave it, use memory, run threads, sleep. It cannot make a
descriptor for anything new, name anything (no path, no process, no address), or send a descriptor to anybody. Where a
call takes a command or flags, the known good values are listed. Everything else fails with EPERM, so that an attempt
shows up as PermissionError where it was made. A call of another ABI ends the process.

Beside each call stands what keeps it from reaching others. Whoever adds one asks: can it be used on a descriptor that
others hold, too? Does it take memory that nobody counts? Does it name something? And adds attacks to `tests/attacks`.

Arguments are compared by their lower 32 bits where the kernel itself looks at no more (int arguments, and the flag
words of mmap, mprotect, mremap and clone, whose defined bits all lie there).
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bastide.kernel.linux import syscall
from bastide.kernel.linux.syscall import Architecture, call

PROFILES = ("default", "native")
"""`native` adds executable private mappings of files, for components with machine code of their own."""

# linux/seccomp.h
RET_KILL_PROCESS = 0x80000000
RET_ERRNO = 0x00050000
RET_ALLOW = 0x7FFF0000
SET_MODE_FILTER = 1
GET_ACTION_AVAIL = 2

# linux/bpf_common.h
LOAD = 0x20         # BPF_LD | BPF_W | BPF_ABS
AND = 0x54          # BPF_ALU | BPF_AND | BPF_K
JUMP = 0x05         # BPF_JMP | BPF_JA
JUMP_EQUAL = 0x15   # BPF_JMP | BPF_JEQ | BPF_K
JUMP_GREATER_EQUAL = 0x35
JUMP_ANY_BIT = 0x45
RETURN = 0x06
CONDITIONAL_REACH = 255

# struct seccomp_data
NUMBER_OFFSET = 0
ARCHITECTURE_OFFSET = 4
ARGUMENTS_OFFSET = 16


class Instruction(NamedTuple):
    """struct sock_filter: jumps are relative to the next instruction."""

    code: int
    jump_true: int
    jump_false: int
    value: int


Program = tuple[Instruction, ...]

PLAIN = (
    # Descriptors. What can be written to: doorbells and replies, pipes that block nobody but the writer, since each
    # holder has an open file of his own; and dataspaces, which are mapped, for RLIMIT_FSIZE lets no write be.
    "read", "write", "readv", "writev", "pread64", "close", "fstat", "recvmsg", "recvfrom", "poll", "ppoll",
    # The position is shared by all who were given the same dataspace, and nobody goes by it.
    "lseek",
    # Memory. RLIMIT_DATA counts what `brk` adds; pieces of a mapping grow no more than the whole (`stack.py`).
    "munmap", "brk",
    # Threads. When one ends, the kernel writes to words of its robust list: where the thread could have written.
    "set_robust_list", "rseq", "exit", "exit_group", "sched_yield", "getcpu", "restart_syscall",
    # Signals that the process causes itself: faults. Nobody can send one.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
    # Who it is, what time it is.
    "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid",
    "nanosleep", "gettimeofday", "time", "getrandom",
)

# asm-generic/mman-common.h, linux/mman.h
PROT_READ = 0x1
PROT_READ_WRITE = 0x3
PROT_EXEC = 0x4
MAP_SHARED = 0x01
MAP_ANONYMOUS = 0x20
MAP_HARMLESS = 0x12C833
"""SHARED PRIVATE FIXED ANONYMOUS DENYWRITE NORESERVE POPULATE STACK FIXED_NOREPLACE; so neither GROWSDOWN, LOCKED,
HUGETLB (a pool of the whole host) nor DROPPABLE."""


def program(architecture: Architecture, profile: str = "default") -> Program:
    """The filter of a component."""
    if profile not in PROFILES:
        raise ValueError(f"unknown isolation profile {profile!r}: the profiles are {', '.join(PROFILES)}")
    numbers = architecture.numbers
    hot = ("read", "write")
    cases = {numbers[name]: _ALLOW for name in PLAIN if name in numbers}
    cases |= {numbers[name]: body for name, body in _checked(profile).items()}
    result = [_load(ARCHITECTURE_OFFSET), *_if_equal(architecture.audit, (), _KILL), _load(NUMBER_OFFSET)]
    for name in hot:
        result += _if_equal(numbers[name], _ALLOW, ())
    if architecture.aliased_from is not None:
        result += [Instruction(JUMP_GREATER_EQUAL, 0, len(_KILL), architecture.aliased_from), *_KILL]
    return (*result, *_select(_intervals(cases)))


def encode(instructions: Iterable[Instruction]) -> bytes:
    """The program as the kernel takes it."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def install(encoded: bytes) -> None:
    """Filter every further call of this thread and of all it starts. There is no way back. Needs no_new_privs."""
    if prepared(encoded)() == -1:
        raise syscall.failure("seccomp")


def prepared(encoded: bytes) -> Callable[[], int]:
    """`install`, as a prepared system call."""
    buffer = ctypes.create_string_buffer(encoded, len(encoded))
    header = struct.pack("@HP", len(encoded) // 8, ctypes.addressof(buffer))
    install = syscall.prepared("seccomp", SET_MODE_FILTER, 0, header)
    install.keep = buffer  # type: ignore[attr-defined]
    return install


def available() -> None:
    """Raise OSError if this kernel cannot do what `install` needs."""
    call("seccomp", GET_ACTION_AVAIL, 0, struct.pack("=I", RET_KILL_PROCESS))


def _checked(profile: str) -> dict[str, Program]:
    """The calls whose arguments decide."""
    return {
        "mmap": _mmap(profile),
        "mprotect": _only_bits(2, PROT_READ_WRITE),         # so no GROWSDOWN
        "mremap": _only_bits(3, 0x3),                       # MAYMOVE, FIXED; what grows counts as data if it did before
        # NORMAL RANDOM WILLNEED DONTNEED FREE NOHUGEPAGE DONTDUMP GUARD_INSTALL GUARD_REMOVE: the guard pages are how
        # newer C libraries protect thread stacks. Not REMOVE, which empties what others share; not HUGEPAGE, by which
        # some hosts would spend 2 MiB on a dataspace of one page; not MERGEABLE, which tells what others have
        "madvise": _one_of(2, (0, 1, 3, 4, 8, 15, 16, 102, 103)),
        # GETFD SETFD GETFL DUPFD_CLOEXEC. The others change the open file for all who hold it, or have the kernel send
        # signals about it
        "fcntl": _one_of(1, (1, 2, 3, 1030)),
        # WAIT WAKE REQUEUE CMP_REQUEUE WAKE_OP WAIT_BITSET WAKE_BITSET, with PRIVATE and CLOCK_REALTIME or without. Not
        # those that lend priority
        "futex": _one_of(1, (0, 1, 3, 4, 5, 9, 10), ignore=0x180),
        "clone": _one_of(0, (0x003D0F00, 0x007D0F00)),      # what pthread_create of glibc and of musl pass
        "clone3": _ABSENT,                                  # its flags are out of reach: C libraries fall back to clone
        "prctl": _one_of(0, (15,)),                         # PR_SET_NAME
        "sched_getaffinity": _one_of(0, (0,)),              # of the caller only
        # clocks 0..11; the numbers beyond mean other processes' clocks and clock devices
        "clock_gettime": _below(0, 12),
        "clock_getres": _below(0, 12),
        "clock_nanosleep": _below(0, 12),
        "membarrier": _one_of(0, (0, 8, 16)),               # QUERY, and PRIVATE_EXPEDITED with its REGISTER
    }


def _mmap(profile: str) -> Program:
    """Private memory, and mappings of what core gave: protection in argument 2, flags in argument 3.

    Shared anonymous memory is counted by no limit, and could not be taken back.
    """
    shared_anonymous = MAP_SHARED | MAP_ANONYMOUS
    data = _only_bits(2, PROT_READ_WRITE, _only_bits(3, MAP_HARMLESS, (
        _load_argument(3), _and(shared_anonymous), *_if_equal(shared_anonymous, _DENY, _ALLOW))))
    if profile != "native":
        return data
    code = _only_bits(2, PROT_READ | PROT_EXEC, _only_bits(3, MAP_HARMLESS, (
        _load_argument(3), _and(shared_anonymous), *_if_equal(0, _ALLOW, _DENY))))
    return (_load_argument(2), Instruction(JUMP_ANY_BIT, 0, len(code), PROT_EXEC), *code, *data)


def _intervals(cases: Mapping[int, Program]) -> list[tuple[int, Program]]:
    """The numbers from 0 on, cut where the body changes: (first number, body). Numbers without a case are denied."""
    result: list[tuple[int, Program]] = [(0, _DENY)]
    for number, body in sorted(cases.items()):
        if result[-1][0] == number:
            result.pop()
        if not result or result[-1][1] != body:
            result.append((number, body))
        result.append((number + 1, _DENY))
    return result


def _select(intervals: list[tuple[int, Program]]) -> Program:
    """Find the body for the number in the accumulator, by bisection."""
    if len(intervals) == 1:
        return intervals[0][1]
    middle = len(intervals) // 2
    below, above = _select(intervals[:middle]), _select(intervals[middle:])
    if len(below) <= CONDITIONAL_REACH:
        return (Instruction(JUMP_GREATER_EQUAL, len(below), 0, intervals[middle][0]), *below, *above)
    return (Instruction(JUMP_GREATER_EQUAL, 0, 1, intervals[middle][0]), Instruction(JUMP, 0, 0, len(below)),
            *below, *above)


def _if_equal(value: int, then: Program, otherwise: Program) -> Program:
    """Go on with `then` or `otherwise`; one that is empty, or does not return, falls through to what follows."""
    if not then:
        return (Instruction(JUMP_EQUAL, len(otherwise), 0, value), *otherwise)
    return (Instruction(JUMP_EQUAL, 0, len(then), value), *then, *otherwise)


def _only_bits(argument: int, bits: int, then: Program | None = None) -> Program:
    """Deny if `argument` has any bit beyond `bits`."""
    return (_load_argument(argument), Instruction(JUMP_ANY_BIT, 0, len(_DENY), ~bits & 0xFFFFFFFF), *_DENY,
            *(_ALLOW if then is None else then))


def _one_of(argument: int, values: Iterable[int], ignore: int = 0) -> Program:
    """Allow if `argument`, without the bits in `ignore`, is one of `values`."""
    tests: Program = ()
    for value in values:
        tests += _if_equal(value, _ALLOW, ())
    return (_load_argument(argument), _and(~ignore & 0xFFFFFFFF), *tests, *_DENY)


def _below(argument: int, limit: int) -> Program:
    """Allow if `argument`, unsigned, is below `limit`."""
    return (_load_argument(argument), Instruction(JUMP_GREATER_EQUAL, 0, len(_DENY), limit), *_DENY, *_ALLOW)


def _load(offset: int) -> Instruction:
    return Instruction(LOAD, 0, 0, offset)


def _load_argument(index: int) -> Instruction:
    """The lower half of an argument, on little-endian machines."""
    return _load(ARGUMENTS_OFFSET + 8 * index)


def _and(mask: int) -> Instruction:
    return Instruction(AND, 0, 0, mask)


def _return(verdict: int) -> Program:
    return (Instruction(RETURN, 0, 0, verdict),)


_ALLOW = _return(RET_ALLOW)
_DENY = _return(RET_ERRNO | errno.EPERM)
_ABSENT = _return(RET_ERRNO | errno.ENOSYS)
_KILL = _return(RET_KILL_PROCESS)
