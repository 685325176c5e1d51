"""What a component can and cannot do, seen from within, with namespaces around it and without."""

from __future__ import annotations

import errno
import json
import mmap
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROBE = Path(__file__).with_name("sandbox_probe.py")

# outside, these answer EPERM too when an ordinary user makes them
PRIVILEGED = {
    "chroot", "mount", "umount2", "pivot_root", "swapon", "swapoff", "acct", "quotactl", "open_by_handle_at",
    "move_mount", "fsopen", "fsmount", "fspick", "mount_setattr", "fanotify_init", "open_tree", "setgroups", "bpf",
    "init_module", "finit_module", "delete_module", "kexec_load", "syslog", "settimeofday", "sethostname", "mlockall",
    "userfaultfd", "memfd_secret", "setpriority", "prlimit64", "landlock_restrict_self", "perf_event_open",
    "io_uring_setup", "clock_settime", "capset",
}

PRIVATE_ANONYMOUS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
SHARED_ANONYMOUS = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE


def test_no_call_that_names_or_makes_anything_succeeds(ask: Callable[..., Any]) -> None:
    result = ask("try_calls")
    assert len(result) > 150
    assert result.pop("clone3") == errno.ENOSYS
    assert {name: code for name, code in result.items() if code != errno.EPERM} == {}


def test_the_same_calls_are_not_denied_outside() -> None:
    output = subprocess.run([sys.executable, "-I", "-S", str(PROBE)], check=True, capture_output=True).stdout
    denied = {name for name, code in json.loads(output).items() if code == errno.EPERM}
    assert denied <= PRIVILEGED


def test_python_finds_no_way_out(ask: Callable[..., Any]) -> None:
    assert set(ask("try_python")) == {"PermissionError"}


def test_an_ordinary_program_does_not_notice_the_sandbox(ask: Callable[..., Any]) -> None:
    shared = os.memfd_create("dataspace")
    os.ftruncate(shared, 4096)
    assert ask("live", more=(shared,)) == {
        "threads": list(range(8)), "slept": True, "random": 16, "json": [1.5], "zlib": True,
        "thread name": "MainThread", "id": True}
    assert os.pread(shared, 5, 0) == b"hello"
    os.close(shared)


@pytest.mark.parametrize(("prot", "flags", "expected"), [
    (READ_WRITE, PRIVATE_ANONYMOUS, 0),
    (READ_WRITE, mmap.MAP_SHARED, 0),
    (READ_WRITE, SHARED_ANONYMOUS, errno.EPERM),
    (READ_WRITE | mmap.PROT_EXEC, PRIVATE_ANONYMOUS, errno.EPERM),
    (mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, errno.EPERM),
    (mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_SHARED, errno.EPERM),
])
def test_memory_is_private_or_given_and_never_code(
        ask: Callable[..., Any], prot: int, flags: int, expected: int) -> None:
    given = os.memfd_create("given")
    os.ftruncate(given, 4096)
    assert ask("map_memory", more=(given,), prot=prot, flags=flags) == expected
    mmap.mmap(-1 if flags & mmap.MAP_ANONYMOUS else given, 4096, flags, prot).close()
    os.close(given)


def test_data_cannot_be_made_code(ask: Callable[..., Any]) -> None:
    assert ask("protect_memory", prot=READ_WRITE) == 0
    assert ask("protect_memory", prot=mmap.PROT_READ | mmap.PROT_EXEC) == errno.EPERM
    assert ask("protect_memory", prot=READ_WRITE | mmap.PROT_EXEC) == errno.EPERM


def test_no_memory_is_born_writeable_and_executable(ask: Callable[..., Any]) -> None:
    assert ask("report_writeable_code") == []


def test_a_component_holds_the_descriptors_it_was_given_and_no_other(ask: Callable[..., Any]) -> None:
    assert ask("open_descriptors") == [0, 1, 2, 3, 4]
    assert ask("open_descriptors", more=(0, 0, 0)) == [0, 1, 2, 3, 4, 5, 6]


def test_modules_that_were_not_loaded_before_do_not_exist(ask: Callable[..., Any]) -> None:
    assert ask("import_module", name="ftplib") == "ModuleNotFoundError"
    assert ask("import_module", name="dataclasses") == "succeeded"


def test_a_deeply_nested_message_does_not_overflow_the_small_stacks(ask: Callable[..., Any]) -> None:
    assert ask("nest") == ["RecursionError", "RecursionError"]


def test_two_components_draw_different_random_numbers(ask: Callable[..., Any]) -> None:
    assert ask("random_numbers") != ask("random_numbers")
