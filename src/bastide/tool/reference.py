"""The component reference, put together from the READMEs: `python -m bastide.tool.reference > doc/reference.md`.

Each README is a chapter; its own headings move down one level. A test keeps the page up to date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bastide.tool.checkout import PACKAGE

_HEAD = """\
# Components that come with Bastide

Put together from the READMEs of the components by `python -m bastide.tool.reference`: change those, not this page.
"""
_KINDS = {"": "The root of a system", "server": "Servers", "driver": "Drivers", "app": "Applications and test programs"}


def page() -> str:
    """The whole reference."""
    chapters = [_HEAD]
    readmes = list(_readmes())
    for kind, title in _KINDS.items():
        chapters.append(f"\n## {title}\n")
        chapters += ["\n", *(f"- [{name}](#{name.lower()})\n" for name, of, _ in readmes if of == kind)]
        chapters += [f"\n{_lowered(text)}" for _, of, text in readmes if of == kind]
    return "".join(chapters)


def _readmes() -> Iterator[tuple[str, str, str]]:
    """Name, kind and text of each."""
    for kind in _KINDS:
        paths = [PACKAGE / "init" / "README.md"] if not kind else sorted((PACKAGE / kind).glob("*/README.md"))
        for path in paths:
            text = path.read_text()
            yield text.partition("\n")[0].removeprefix("# "), kind, _relinked(text, path.parent)


def _lowered(text: str) -> str:
    """The text with its headings two levels down, those within blocks of code excepted."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else re.sub(r"^(#+ )", r"##\1", part, flags=re.MULTILINE)
                   for part in parts)


def _relinked(text: str, folder: Path) -> str:
    """The text with its links leading to where they led from the folder of the component."""
    place = folder.relative_to(PACKAGE.parents[1])
    return re.sub(r"\]\((?!https?:|#)([^)]+)\)", rf"](../{place}/\1)", text)


if __name__ == "__main__":
    print(page(), end="")
