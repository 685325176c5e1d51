"""Programs in LLVM's IR, small enough to test the back end without the language."""

from __future__ import annotations

from bare import boot
from bare.encode import aarch64, code_for, riscv64, x86_64
from bare.link import Fragment, Image, link
from bare.target import Target, emit_object

ATTRIBUTES = '\nattributes #0 = { nounwind noredzone noimplicitfloat "frame-pointer"="all" }\n'
DECLARATIONS = """
declare dso_local void @put(i64) #0
declare dso_local void @bare_power_off(i64) #0
"""


def put(target: Target) -> Fragment:
    """void put(u64 character): to the serial console."""
    code = code_for(target)
    match code:
        case x86_64.Code():
            code.mov(x86_64.EAX, x86_64.EDI).mov(x86_64.EDX, 0x3F8).out(x86_64.AL).ret()
        case aarch64.Code():
            code.mov(aarch64.X1, 0x09000000).strb(aarch64.X0, aarch64.X1).ret()
        case riscv64.Code():
            code.li(riscv64.A1, 0x10000000).sb(riscv64.A0, riscv64.A1).ret()
    return code.fragment("put")


def build(target: Target, ir: str, *fragments: Fragment, level: int = 0) -> Image:
    """A program from IR that defines `bare_entry(i64, i64)` and may call `put` and `bare_power_off`."""
    data = emit_object(DECLARATIONS + ir + ATTRIBUTES, target, level)
    return link(data, [*boot.fragments(target), put(target), *fragments], target, boot.layout(target))


def printing(text: str, then: str = "ret void") -> str:
    """IR of a program that prints a text."""
    calls = "\n".join(f"  call void @put(i64 {byte})" for byte in text.encode())
    return f"define dso_local void @bare_entry(i64 %a, i64 %b) #0 {{\n{calls}\n  {then}\n}}\n"
