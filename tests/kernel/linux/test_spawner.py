"""Core's side: starting, ending, failing, and what is left behind."""

from __future__ import annotations

import errno
import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from offspring import adopting, reap

from bastide.kernel.interface import Ending, OutOfMachine
from bastide.kernel.linux import landlock, seccomp
from bastide.kernel.linux import zygote as program
from bastide.kernel.linux.spawner import Isolation, IsolationError, SpawnError, Zygote

HERE = Path(__file__).parent
SOURCE = HERE.parents[2] / "src"

# stands for core: starts components, tells their process ids, and waits to be killed
CORE = """
import json, os, sys
from bastide.kernel.linux.spawner import Isolation, Zygote
search, options = json.loads(sys.argv[1])
keep, log = os.pipe()
zygote = Zygote("sandbox_probe:entry", [], search, None, Isolation(**options), log)
alive, leash = os.pipe()
answers, theirs = os.pipe()
made = [zygote.spawn("sleeper", [theirs, alive], b'{"do": "wait"}') for _ in range(3)]
for _ in made:
    assert os.read(answers, 5) == b"ready"
layer = next(layer for layer in zygote.layers if layer.name == "namespaces")
print(json.dumps({"pids": [*zygote.pids, *[process.pid for process in made]], "active": layer.active,
                  "reason": layer.reason}), flush=True)
sys.stdin.read()
"""

# before it: deny one system call, as a container's profile would
DENY = """
from bastide.kernel.linux import privileges, seccomp, syscall
I = seccomp.Instruction
privileges.no_new_privs()
seccomp.install(seccomp.encode([I(0x20, 0, 0, 0), I(0x15, 0, 1, syscall.native().numbers[{name!r}]),
                                I(6, 0, 0, 0x50001), I(6, 0, 0, 0x7fff0000)]))
"""


def core(program: str, options: dict[str, object]) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, json.dumps([[str(SOURCE), str(HERE)], options])], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": str(SOURCE)})
    assert process.stdout is not None
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return process, answer


def last_words(log: tuple[int, int]) -> str:
    try:
        return os.read(log[0], 1 << 16).decode()
    except BlockingIOError:
        return ""


def test_the_result_of_the_entry_function_is_the_exit_code(run: Callable[..., Any]) -> None:
    running = run("answer", code=3)
    assert running.read() == '"here"'
    assert running.process.join() == Ending(3)
    assert running.process.ended() == Ending(3)


def test_a_component_that_waits_has_not_ended_and_can_be_killed(run: Callable[..., Any]) -> None:
    running = run("wait")
    assert running.read() == "ready"
    assert running.process.ended() is None
    running.process.kill()
    assert running.process.join() == Ending(-signal.SIGKILL, "killed")
    running.process.kill()


def test_a_fault_is_reported_by_the_name_of_its_signal(run: Callable[..., Any]) -> None:
    assert run("crash").process.join() == Ending(-signal.SIGSEGV, "SIGSEGV")


def test_an_uncaught_exception_is_told_to_the_log_and_exits_with_1(
        run: Callable[..., Any], log: tuple[int, int]) -> None:
    assert run("fail").process.join() == Ending(1)
    assert "LookupError: nothing to be found" in last_words(log)


def test_sys_exit_sets_the_exit_code(run: Callable[..., Any]) -> None:
    assert run("leave", status=7).process.join() == Ending(7)


def test_a_component_may_have_a_log_of_its_own(zygote: Zygote, log: tuple[int, int]) -> None:
    mine, theirs = os.pipe()
    answers, far = os.pipe()
    process = zygote.spawn("speaker", [far], b'{"do": "complain"}', log_fd=theirs)
    assert process.join() == Ending(0)
    process.close()
    assert os.read(mine, 100) == b"a last word\n"
    assert os.read(answers, 10) == b"12"
    assert last_words(log) == ""
    for number in (mine, theirs, answers, far):
        os.close(number)


def test_spawning_leaves_nothing_behind(zygote: Zygote, run: Callable[..., Any]) -> None:
    def spawn() -> int:
        answers, theirs = os.pipe()
        process = zygote.spawn("short", [theirs], b'{"do": "answer"}')
        process.join()
        process.close()
        os.close(answers)
        os.close(theirs)
        return process.pid

    spawn()
    before = os.listdir("/proc/self/fd")
    pids = [spawn() for _ in range(50)]
    assert os.listdir("/proc/self/fd") == before
    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []


