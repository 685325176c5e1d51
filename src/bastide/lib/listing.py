"""Content in the log: a title, and below it the lines, indented by two blanks."""

from __future__ import annotations

from bastide.base import Log


def write_listing(log: Log, title: str, content: bytes) -> None:
    """Content is cut at its first zero. What is no UTF-8 shows as such."""
    log(title)
    for line in content.partition(b"\0")[0].decode(errors="replace").rstrip("\n").split("\n"):
        log(f"  {line}")
