"""Output of a component."""

from __future__ import annotations

from bastide.base.environment import LogSession

LINE = 230
"""Bytes of text in one LOG call: Genode's limit of 232, less newline and terminator."""


class Log:
    """`env.log("count is", 5)`. Pass it on alone to code that needs nothing else."""

    def __init__(self, session: LogSession) -> None:
        self._session = session

    def __call__(self, *parts: object) -> None:
        """Write the parts, separated by blanks; several lines become several calls, long ones are split."""
        self._write("", parts)

    def warning(self, *parts: object) -> None:
        self._write("Warning: ", parts)

    def error(self, *parts: object) -> None:
        self._write("Error: ", parts)

    def _write(self, prefix: str, parts: tuple[object, ...]) -> None:
        text = prefix + " ".join(map(str, parts))
        for line in text.split("\n") if "\n" in text else (text,):
            content = line.encode(errors="backslashreplace")
            while len(content) > LINE:
                cut = LINE
                while content[cut] & 0xC0 == 0x80:      # not within a character
                    cut -= 1
                self._session.write(content[:cut].decode() + "\n")
                content = content[cut:]
            self._session.write(content.decode() + "\n")