def test_the_zygote_itself_keeps_no_descriptor_of_its_components(boot: Callable[..., Zygote]) -> None:
    small = boot(Isolation(nofile=32))
    answers, theirs = os.pipe()
    for _ in range(40):
        process = small.spawn("short", [theirs, theirs], b'{"do": "answer"}')
        assert process.join() == Ending(0)
        process.close()
    small.close()
    os.close(answers)
    os.close(theirs)


def test_a_bad_descriptor_is_an_error_and_harms_nobody(zygote: Zygote, ask: Callable[..., Any]) -> None:
    closed, other = os.pipe()
    os.close(closed)
    os.close(other)
    with pytest.raises(SpawnError, match=r"^cannot start broken: a descriptor to be passed is not open$"):
        zygote.spawn("broken", [closed], b"{}")
    assert ask("answer") == "here"


def test_a_core_without_descriptors_makes_no_component_that_it_could_not_end(
        zygote: Zygote, ask: Callable[..., Any]) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))
    fillers = [os.dup(0) for _ in range(highest)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(fillers) + 2, limits[1]))
    try:
        with pytest.raises(SpawnError, match="start unlucky: core has no descriptors left; raise the limit of open"):
            zygote.spawn("unlucky", [], b'{"do": "answer"}')
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for number in fillers:
            os.close(number)
    assert ask("answer") == "here"


def test_too_much_for_one_message_is_an_error(zygote: Zygote, ask: Callable[..., Any]) -> None:
    with pytest.raises(OutOfMachine, match="cannot start big: 251 descriptors and 0 bytes are to be passed"):
        zygote.spawn("big", [0] * 251, b"")
    with pytest.raises(OutOfMachine, match=r"cannot start big: 0 descriptors and 65537 bytes .* at most 250 and 65536"):
        zygote.spawn("big", [], bytes(65537))
    assert ask("answer") == "here"


def test_descriptors_that_do_not_fit_into_a_component_are_an_error(boot: Callable[..., Zygote]) -> None:
    small = boot(Isolation(nofile=32))
    with pytest.raises(SpawnError, match=r"cannot start wide: 29 descriptors and 2 bytes .*, at most 28 and"):
        small.spawn("wide", [0] * 29, b"{}")
    answers, theirs = os.pipe()
    process = small.spawn("slim", [theirs], b'{"do": "answer"}')
    assert process.join() == Ending(0)
    process.close()
    small.close()
    os.close(answers)
    os.close(theirs)


def test_the_death_of_the_zygote_is_noticed(boot: Callable[..., Zygote]) -> None:
    zygote = boot()
    assert zygote.ended() is None
    os.kill(zygote.pids[0], signal.SIGKILL)
    select.select([zygote.pidfd], [], [])
    assert zygote.ended() == Ending(-signal.SIGKILL, "killed")
    with pytest.raises(SpawnError, match=r"start late: the zygote has ended \(killed\); core has to be restarted"):
        zygote.spawn("late", [], b"{}")
    zygote.close()


def test_a_zygote_that_does_not_answer_is_ended(boot: Callable[..., Zygote]) -> None:
    zygote = boot()
    zygote._control.settimeout(0.05)
    os.kill(zygote.pids[0], signal.SIGSTOP)
    with pytest.raises(SpawnError, match=r"start slow: the zygote did not answer within 0\.05 seconds and was ended"):
        zygote.spawn("slow", [], b"{}")
    select.select([zygote.pidfd], [], [])
    assert zygote.ended() == Ending(-signal.SIGKILL, "killed")
    zygote.close()


def test_closing_the_zygote_ends_its_components(boot: Callable[..., Zygote]) -> None:
    zygote = boot()
    answers, theirs = os.pipe()
    alive, leash = os.pipe()
    process = zygote.spawn("sleeper", [theirs, alive], b'{"do": "wait"}')
    assert os.read(answers, 5) == b"ready"
    zygote.close()
    assert process.ended() == Ending(-signal.SIGKILL, "killed")
    process.close()
    for number in (answers, theirs, alive, leash):
        os.close(number)


@pytest.mark.parametrize("with_namespaces", [True, False])
def test_everything_ends_with_core(with_namespaces: bool) -> None:
    with adopting():
        process, answer = core(CORE, {"user_namespaces": with_namespaces})
        assert len(answer["pids"]) == 4 + answer["active"]
        process.kill()
        process.wait()
        reap(answer["pids"])
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()


def test_a_torn_spawn_does_not_keep_the_zygote_from_ending(boot: Callable[..., Zygote]) -> None:
    torn = boot()
    torn._control.send(program.REQUEST.pack(0, False))      # as if core had not waited for the answer
    assert torn._control.recv(64)                                       # so it exists; its pidfd is lost
    torn.close()
    assert torn.pids == ()


