"""The command `run`, as people use it: real processes, real signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from offspring import adopting, children, reap, reap_all_but
from ordinary_user import interpreter_for_all

from bastide.tool.checkout import CHECKOUT

SECONDS = 60
"""Until a run that hangs is a failure."""


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Whatever a run leaves behind becomes a child of this process, and fails the test."""
    with adopting():
        before = children().keys()
        yield
        left = {pid: name for pid, name in children().items() if pid not in before}
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        reap(left)
    assert not left


def test_hello_shows_its_greeting_and_succeeds() -> None:
    done = _run("hello")
    assert done.returncode == 0, done.stderr
    assert "[init -> hello_client] 2 + 5 = 7\n" in done.stdout
    assert "[init -> hello_polite] 3 + 4 = 7\n" in done.stdout
    assert done.stdout.rstrip().rpartition("\n")[2].startswith("hello: ok after ")


def test_log_keeps_a_component_from_driving_the_terminal() -> None:
    done = _run("log")
    assert done.returncode == 0, done.stderr
    assert "[init] an escape \\x1b[2J that must not clear the screen\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_output_is_one_object_per_line() -> None:
    lines = [json.loads(line) for line in _run("hello", "--json").stdout.splitlines()]
    assert {"label": "init -> hello_client", "text": "2 + 5 = 7"} in lines


def test_hello_runs_without_namespaces() -> None:
    assert _run("hello", "--no-namespaces").returncode == 0


def test_hello_runs_without_privileges() -> None:
    with tempfile.TemporaryDirectory() as folder:       # which everybody may read, unlike a checkout
        for part in ("src/bastide", "scenarios/hello"):
            shutil.copytree(CHECKOUT / part, Path(folder) / part, ignore=shutil.ignore_patterns("__pycache__"))
        os.chmod(folder, 0o755)
        others = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run([interpreter_for_all(), "-m", "bastide.tool.main", "run", "hello"], cwd=folder,
                              env={"PYTHONPATH": "src"}, capture_output=True, text=True, timeout=SECONDS,
                              **others)  # type: ignore[call-overload]  # user, group: as Popen takes them
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_name_with_a_typo_gets_the_closest_one() -> None:
    done = _run("helo")
    assert done.returncode == 2
    assert "no scenario 'helo'" in done.stderr and "did you mean 'hello'?" in done.stderr


def test_without_a_name_the_scenarios_are_listed() -> None:
    done = _run()
    assert done.returncode == 2
    assert "which scenario? There are: hello" in done.stderr


def test_a_missing_binary_is_named_with_its_place(tmp_path: Path) -> None:
    done = _run(_changed(tmp_path, "rom hello_client", "rom hello_clent"))
    assert done.returncode == 2
    assert ":9:3: no ROM module 'hello_clent'" in done.stderr and "did you mean 'hello_client'?" in done.stderr


def test_a_route_that_leads_nowhere_is_explained_in_the_log(tmp_path: Path) -> None:
    done = _run(_changed(tmp_path, "child hello_server", "child hello_servr",
                         "+ succeed\n", '+ fail\n  : *child "hello_client" exited\n+ succeed\n'))
    assert done.returncode == 1
    # a long line arrives in parts, so the text is looked for without line ends
    log = done.stdout.replace("\n[init] ", "")
    assert '"hello_client" asks for service "Hello" with label "hello_client -> "' in log
    assert 'there is no child "hello_servr"' in log
    assert ": failed after" in done.stdout


def test_a_system_with_too_little_ram_says_what_is_needed() -> None:
    done = _run("hello", "--ram", "1M")
    assert done.returncode == 2
    assert "init is to have 64M of RAM and 1000 capabilities, but core has only 800K" in done.stderr


