"""Targets: any of them from this host, the same bytes each time, and no register that kernels do not save."""

from __future__ import annotations

import re
import struct

import pytest

from bare.target import InvalidIr, Target, data_layout, emit_object, emit_text

# Sums an array, which vectorizers like, and clears a structure, for which x86_64 likes the SSE registers.
IR = """
define dso_local i64 @sum(ptr %array, i64 %count) #0 {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %total = phi i64 [0, %entry], [%more, %loop]
  %place = getelementptr i64, ptr %array, i64 %i
  %value = load i64, ptr %place
  %more = add i64 %total, %value
  %next = add i64 %i, 1
  %done = icmp uge i64 %next, %count
  br i1 %done, label %end, label %loop
end:
  ret i64 %more
}
define dso_local void @clear(ptr %p) #0 {
  store [8 x i64] zeroinitializer, ptr %p
  ret void
}
attributes #0 = { nounwind noredzone noimplicitfloat "frame-pointer"="all" }
"""


@pytest.mark.parametrize("level", [0, 2])
def test_the_object_is_for_the_target_and_always_the_same(target: Target, level: int) -> None:
    data = emit_object(IR, target, level)
    assert data == emit_object(IR, target, level)
    assert data[:4] == b"\x7fELF" and struct.unpack_from("<H", data, 18)[0] == target.machine


def test_generated_code_leaves_vector_registers_alone(target: Target) -> None:
    assert not re.search(r"\b([xyz]mm\d|[qv]\d+\.|fa\d|v\d+,)", emit_text(IR, target, 2))


def test_the_layout_has_64_bit_pointers(target: Target) -> None:
    assert data_layout(target).startswith("e-") and "p:32" not in data_layout(target)


def test_ir_that_llvm_refuses_is_shown_with_its_line(target: Target) -> None:
    wrong = IR.replace("ptr %array, i64 %i", "ptr %nowhere, i64 %i")
    with pytest.raises(InvalidIr, match=f"^bare: LLVM refuses the IR for {target}: ") as raised:
        emit_object(wrong, target, 0)
    assert "use of undefined value '%nowhere'" in str(raised.value)