@pytest.mark.parametrize(("denied", "reason"), [
    ("unshare", "the host refuses them (unshare: Operation not permitted)"),
    ("mount", "the host refuses them (mount: Operation not permitted)"),
])
def test_a_host_without_namespaces_still_runs_components_and_says_so(denied: str, reason: str) -> None:
    process, answer = core(DENY.format(name=denied) + CORE, {})
    assert (answer["active"], answer["reason"]) == (False, reason)
    assert len(answer["pids"]) == 4
    process.communicate("")
    assert process.returncode == 0


def test_a_component_is_locked_down_as_the_host_sees_it(zygote: Zygote, run: Callable[..., Any]) -> None:
    running = run("wait")
    assert running.read() == "ready"
    lines = Path(f"/proc/{running.process.pid}/status").read_text().splitlines()
    status = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
    assert {status[name][0] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"], status["Name"]) == (["1"], ["2"], ["wait"])
    layers = {layer.name: layer for layer in zygote.layers}
    if layers["namespaces"].active:
        assert status["CapBnd"] == ["0" * 16]
        assert len(status["NSpid"]) == len(Path("/proc/self/status").read_text().split("NSpid:")[1]
                                           .splitlines()[0].split()) + 1
    private = layers["private user ids"].active
    assert (status["Uid"][0] != str(os.getuid())) is private
    assert len({*status["Uid"], *status["Gid"]}) == 1 or not private


def test_each_component_has_its_own_user_id_if_the_host_allows_it(zygote: Zygote, run: Callable[..., Any]) -> None:
    owners = []
    for _ in range(2):
        running = run("wait")
        assert running.read() == "ready"
        text = Path(f"/proc/{running.process.pid}/status").read_text()
        owners.append(text.split("Uid:")[1].splitlines()[0])
    private = next(layer.active for layer in zygote.layers if layer.name == "private user ids")
    assert len(set(owners)) == 1 + private


def test_a_library_becomes_importable_through_its_hook(boot: Callable[..., Zygote]) -> None:
    library = os.memfd_create("library")
    os.write(library, b"CONTENT = 1")
    zygote = boot(library_fd=library, library_hook="sandbox_probe:make_importable")
    os.close(library)
    answers, theirs = os.pipe()
    for name, outcome in (("from_library", b'"succeeded"'), ("ftplib", b'"ModuleNotFoundError"')):
        process = zygote.spawn("importer", [theirs], f'{{"do": "import_module", "name": "{name}"}}'.encode())
        assert os.read(answers, 100) == outcome
        process.join()
        process.close()
    zygote.close()
    os.close(answers)
    os.close(theirs)


def test_an_entry_that_cannot_be_imported_is_told_with_its_traceback(log: tuple[int, int]) -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(SpawnError, match=r"(?s)the zygote could not start: .*No module named 'nowhere'"):
        Zygote("nowhere:entry", [], [str(SOURCE)], None, Isolation(), log[1])
    assert os.listdir("/proc/self/fd") == before


def test_components_must_not_get_a_file_or_a_terminal_as_their_log(tmp_path: Path, boot: Callable[..., Zygote]) -> None:
    with (tmp_path / "log").open("w") as file, pytest.raises(ValueError, match="must be the write end of a pipe"):
        boot(log_fd=file.fileno())


def test_a_library_without_a_hook_is_refused(boot: Callable[..., Zygote]) -> None:
    with pytest.raises(ValueError, match="a library needs a library_hook that makes it importable"):
        boot(library_fd=0)


def test_without_landlock_nothing_starts(monkeypatch: pytest.MonkeyPatch, boot: Callable[..., Zygote]) -> None:
    def absent() -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(landlock, "abi", absent)
    with pytest.raises(IsolationError, match=r"^cannot isolate components: Landlock is not available: the kernel does "
                                             r"not offer it .*; use a kernel with CONFIG_SECURITY_LANDLOCK"):
        boot()
    waived = boot(Isolation(allow_missing=True))
    assert [layer.name for layer in waived.layers if layer.promised and not layer.active] == ["Landlock"]
    waived.close()


def test_without_seccomp_nothing_starts_whatever_is_waived(
        monkeypatch: pytest.MonkeyPatch, boot: Callable[..., Zygote]) -> None:
    def absent() -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(seccomp, "available", absent)
    with pytest.raises(IsolationError, match="seccomp is not available: the kernel refuses filters"):
        boot(Isolation(allow_missing=True))
