from __future__ import annotations

from bare import entry, export, panic, u32, u64


@staticmethod
def a() -> None:
    pass


@export("a b")
def b() -> None:
    pass


@export
def c() -> None:
    pass

# Expected:
# 6:2: @staticmethod is no decorator of the language
# 11:2: @export('a b') is no decorator of the language
# 16:2: @export is no decorator of the language