def test_a_component_that_faults_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    component = tmp_path / "components" / "crash"
    component.mkdir(parents=True)
    (component / "main.py").write_text("import ctypes\ndef construct(env):\n    ctypes.string_at(8)\n")
    scenario = _changed(tmp_path, "+ rom hello_client", "+ rom hello_client\n  + rom crash",
                        "  + start hello_polite", "  + start crash | + route | + any-service | + parent\n\n"
                                                  "  + start hello_polite")
    done = _run(scenario)
    assert done.returncode == 0, done.stdout
    assert 'child "crash" faulted: SIGSEGV' in done.stdout


def test_a_run_says_so_if_its_top_component_faults(tmp_path: Path) -> None:
    component = tmp_path / "components" / "crash"
    component.mkdir(parents=True)
    (component / "main.py").write_text("import ctypes\ndef construct(env):\n    ctypes.string_at(8)\n")
    (tmp_path / "runtime").write_text("runtime | ram: 32M | caps: 500 | binary: crash\n-\n")
    done = _run(str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "error: 'init' ended: SIGSEGV; the run can't go on without it"


@pytest.mark.parametrize(("wanted", "code", "verdict", "reason"), [
    (0, 0, "ok", "(exit); exit value 0"), (3, 1, "failed", "(exit); no criterion mentions the exit value 0")])
def test_the_last_line_says_how_an_exit_was_judged(wanted: int, code: int, verdict: str, reason: str, tmp_path: Path
                                                   ) -> None:
    (tmp_path / "runtime").write_text("runtime | ram: 16M | caps: 300 | binary: test_log\n"
                                      f"+ succeed | exit: {wanted}\n+ fail | after_seconds: 20\n-\n")
    done = _run(str(tmp_path))
    assert done.returncode == code
    last = done.stdout.splitlines()[-1]
    assert f": {verdict} after " in last and last.endswith(reason)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_at_once_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(_command(_endless(tmp_path)), stdout=subprocess.PIPE, text=True) as run:
        _wait_for(run, "assigned to init")
        run.send_signal(number)
        rest, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 130
    assert "interrupted" in rest


def test_a_killed_run_takes_its_components_with_it(tmp_path: Path) -> None:
    before = children().keys()
    with subprocess.Popen(_command(_endless(tmp_path)), stdout=subprocess.PIPE, text=True) as run:
        _wait_for(run, "I am here")
        run.kill()
        run.wait(SECONDS)
    reap_all_but(before)                # they are this process's children now, and the kernel ends them all


def test_a_run_that_is_interrupted_again_and_again_while_it_starts_ends_and_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(_command(_endless(tmp_path)), stdout=subprocess.PIPE, text=True) as run:
        _wait_for(run, "assigned to init")
        while run.poll() is None:
            run.send_signal(signal.SIGINT)
    assert run.returncode == 130


@pytest.mark.parametrize(("arguments", "complaint"), [
    (("--ram", "nonsense"), "argument --ram: 'nonsense' is no number of bytes such as 4096, 0x1000, 16K, 2M or 1G"),
    (("--caps", "many"), "argument --caps: 'many' is no number of capabilities such as 5000"),
    (("--caps", "-3"), "argument --caps: '-3' is no number of capabilities such as 5000")])
def test_a_wrong_amount_is_refused_with_an_example(arguments: tuple[str, ...], complaint: str) -> None:
    done = _run("hello", *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_folder_or_a_pipe_instead_of_a_scenario_is_named_as_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    folder, pipe = _run(str(tmp_path)), _run(str(tmp_path / "pipe"))
    assert (folder.returncode, pipe.returncode) == (2, 2)
    assert f"'{tmp_path}' is a folder without a file 'runtime'" in folder.stderr
    assert f"'{tmp_path}/pipe' is no regular file" in pipe.stderr


def test_a_name_cannot_drive_the_terminal_nor_fill_it() -> None:
    done = _run("a\x1b[2J" + "b" * 5000)
    assert done.returncode == 2
    assert "no scenario 'a\\x1b[2Jbbb" in done.stderr and "b…'" in done.stderr
    assert len(done.stderr) < 1000


def test_a_binary_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("to do")
    (tmp_path / "runtime").write_text("runtime | ram: 32M | caps: 500 | binary: notes\n-\n")
    done = _run(str(tmp_path))
    assert done.returncode == 2
    assert "binary: the ROM module 'notes' is no component" in done.stderr


def test_a_run_whose_log_cannot_be_written_goes_on_and_is_no_success() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(_command("hello"), stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS)
    assert done.returncode == 1
    assert done.stderr == ("bastide run: the log is incomplete, for it can't be written: No space left on device; "
                           "that counts as a failure, although the scenario succeeded\n")


def test_a_scenario_that_failed_has_failed_whether_its_log_can_be_written_or_not(tmp_path: Path) -> None:
    (tmp_path / "runtime").write_text((CHECKOUT / "scenarios/hello/runtime").read_text().replace("+ succeed", "+ fail"))
    with open("/dev/full", "w") as full:
        done = subprocess.run(_command(str(tmp_path)), stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS)
    assert done.returncode == 1
    assert done.stderr == "bastide run: the log is incomplete, for it can't be written: No space left on device\n"


def test_a_reader_who_has_seen_enough_is_no_failure() -> None:
    run = subprocess.Popen(_command("hello"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.close()
    _, errors = run.communicate(timeout=SECONDS)
    assert (run.returncode, errors) == (0, b"")


def test_a_run_without_standard_streams_does_its_work() -> None:
    command = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', *_command("hello")]
    assert subprocess.run(command, timeout=SECONDS).returncode == 0


POLITE = ("config\n+ parent-provides\n  + service ROM\n  + service CPU\n  + service PD\n  + service LOG\n"
          "  + service Timer\n+ default | ram: 4M | caps: 100\n"
          "+ default-route\n  + any-service\n    + parent\n    + any-child\n"
          "+ start hello_server | + provides | + service Hello\n+ start hello_polite\n-\n")


@pytest.mark.parametrize("apart", [False, True])
def test_a_scenario_that_requires_a_timer_gets_one(apart: bool, tmp_path: Path) -> None:
    """Wherever its config stands: in the scenario, or in a ROM module."""
    runtime = "runtime | ram: 32M | caps: 500 | binary: init"
    content = "+ requires | + timer\n+ content\n  + rom init\n  + rom hello_server\n  + rom hello_polite\n"
    criteria = "+ succeed\n  : [hello_polite] 3 + 4 = 7\n+ fail | after_seconds: 20\n-\n"
    scenario = tmp_path / "runtime"
    if apart:
        (tmp_path / "town").write_text(POLITE)
        scenario.write_text(f"{runtime} | config: town\n{content}{criteria}")
    else:
        inline = "".join(f"  {line}\n" for line in POLITE.splitlines()[1:-1])
        scenario.write_text(f"{runtime}\n{content}+ config\n{inline}{criteria}")
    done = _run(str(scenario))
    assert done.returncode == 0, done.stdout + done.stderr


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(*arguments), capture_output=True, text=True, timeout=SECONDS, cwd=CHECKOUT)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c",
            f"import sys; sys.path.insert(0, {str(CHECKOUT / 'src')!r}); "
            "from bastide.tool.main import main; sys.exit(main(sys.argv[1:]))", "run", *arguments]


def _changed(folder: Path, *replacements: str) -> str:
    text = (CHECKOUT / "scenarios" / "hello" / "runtime").read_text()
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    path = folder / "runtime"
    path.write_text(text)
    return str(path)


def _endless(folder: Path) -> str:
    return _changed(folder, "\n+ fail | after_seconds: 20", "", "+ succeed\n", "", "  : [hello_client] 2 + 5 = 7\n", "",
                    "  : [hello_polite] 3 + 4 = 7", "")


def _wait_for(run: subprocess.Popen[str], text: str) -> None:
    assert run.stdout is not None
    for line in run.stdout:
        if text in line:
            return
    raise AssertionError(f"the run ended before it said '{text}'")
