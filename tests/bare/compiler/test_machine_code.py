"""Functions that are machine code: their builders run while the program is compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from bare.build import build
from bare.compiler.source import Rejected
from bare.compiler.unit import compile_program
from bare.machine import run
from bare.target import TARGETS, Target

STATUS = """\
from __future__ import annotations

from bare import entry, u64
from bare.encode.x86_64 import EAX, RAX, Code
from bare.std.cpu_x86_64 import power_off
from bare.unsafe import hardware, instructions

_NUMBER = {number}, EAX


def _answer(code: Code) -> None:
    code.mov(RAX, _NUMBER[0]).call(twice).ret()


@instructions(_answer)
def answer() -> u64:
    hardware()


@instructions(lambda code: code.add(RAX, RAX).ret())
def twice() -> u64:
    hardware()


@entry
def main() -> None:
    power_off(answer())
"""


@pytest.mark.parametrize("target", [TARGETS["x86_64"]], ids=str)
def test_programs_of_one_name_do_not_share_their_builders(machine: Target, tmp_path: Path) -> None:
    for number in (5, 7):
        path = tmp_path / str(number) / "status.py"
        path.parent.mkdir()
        path.write_text(STATUS.format(number=number))
        assert run(build(path, machine), machine).status == 2 * number


@pytest.mark.parametrize(("before", "after", "message"), [
    ("code.mov(RAX, _NUMBER[0])", "code.move(RAX)", "the builder of answer failed: 'Code' object has no attribute"),
    ("call(twice)", "call(_answer)", "answer refers to something that is no function or global of the program"),
    ("_NUMBER = 5, EAX", "_NUMBER = EAX.missing, EAX", "CPython can't import status: "),
])
def test_what_goes_wrong_in_a_builder_is_a_mistake_of_the_program(before: str, after: str, message: str,
                                                                  tmp_path: Path) -> None:
    path = tmp_path / "status.py"
    path.write_text(STATUS.format(number=5).replace(before, after))
    with pytest.raises(Rejected) as caught:
        compile_program(path, "x86_64")
    assert message in str(caught.value)


def test_a_function_that_cpython_does_not_have_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "status.py"
    once = "@instructions(_answer)\ndef answer() -> u64:\n    hardware()\n"
    chosen = 'if TARGET == "x86_64":\n' + "".join(f"    {line}\n" for line in once.splitlines())
    path.write_text(STATUS.format(number=5).replace(once, chosen).replace("import entry", "import TARGET, entry"))
    with pytest.raises(Rejected, match="answer is not what @instructions made of it"):
        compile_program(path, "x86_64")


def test_a_jump_that_does_not_reach_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "status.py"
    path.write_text("""\
from __future__ import annotations

from bare import entry
from bare.encode.riscv64 import ZERO, Code
from bare.unsafe import hardware, instructions


def _far(code: Code) -> None:
    code.beq(ZERO, ZERO, "end").words(*[0x13] * 2000).label("end").ret()


@instructions(_far)
def far() -> None:
    hardware()


@entry
def main() -> None:
    far()
""")
    with pytest.raises(Rejected, match="the instructions of far can't be encoded: "):
        compile_program(path, "riscv64")
