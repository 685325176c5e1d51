"""The filters of both architectures, evaluated by an interpreter for their instructions. Nothing is installed here."""

from __future__ import annotations

import errno
import struct

import pytest

from bastide.kernel.linux import seccomp
from bastide.kernel.linux.syscall import AARCH64, ARCHITECTURES, X86_64, Architecture

ALLOW = "allow"
KILL = "kill"

# independent of the tables in the source: asm/unistd_64.h and asm-generic/unistd.h
ALWAYS_ALLOWED = {
    "x86_64": {0, 1, 3, 5, 7, 8, 11, 12, 13, 14, 15, 17, 19, 20, 24, 35, 39, 45, 47, 60, 96, 102, 104, 107, 108, 131,
               186, 201, 219, 231, 271, 273, 309, 318, 334},
    "aarch64": {57, 62, 63, 64, 65, 66, 67, 73, 80, 93, 94, 99, 101, 124, 128, 132, 134, 135, 139, 168, 169, 172, 174,
                175, 176, 177, 178, 207, 212, 214, 215, 278, 293},
}
BY_ARGUMENT = {
    "x86_64": {"mmap": 9, "mprotect": 10, "mremap": 25, "madvise": 28, "clone": 56, "fcntl": 72, "prctl": 157,
               "futex": 202, "sched_getaffinity": 204, "clock_gettime": 228, "clock_getres": 229,
               "clock_nanosleep": 230, "membarrier": 324, "clone3": 435},
    "aarch64": {"fcntl": 25, "futex": 98, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
                "sched_getaffinity": 123, "prctl": 167, "mremap": 216, "clone": 220, "mmap": 222, "mprotect": 226,
                "madvise": 233, "membarrier": 283, "clone3": 435},
}

PROT_NONE, PROT_READ, PROT_WRITE, PROT_EXEC = 0, 1, 2, 4
SHARED, PRIVATE, SHARED_VALIDATE, DROPPABLE, FIXED, ANONYMOUS = 1, 2, 3, 8, 0x10, 0x20
GROWSDOWN, LOCKED, NORESERVE, STACK, HUGETLB = 0x100, 0x2000, 0x4000, 0x20000, 0x40000
HIGH = 1 << 40
UNUSED = 0


def run(program: seccomp.Program, audit: int, number: int, arguments: tuple[int, ...] = ()) -> str | int:
    """What the kernel does with a call: ALLOW, KILL, or the errno it fails with."""
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, audit, 0, *[value & (1 << 64) - 1 for value in padded])
    accumulator, at = 0, 0
    while True:
        code, jump_true, jump_false, value = program[at]
        at += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x05:
            at += value
        elif code in (0x15, 0x35, 0x45):
            met = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            at += jump_true if met else jump_false
        else:
            assert code == 0x06
            verdicts: dict[int, str | int] = {0x7FFF0000: ALLOW, 0x80000000: KILL}
            return verdicts[value] if value in verdicts else value - 0x00050000


both = pytest.mark.parametrize("arch", [X86_64, AARCH64], ids=lambda arch: arch.name)


def verdict(arch: Architecture, name: str, *arguments: int, profile: str = "default") -> str | int:
    return run(seccomp.program(arch, profile), arch.audit, BY_ARGUMENT[arch.name][name], arguments)


@both
def test_exactly_the_listed_calls_are_allowed_whatever_their_arguments(arch: Architecture) -> None:
    program = seccomp.program(arch)
    others = set(range(1024)) - ALWAYS_ALLOWED[arch.name] - set(BY_ARGUMENT[arch.name].values())
    for arguments in ((0,) * 6, (1,) * 6, (0xFFFFFFFFFFFFFFFF,) * 6):
        assert {run(program, arch.audit, nr, arguments) for nr in ALWAYS_ALLOWED[arch.name]} == {ALLOW}
        assert {run(program, arch.audit, nr, arguments) for nr in others} == {errno.EPERM}


@both
@pytest.mark.parametrize("profile", seccomp.PROFILES)
def test_no_profile_allows_a_call_by_number_that_another_denies(arch: Architecture, profile: str) -> None:
    program = seccomp.program(arch, profile)
    denied = {nr for nr in range(1024) if run(program, arch.audit, nr, (0xFFFFFFFF,) * 6) == errno.EPERM}
    assert denied >= set(range(1024)) - ALWAYS_ALLOWED[arch.name] - set(BY_ARGUMENT[arch.name].values())


@both
def test_a_call_of_another_architecture_kills(arch: Architecture) -> None:
    i386, arm = 0x40000003, 0x40000028
    foreign = {other.audit for other in ARCHITECTURES.values()} - {arch.audit} | {i386, arm, 0}
    program = seccomp.program(arch)
    assert {run(program, audit, nr) for audit in foreign for nr in range(512)} == {KILL}


def test_the_x32_abi_kills_and_so_do_negative_numbers() -> None:
    program = seccomp.program(X86_64)
    assert {run(program, X86_64.audit, 0x40000000 + nr) for nr in range(600)} == {KILL}
    assert run(program, X86_64.audit, -1) == KILL


def test_numbers_beyond_the_table_are_denied_on_aarch64() -> None:
    program = seccomp.program(AARCH64)
    assert {run(program, AARCH64.audit, nr) for nr in (0x40000000, 0x40000040, -1)} == {errno.EPERM}


@both
def test_clone3_is_absent_so_that_c_libraries_fall_back_to_clone(arch: Architecture) -> None:
    assert verdict(arch, "clone3", 0, 88) == errno.ENOSYS


