"""What init itself will say about its config, told before it starts: the warnings and errors of its own parser."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bastide.tool.check.subject import Part, Subject
from bastide.tool.finding import Finding

_OF_SCHEMAS = ("missing 'name' attribute in '<start>' entry", "skipped startup of nameless child")
"""What names no place, and what the schema finds as well."""


def findings(subject: Subject) -> Iterator[Finding]:
    if subject.root is not None:
        for part in subject.root.all():
            yield from _said(part, subject.path)


def _said(part: Part, path: str) -> Iterator[Finding]:
    if part.init is None or part.config is None:
        return
    places = {child.name: child.place for child in part.parts}
    mentioned = re.compile(re.escape(path) + r":\d+:\d+")
    for text in (*part.init.warnings, *part.init.errors):
        if text in _OF_SCHEMAS:
            continue
        if text.startswith(f"{path}:"):
            yield Finding.told(text, path)
        else:
            place = mentioned.search(text)
            yield Finding.at(place[0] if place else places.get(text.partition(": ")[0], part.config.place), text)
