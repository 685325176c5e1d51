"""What the compiler says of mistakes: one file each, whose last lines are the messages that are expected."""

from __future__ import annotations

import ast
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bare.compiler.source import LIMIT, Rejected
from bare.compiler.unit import compile_program

FOLDER = Path(__file__).parent
MISTAKES = sorted((FOLDER / "mistakes").glob("*.py"))
COMPILER = FOLDER.parents[2] / "src" / "bare" / "compiler"
REPORTS = ("Mistake", "NotConstant", "add")         # what takes a message
TARGET = "x86_64"


def messages(path: Path) -> list[str]:
    with pytest.raises(Rejected) as caught:
        compile_program(path, TARGET)
    return [f"{found.line}:{found.column}: {found.message}" for found in caught.value.diagnostics]


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_a_mistake_is_explained(path: Path) -> None:
    _, marker, expected = path.read_text().rpartition("# Expected:\n")
    assert marker
    assert messages(path) == [line.removeprefix("# ") for line in expected.splitlines()]


def patterns(message: ast.expr) -> Iterator[str]:
    """What a message in the compiler's source looks like: one pattern for each alternative."""
    match message:
        case ast.Constant(value=str() as text):
            yield re.escape(text)
        case ast.JoinedStr(values=parts):
            yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in parts)
        case ast.BinOp(left=left, right=right):
            yield from (before + after for before in patterns(left) for after in patterns(right))
        case ast.IfExp(body=body, orelse=other):
            yield from patterns(body)
            yield from patterns(other)
        case _:
            yield ".*"


def said_by_the_compiler() -> Iterator[tuple[str, str]]:
    """Place and pattern of each message that has a text of its own."""
    for path in sorted(COMPILER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and (
                    getattr(node.func, "id", "") or getattr(node.func, "attr", "")) in REPORTS:
                for pattern in patterns(node.args[-1]):
                    if re.search("[a-z]{3}", pattern.replace(r"\.", "")):
                        yield f"{path.name}:{node.lineno}", pattern


def test_every_message_of_the_compiler_is_expected_somewhere() -> None:
    """Mostly by a file with the mistake; what takes more than a file is in the tests beside this one."""
    expected = "\n".join(path.read_text() for path in (*MISTAKES, *sorted(FOLDER.glob("test_*.py"))))
    never = [f"{place}: {pattern}" for place, pattern in said_by_the_compiler() if not re.search(pattern, expected)]
    assert not never, "\n".join(never)


def test_a_message_shows_the_line_and_a_caret(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("from bare import u32, u64\n\n\ndef f(a: u32, b: u64) -> None:\n    ä = a; c = a + b\n")
    with pytest.raises(Rejected) as caught:
        compile_program(path, TARGET)
    assert str(caught.value).splitlines()[:3] == [
        "program.py:5:16: expected u32, got u64",
        "    ä = a; c = a + b",
        "               ^",
    ]


def test_a_long_list_of_mistakes_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("from bare import u32\n\n\ndef f(a: u32) -> None:\n" + "    a = missing\n" * (LIMIT + 5))
    with pytest.raises(Rejected) as caught:
        compile_program(path, TARGET)
    assert str(caught.value).splitlines()[-1] == "and 5 more"
    assert len(caught.value.diagnostics) == LIMIT + 5


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert messages(tmp_path / "missing.py") == ["1:1: can't be read: No such file or directory"]


def test_a_file_that_is_no_text_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    for content in (b"\xff\xfe\x00", b"# coding: latin-1\n", b"# coding: nonsense\n"):
        path.write_bytes(content)
        assert messages(path) == ["1:1: can't be read: this is no UTF-8"]


@pytest.mark.parametrize("expression", [" + ".join(["a"] * 20000), "(" * 150 + "a" + ")" * 150, "-" * 5000 + "a"])
def test_deep_nesting_ends_in_a_message_or_not_at_all(expression: str, tmp_path: Path) -> None:
    """In a process of its own, for Python's own parser may use the whole stack."""
    path = tmp_path / "program.py"
    path.write_text(f"from bare import export, i32\n\n\n@export('f')\ndef f(a: i32) -> i32:\n    return {expression}\n")
    result = subprocess.run([sys.executable, "-m", "bare", "ir", str(path)], capture_output=True, text=True,
                            env={"PYTHONPATH": str(FOLDER.parents[2] / "src")})
    assert "Traceback" not in result.stderr
    assert result.returncode == 0 or re.search("nested too deeply|too many nested parentheses", result.stderr)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_program_is_compiled_or_explained(seed: int, tmp_path: Path) -> None:
    """No mistake shows the compiler's own error: words of real programs are dropped, doubled and exchanged."""
    source = random.Random(seed)
    files = [*sorted((FOLDER / "programs").glob("*.py")), *MISTAKES]
    words = re.findall(r"\w+|[ ]+|\n|.", source.choice(files).read_text())
    path = tmp_path / "program.py"
    for _ in range(8):
        damaged = list(words)
        for _ in range(source.randrange(1, 4)):
            at, other = source.randrange(len(damaged)), source.randrange(len(damaged))
            damaged[at] = source.choice(("", damaged[at] * 2, damaged[other], "None", "(", "u32", "0"))
        path.write_text("".join(damaged))
        try:
            compile_program(path, TARGET)
        except Rejected as rejected:
            assert rejected.diagnostics


def test_a_mistake_is_shown_in_the_file_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("from bare import Struct\n\n\nclass Wrong(Struct):\n    size: int\n")
    path = tmp_path / "program.py"
    path.write_text("from bare import u32\nfrom other import Wrong\n\n\ndef f(a: Wrong) -> u32:\n    return u32(1)\n")
    with pytest.raises(Rejected) as caught:
        compile_program(path, TARGET)
    assert [(found.path, found.line) for found in caught.value.diagnostics] == [("other.py", 5)]


def test_a_module_has_a_name_that_can_be_imported(tmp_path: Path) -> None:
    path = tmp_path / "my-program.py"
    path.write_text("from bare import u32\n")
    assert messages(path) == ["1:1: a module is named like a variable, not 'my-program'"]


def test_modules_that_import_each_other_are_told_so(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("from program import LATE\n")
    path = tmp_path / "program.py"
    path.write_text("from typing import Final\nfrom other import MISSING\n\nLATE: Final = 3\n")
    assert messages(path) == ["1:1: program has no LATE: the two modules import each other",
                              "2:1: other has no MISSING"]


def test_a_type_that_is_nested_too_deeply_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("from bare import Struct, u32\n\n\n"
                    f"class Deep(Struct):\n    field: {'u32 | tuple[' * 180 + 'u32' + ']' * 180}\n")
    assert messages(path) == ["4:1: Deep is nested too deeply"]


def test_type_variables_of_newer_pythons_are_explained(tmp_path: Path) -> None:
    """Older ones can't even read them."""
    path = tmp_path / "program.py"
    path.write_text("from bare import u32\n\n\ndef f[T](a: T) -> T:\n    return a\n")
    explained = ["4:1: type variables are declared by TypeVar"]
    assert messages(path) == (explained if sys.version_info >= (3, 12) else ["4:6: no Python: expected '('"])