@both
def test_clone_makes_threads_exactly_as_c_libraries_do_and_nothing_else(arch: Architecture) -> None:
    assert verdict(arch, "clone", 0x3D0F00) == ALLOW
    assert verdict(arch, "clone", 0x7D0F00) == ALLOW
    sigchld, vfork, new_user, parent = 17, 0x4000, 0x10000000, 0x8000
    for flags in (0, sigchld, vfork | sigchld, 0x3D0F00 & ~0x10000, 0x3D0F00 | new_user, 0x3D0F00 | parent,
                  0x3D0F00 | sigchld, 0x3D0F00 & ~0x800, 0xFFFFFFFF):
        assert verdict(arch, "clone", flags) == errno.EPERM


@both
def test_memory_can_be_private_or_a_mapping_of_what_core_gave(arch: Architecture) -> None:
    for prot in (PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE):
        for flags in (PRIVATE | ANONYMOUS, PRIVATE | ANONYMOUS | STACK, PRIVATE | ANONYMOUS | NORESERVE,
                      PRIVATE | ANONYMOUS | FIXED, SHARED, PRIVATE):
            assert verdict(arch, "mmap", 0, 4096, prot, flags) == ALLOW


@both
@pytest.mark.parametrize("profile", seccomp.PROFILES)
def test_memory_that_escapes_its_limit_is_denied(arch: Architecture, profile: str) -> None:
    for flags in (SHARED | ANONYMOUS, SHARED | ANONYMOUS | NORESERVE, SHARED_VALIDATE | ANONYMOUS,
                  PRIVATE | ANONYMOUS | GROWSDOWN, PRIVATE | ANONYMOUS | HUGETLB, PRIVATE | ANONYMOUS | LOCKED,
                  DROPPABLE | ANONYMOUS):
        for prot in (PROT_NONE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC):
            assert verdict(arch, "mmap", 0, 4096, prot, flags, profile=profile) == errno.EPERM


@both
def test_memory_never_becomes_executable(arch: Architecture) -> None:
    for extra in (0, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE):
        for flags in (PRIVATE, SHARED, PRIVATE | ANONYMOUS):
            assert verdict(arch, "mmap", 0, 4096, PROT_EXEC | extra, flags) == errno.EPERM
        for profile in seccomp.PROFILES:
            assert verdict(arch, "mprotect", 0, 4096, PROT_EXEC | extra, profile=profile) == errno.EPERM
    assert verdict(arch, "mprotect", 0, 4096, PROT_READ | PROT_WRITE) == ALLOW
    grows_down = 0x01000000
    assert verdict(arch, "mprotect", 0, 4096, PROT_READ | grows_down) == errno.EPERM


@both
def test_the_native_profile_adds_executable_private_mappings_of_files_only(arch: Architecture) -> None:
    def mmap(prot: int, flags: int) -> str | int:
        return verdict(arch, "mmap", 0, 4096, prot, flags, profile="native")

    assert mmap(PROT_READ | PROT_EXEC, PRIVATE) == mmap(PROT_READ | PROT_EXEC, PRIVATE | FIXED) == ALLOW
    assert mmap(PROT_READ | PROT_WRITE, PRIVATE | ANONYMOUS) == ALLOW
    assert mmap(PROT_READ | PROT_WRITE | PROT_EXEC, PRIVATE) == errno.EPERM
    assert mmap(PROT_READ | PROT_EXEC, SHARED) == errno.EPERM
    assert mmap(PROT_READ | PROT_EXEC, PRIVATE | ANONYMOUS) == errno.EPERM


@both
def test_commands_and_flags_are_allowed_one_by_one(arch: Architecture) -> None:
    allowed = {
        "fcntl": (1, {1, 2, 3, 1030}),
        "madvise": (2, {0, 1, 3, 4, 8, 15, 16, 102, 103}),
        "prctl": (0, {15}),
        "membarrier": (0, {0, 8, 16}),
        "clock_gettime": (0, set(range(12))),
        "clock_getres": (0, set(range(12))),
        "clock_nanosleep": (0, set(range(12))),
        "sched_getaffinity": (0, {0}),
        "mremap": (3, {0, 1, 2, 3}),
    }
    for name, (position, values) in allowed.items():
        for value in (*range(1200), -1, -2, 1 << 31, 0x53564D41):
            arguments = [UNUSED] * position + [value]
            expected = ALLOW if value in values else errno.EPERM
            assert verdict(arch, name, *arguments) == expected, (name, value)


@both
def test_futexes_wait_and_wake_but_inherit_no_priorities(arch: Architecture) -> None:
    for command in range(32):
        expected = ALLOW if command in {0, 1, 3, 4, 5, 9, 10} else errno.EPERM
        for flags in (0, 0x80, 0x100, 0x180):
            assert verdict(arch, "futex", 0, command | flags) == expected


@both
def test_high_halves_that_the_kernel_ignores_change_nothing(arch: Architecture) -> None:
    assert verdict(arch, "fcntl", 0, HIGH | 4) == errno.EPERM
    assert verdict(arch, "mprotect", 0, 4096, HIGH | PROT_EXEC) == errno.EPERM
    assert verdict(arch, "clone", HIGH | 17) == errno.EPERM


@both
@pytest.mark.parametrize("profile", seccomp.PROFILES)
def test_every_jump_lands_inside_and_fits_its_field(arch: Architecture, profile: str) -> None:
    program = seccomp.program(arch, profile)
    for at, (code, jump_true, jump_false, value) in enumerate(program):
        assert max(jump_true, jump_false) <= 255
        reach = value if code == 0x05 else max(jump_true, jump_false)
        assert at + 1 + reach < len(program) or code == 0x06
    assert len(seccomp.encode(program)) == 8 * len(program) <= 8 * 4096


def test_an_unknown_profile_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="unknown isolation profile 'open': the profiles are default, native"):
        seccomp.program(X86_64, "open")
