"""One target by hand, under atheris, which looks for inputs that reach new code.

    python tests/fuzz hid -runs=1000000 [further options of libFuzzer] [folders of inputs, of which the first one grows]
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

TESTS = Path(__file__).absolute().parents[1]


def main() -> None:
    targets = sorted(path.stem.removeprefix("fuzz_") for path in Path(__file__).parent.glob("fuzz_*.py"))
    if len(sys.argv) < 2 or sys.argv[1] not in targets:
        sys.exit(f"which target? There are: {', '.join(targets)}")
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("atheris is not installed; what helps: pip install atheris, for a version of Python that it supports")
    sys.path[:0] = [str(TESTS.parent / "src"), str(TESTS)]
    with atheris.instrument_imports(include=["bastide"]):
        target = importlib.import_module(f"fuzz.fuzz_{sys.argv.pop(1)}").TARGET
    with tempfile.TemporaryDirectory() as folder:
        corpus, words = Path(folder) / "corpus", Path(folder) / "words"
        corpus.mkdir()
        for number, data in enumerate(target.corpus):
            (corpus / str(number)).write_bytes(data)
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words))
        # the first folder is where libFuzzer puts what it finds
        atheris.Setup([*sys.argv, f"-dict={words}", str(corpus)], target.function)
        atheris.Fuzz()


def _quoted(word: bytes) -> str:
    return "".join(chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
