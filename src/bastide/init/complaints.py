"""What init says about its children: bounded, for a child must not be able to fill the log with init's own lines."""

from __future__ import annotations

from bastide.base import Log

MOST = 100
"""Lines that children cause per name, before init falls silent about that one."""

LONGEST = 600
"""Characters of one line."""


class Complaints:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._said: dict[str, int] = {}

    def info(self, child: str, text: str) -> None:
        if self._may_speak(child):
            self._log(shown(text))

    def warning(self, child: str, text: str) -> None:
        if self._may_speak(child):
            self._log.warning(shown(text))

    def error(self, child: str, text: str) -> None:
        if self._may_speak(child):
            self._log.error(shown(text))

    def forget(self, child: str) -> None:
        """The config was changed, or the child replaced: it is worth listening again."""
        self._said.pop(child, None)

    def _may_speak(self, child: str) -> bool:
        said = self._said[child] = self._said.get(child, 0) + 1
        if said == MOST + 1:
            self._log.warning(f"{child}: {MOST} messages were enough, no more are shown until its config changes")
        return said <= MOST


def shown(text: str) -> str:
    """Text with parts that others chose: no control characters, and not endless."""
    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
