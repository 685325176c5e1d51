from __future__ import annotations

from bare import entry, u64


@entry
def a() -> None:
    pass


@entry
def b() -> None:
    pass

# Expected:
# 12:1: there is another @entry
