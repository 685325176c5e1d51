"""The text of one function in the making: instructions, blocks, slots, traps. Knows nothing of the language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bare.trap import Kind

if TYPE_CHECKING:
    from bare.compiler.lower.module import ModuleText


@dataclass(frozen=True)
class Round:
    """Where `continue` and `break` lead."""

    again: str
    leave: str


@dataclass
class Builder:
    """Collects the instructions of a function. `scope` is its entry in the debug information, or -1."""

    module: ModuleText
    path: str
    scope: int
    result_in_memory: bool              # the caller says where, in %result
    slots: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    block: str = "entry"
    dead: bool = False
    rounds: list[Round] = field(default_factory=list)
    _count: int = 0
    _traps: dict[tuple[Kind, int, str], str] = field(default_factory=dict)
    _line: int = 0
    _suffix: str = ""

    def at(self, line: int) -> None:
        """The line of the source that the next instructions come from."""
        if line != self._line and self.scope >= 0:
            self._line = line
            self._suffix = f", !dbg !{self.module.debug.location(line, self.scope)}"

    def emit(self, instruction: str) -> None:
        if not self.dead:
            self.text.append(f"  {instruction}{self._suffix}")

    def value(self, instruction: str) -> str:
        """An instruction that has a result: its name."""
        self._count += 1
        name = f"%v{self._count}"
        if not self.dead:
            self.text.append(f"  {name} = {instruction}{self._suffix}")
        return name

    def end(self, instruction: str) -> None:
        """The last instruction of a block."""
        self.emit(instruction)
        self.dead = True

    def label(self, hint: str) -> str:
        self._count += 1
        return f"{hint}{self._count}"

    def place(self, label: str) -> None:
        """Begin a block; if the one before has no end, it continues here."""
        if not self.dead:
            self.text.append(f"  br label %{label}{self._suffix}")
        self.text.append(f"{label}:")
        self.block, self.dead = label, False

    def jump(self, label: str) -> None:
        self.end(f"br label %{label}")

    def branch(self, condition: str, then: str, other: str) -> None:
        self.end(f"br i1 {condition}, label %{then}, label %{other}")

    def slot(self, kind: str, alignment: int) -> str:
        """Memory in the frame of the function."""
        self._count += 1
        name = f"%s{self._count}"
        self.slots.append(f"  {name} = alloca {kind}, align {alignment}")
        return name

    def require(self, condition: str, kind: Kind, line: int, message: str = "") -> None:
        """Trap unless a condition holds."""
        onward = self.label("ok")
        self.branch(condition, onward, self.trap(kind, line, message))
        self.place(onward)

    def refuse(self, condition: str, kind: Kind, line: int) -> None:
        """Trap if a condition holds."""
        onward = self.label("ok")
        self.branch(condition, self.trap(kind, line), onward)
        self.place(onward)

    def trap(self, kind: Kind, line: int, message: str = "") -> str:
        """The block that traps."""
        key = (kind, line, message)
        if key not in self._traps:
            self._traps[key] = self.label("trap")
        return self._traps[key]

    def finished(self) -> str:
        """All blocks, with those of traps at the end."""
        for (kind, line, message), label in self._traps.items():
            site = self.module.site(kind, self.path, line, message)
            suffix = f", !dbg !{self.module.debug.location(line, self.scope)}" if self.scope >= 0 else ""
            self.text += [f"{label}:", f"  call void @bare.trap(ptr {site}) #1{suffix}", f"  unreachable{suffix}"]
        return "\n".join(["entry:", *self.slots, *self.text])
