"""Processes that wait to be told what to be: what they hold, who takes them, and how they end."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from offspring import children

from bastide.kernel.interface import Ending
from bastide.kernel.linux.spawner import SpawnError, Zygote


def prepared(zygote: Zygote) -> int:
    """The process id of the one that is forked ahead, once it waits."""
    before = children().keys()
    zygote.prepare()
    select.select([zygote._control], [], [])
    pid, = children().keys() - before
    while status(pid)["Seccomp"] != ["2"]:      # the last step of its lock-down
        os.sched_yield()
    return pid


def status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_the_next_component_is_the_process_that_was_forked_ahead(zygote: Zygote, pipe: tuple[int, int]) -> None:
    pid = prepared(zygote)
    zygote.prepare()
    process = zygote.spawn("next", [pipe[1]], b'{"do": "answer", "code": 5}')
    assert process.pid == pid
    assert process.join() == Ending(5)
    process.close()
    assert os.read(pipe[0], 100) == b'"here"'
    assert pid not in children()


def test_it_is_locked_down_before_it_knows_what_it_will_be_and_holds_but_its_cradle(zygote: Zygote) -> None:
    pid = prepared(zygote)
    found = status(pid)
    assert {found[name][0] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert (found["NoNewPrivs"], found["Seccomp"]) == (["1"], ["2"])
    private = next(layer.active for layer in zygote.layers if layer.name == "private user ids")
    assert (found["Uid"][0] != str(os.getuid())) is private
    if os.getuid() == 0:        # others may not look
        held = sorted(os.readlink(f"/proc/{pid}/fd/{number}").partition("[")[0]
                      for number in os.listdir(f"/proc/{pid}/fd") if int(number) > 2)
        assert held == ["socket:"]
    zygote.dismiss()
    assert pid not in children()


def test_one_that_was_killed_while_it_waited_is_replaced(zygote: Zygote, ask: Callable[..., Any]) -> None:
    pid = prepared(zygote)
    os.kill(pid, signal.SIGKILL)
    pidfd = os.pidfd_open(pid)
    select.select([pidfd], [], [])
    os.close(pidfd)
    assert ask("answer") == "here"
    assert pid not in children()


def test_a_start_that_fails_before_it_is_told_leaves_it_to_the_next(zygote: Zygote, pipe: tuple[int, int]) -> None:
    pid = prepared(zygote)
    with pytest.raises(SpawnError, match="a descriptor to be passed is not open"):
        zygote.spawn("broken", [1 << 20], b"{}")
    process = zygote.spawn("sound", [pipe[1]], b'{"do": "answer"}')
    assert process.pid == pid
    process.join()
    process.close()


def test_it_is_of_no_use_without_the_zygote_and_ends(boot: Callable[..., Zygote]) -> None:
    before = children().keys()
    zygote = boot()
    pid = prepared(zygote)
    os.kill(zygote.pids[0], signal.SIGKILL)
    select.select([zygote.pidfd], [], [])
    with pytest.raises(SpawnError, match=r"cannot start late: the zygote has ended \(killed\)"):
        zygote.spawn("late", [], b"{}")
    zygote.close()
    assert not Path(f"/proc/{pid}").exists()
    assert children().keys() == before


@pytest.mark.parametrize("told", [True, False])
def test_closing_the_zygote_leaves_neither_process_nor_descriptor(told: bool, boot: Callable[..., Zygote]) -> None:
    before = children().keys(), os.listdir("/proc/self/fd")
    zygote = boot()
    if told:
        prepared(zygote)
    else:
        zygote.prepare()
    zygote.close()
    assert (children().keys(), os.listdir("/proc/self/fd")) == before


def test_a_component_can_write_nothing_into_its_cradle_and_core_sees_it_hang_up(
        zygote: Zygote, pipe: tuple[int, int]) -> None:
    process = zygote.spawn("writer", [pipe[1]], b'{"do": "leave_cradle"}')
    assert process.cradle is not None
    poll = select.poll()
    poll.register(process.cradle, 0)
    assert poll.poll() == [(process.cradle.fileno(), select.POLLHUP)]
    assert os.read(pipe[0], 100) == b'"BrokenPipeError"'
    assert process.join() == Ending(0)
    process.close()
