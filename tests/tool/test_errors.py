"""What an impatient user does, and the answer in one line: what is wrong, and what to do about it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 60


def bastide(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bastide.tool.main", *words], cwd=folder, capture_output=True,
                          text=True, timeout=SECONDS)


@pytest.mark.parametrize(("words", "answer"), [
    ("rnu hello", "there is no command 'rnu'; did you mean 'run'?"),
    ("run helo", "no scenario 'helo'.*did you mean 'hello'"),
    ("run hello --recrod x", "there is no option '--recrod'; did you mean '--record'?"),
    ("run hello again", "'again' is one argument too many"),
    ("run hello --ram lots", "'lots' is no number of bytes such as 4096, 0x1000, 16K, 2M or 1G"),
    ("run hello --ram 100M --caps many", "'many' is no number of capabilities such as 5000"),
    ("run hello --ram 1M", "init is to have 64M of RAM and 1000 capabilities, but core has only 800K"),
    ("run hello --caps 10", "init is to have 64M of RAM and 1000 capabilities, .*; give the system more"),
    ("run hello --profile open", "there is no 'open'; known: default, native"),
    ("run hello --record /proc/nothing", "/proc/nothing: nothing can be recorded there"),
    ("replay nowhere", "nowhere: there is no file events.jsonl; 'bastide run NAME --record nowhere' makes one"),
    ("replay . --speed warp", "'warp' is no speed such as 1 or 0.5"),
    ("new", "component | scenario | project is missing"),
    ("new compnent x", "there is no 'compnent'; did you mean 'component'?"),
    ("new component", "NAME is missing"),
    ("new component Über", "'Über' is no name for a component: expected up to 32 lower-case letters"),
    ("doctor --jsn", "there is no option '--jsn'; did you mean '--json'?"),
    ("bench spwan", "there is no benchmark 'spwan'; did you mean 'spawn'?"),
    ("lint mipy", "there is no check 'mipy'; did you mean 'mypy'?"),
])
def test_a_mistake_is_answered_in_one_line(words: str, answer: str, tmp_path: Path) -> None:
    done = bastide(*words.split(), folder=tmp_path)
    assert done.returncode == 2
    assert re.search(answer.replace("?", r"\?").replace("|", r"\|"), done.stderr), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_config_that_does_not_parse_is_shown_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "runtime").write_text("runtime | ram: 8M | caps: 200 | binary: init\n+ config\n  start x\n-\n")
    done = bastide("run", "runtime", folder=tmp_path)
    assert done.returncode == 2
    assert re.search(r"runtime:3:3: expected .*, got 'start x'", done.stderr), done.stderr


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "runtime").mkdir()
    done = bastide("run", str(tmp_path / "runtime"), folder=tmp_path)
    assert done.returncode == 2
    assert "is a folder without a file 'runtime'" in done.stderr
    if os.geteuid() != 0:                       # root may read everything
        secret = tmp_path / "secret"
        secret.write_text("runtime")
        secret.chmod(0)
        done = bastide("run", str(secret), folder=tmp_path)
        assert "cannot be read: Permission denied" in done.stderr


def test_a_component_with_a_mistake_is_shown_with_file_line_and_source(tmp_path: Path) -> None:
    component = tmp_path / "components" / "wrong"
    component.mkdir(parents=True)
    (component / "main.py").write_text("def construct(env):\n    return env.nothing\n")
    (tmp_path / "runtime").write_text("runtime | ram: 8M | caps: 200 | binary: wrong\n-\n")
    done = bastide("run", "runtime", folder=tmp_path)
    assert done.returncode == 1
    assert '[init]   File "components/wrong/main.py", line 2, in construct\n' in done.stdout
    assert "[init]     return env.nothing\n" in done.stdout
    assert "AttributeError: 'Env' object has no attribute 'nothing'" in done.stdout
    (component / "main.py").write_text("def construct(env:\n")
    done = bastide("run", "runtime", folder=tmp_path)
    assert done.returncode == 2
    assert re.search(r"main.py:1:\d+: '\(' was never closed: def construct\(env:", done.stderr), done.stderr


def test_two_instances_at_once_do_not_meet(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bastide.tool.main", "run", "hello"]
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for run in both:
        shown, _ = run.communicate(timeout=SECONDS)
        assert run.returncode == 0
        assert shown.count("[init -> hello_client] 2 + 5 = 7\n") == 1
