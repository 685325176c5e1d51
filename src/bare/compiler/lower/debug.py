"""Debug information: which line of which file an instruction comes from. Lines only; variables have no entries."""

from __future__ import annotations

import posixpath


class DebugInformation:
    """The metadata of one module, numbered as it is asked for."""

    def __init__(self) -> None:
        self._entries: list[str] = []
        self._files: dict[str, int] = {}
        self._locations: dict[tuple[int, int], int] = {}
        self._signature = -1
        self._unit = -1

    def file(self, path: str) -> int:
        if path not in self._files:
            folder, name = posixpath.split(path)
            self._files[path] = self._add(f'!DIFile(filename: "{_quoted(name)}", directory: "{_quoted(folder)}")')
        return self._files[path]

    def function(self, symbol: str, path: str, line: int) -> int:
        """The entry of a function, which is the scope of its locations."""
        if self._unit < 0:
            self._unit = self._add(
                f'distinct !DICompileUnit(language: DW_LANG_C99, file: !{self.file(path)}, producer: "bare", '
                "isOptimized: false, runtimeVersion: 0, emissionKind: FullDebug)")
            self._signature = self._add("!DISubroutineType(types: !{null})")
        file = self.file(path)
        name = symbol.rpartition(".")[2] if "[" not in symbol else symbol
        return self._add(
            f'distinct !DISubprogram(name: "{_quoted(name)}", linkageName: "{_quoted(symbol)}", scope: !{file}, '
            f"file: !{file}, line: {line}, type: !{self._signature}, scopeLine: {line}, "
            f"spFlags: DISPFlagDefinition, unit: !{self._unit})")

    def location(self, line: int, scope: int) -> int:
        key = (line, scope)
        if key not in self._locations:
            self._locations[key] = self._add(f"!DILocation(line: {line}, scope: !{scope})")
        return self._locations[key]

    def text(self) -> list[str]:
        if self._unit < 0:
            return []
        flags = self._add('!{i32 7, !"Dwarf Version", i32 4}')
        version = self._add('!{i32 2, !"Debug Info Version", i32 3}')
        lines = [f"!{number} = {entry}" for number, entry in enumerate(self._entries)]
        return [f"!llvm.dbg.cu = !{{!{self._unit}}}", f"!llvm.module.flags = !{{!{flags}, !{version}}}", *lines]

    def _add(self, entry: str) -> int:
        self._entries.append(entry)
        return len(self._entries) - 1


def _quoted(text: str) -> str:
    return "".join(letter if " " <= letter < "\x7f" and letter not in '"\\' else
                   "".join(f"\\{byte:02X}" for byte in letter.encode()) for letter in text)
