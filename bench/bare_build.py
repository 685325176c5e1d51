"""The time to build a program of 10,000 lines of bare Python, fast and for release."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from pathlib import Path
from time import process_time

from bench.harness.figure import Figure, NotPossible

LINES = 10_000
ROUNDS = 3
REACH = {0: 5.0, 2: 15.0}
PROGRAMS = Path(__file__).resolve().parents[1] / "tests" / "bare" / "compiler" / "programs"


def measure() -> tuple[Figure, ...]:
    """From sources to an ELF file: one process, one processor, all memory cold but Python's modules."""
    if importlib.util.find_spec("llvmlite") is None:
        raise NotPossible("needs llvmlite; what helps: pip install llvmlite")
    from bare.build import build
    from bare.target import TARGETS
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        main, lines = _program(Path(folder))
        build(PROGRAMS.parent.parent / "programs" / "hello.py", TARGETS["x86_64"], level=0)
        for level, reach in REACH.items():
            samples = []
            for _ in range(ROUNDS):
                begin = process_time()
                image = build(main, TARGETS["x86_64"], level=level)
                samples.append(process_time() - begin)
            figures.append(Figure(
                f"bare-build -O{level}", "s", tuple(samples), reach, "the aim",
                note=f"{lines} lines, {len(image.flat())} bytes, x86_64; seconds of the processor"))
    return tuple(figures)


def _program(folder: Path) -> tuple[Path, int]:
    """Copies of the programs of the tests, and a main function that calls all that is in them.

    What is called depends on a parameter, for some of them trap for certain, and all behind would be dropped.
    """
    sources = {path.stem: path.read_text() for path in sorted(PROGRAMS.glob("*.py"))}
    imports: list[str] = []
    calls: list[str] = []
    lines = copies = 0
    while lines < LINES:
        for stem, text in sources.items():
            name = f"{stem}_{copies}"
            (folder / f"{name}.py").write_text(text)
            imports.append(f"import {name}")
            cases = re.findall(r"^def (case_\w+)", text, re.MULTILINE)
            for case in cases:
                calls += [f"    if chosen == {len(calls) // 2}:", f"        total += {name}.{case}()"]
            lines += len(text.splitlines()) + 1 + 2 * len(cases)
        copies += 1
    main = folder / "main.py"
    main.write_text("\n".join([
        "from __future__ import annotations", "", *imports, "from bare import entry, u64",
        "from bare.std.console import write_number", "from bare.std.panic import on_panic", "", "",
        "@entry", "def main(chosen: u64) -> None:", "    total = u64(0)", *calls, "    write_number(total)", ""]))
    return main, lines
