"""python -m bare: what it makes, what it prints, and how it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bare.command import main
from bare.machine import missing_emulators
from bare.target import TARGETS

SOURCE = Path(__file__).resolve().parents[2] / "src"
PROGRAMS = Path(__file__).parent / "programs"
FAILING = """\
from bare import u32


def test_fine() -> None:
    assert u32(1) + 1 == 2


def test_wrong() -> None:
    x = u32(0)
    x -= 1


def test_claim() -> None:
    assert u32(1) == 2, "one is not two"
"""


def bare(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bare", *map(str, arguments)], capture_output=True, text=True, cwd=cwd,
                          env={**os.environ, "PYTHONPATH": str(SOURCE), **environment})


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_sources_give_the_same_bytes(target: str, tmp_path: Path) -> None:
    images = []
    for number, seed in enumerate(("1", "2")):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        shutil.copy(PROGRAMS / "scheduler.py", folder)
        result = bare("build", "scheduler.py", "-t", target, cwd=folder, PYTHONHASHSEED=seed)
        assert result.returncode == 0, result.stderr
        images.append((folder / "scheduler.elf").read_bytes())
    assert images[0] == images[1]


def test_build_writes_a_flat_image_if_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "hello.bin"
    assert main(["build", str(PROGRAMS / "hello.py"), "-t", "aarch64", "--flat", "-o", str(output)]) == 0
    assert output.read_bytes()[:4] != b"\x7fELF"
    assert capsys.readouterr().out == f"bare: {output}: {output.stat().st_size} bytes for aarch64\n"


@pytest.mark.parametrize(("verb", "wanted"), [("ir", "define dso_local void @\"bare_entry\""), ("asm", "bare_entry:")])
def test_the_intermediate_forms_can_be_seen(verb: str, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, str(PROGRAMS / "hello.py"), "-t", "riscv64"]) == 0
    assert wanted in capsys.readouterr().out


@pytest.mark.parametrize("place", ["cpython", "host", *TARGETS])
def test_a_test_that_traps_fails_with_kind_and_line(place: str, tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    if place in missing_emulators():
        pytest.skip(f"no emulator for {place}")
    path = tmp_path / "failing.py"
    path.write_text(FAILING)
    assert main(["test", str(path), "-t", place]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{place}: test_fine: fine", f"{place}: test_wrong: overflow in line 10",
        f"{place}: test_claim: assertion failed in line 14"]


def test_a_mistake_is_printed_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("from bare import entry, u32\n\n\n@entry\ndef main() -> None:\n    x = u32(1) + y\n")
    assert main(["build", str(path)]) == 2
    assert capsys.readouterr().err == (
        "wrong.py:6:18: y is not defined\n    x = u32(1) + y\n                 ^\n")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path / "missing.py")]) == 2
    assert capsys.readouterr().err == "missing.py:1:1: can't be read: No such file or directory\n"


def test_a_program_that_exports_nothing_is_told_what_helps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.py"
    path.write_text("")
    assert main(["build", str(path)]) == 2
    assert capsys.readouterr().err == "empty.py:1:1: nothing is exported: mark a function with @entry or @export\n"


def test_without_llvm_the_compiler_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / "llvmlite.py").write_text("raise ImportError('there is none')\n")
    result = bare("ir", PROGRAMS / "hello.py", cwd=tmp_path, PYTHONPATH=f"{tmp_path}:{SOURCE}")
    assert (result.returncode, result.stderr) == (
        2, "bare: the compiler needs llvmlite, which is not installed; what helps: pip install llvmlite\n")


def test_programs_need_no_compiler_under_cpython(tmp_path: Path) -> None:
    (tmp_path / "llvmlite.py").write_text("raise ImportError('there is none')\n")
    result = subprocess.run([sys.executable, "-c", "import sys, bare, bare.unsafe; print(bare.u8(5) + 1); "
                             "print(any(name.startswith('bare.compiler') for name in sys.modules))"],
                            capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}:{SOURCE}"})
    assert result.stdout == "u8(6)\nFalse\n"
