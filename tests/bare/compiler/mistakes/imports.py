from __future__ import annotations

from bare import u32, Missing


import os
import typing

from bare import *
from nowhere import x
from random import random


def f() -> None:
    os.getpid()

# Expected:
# 3:1: bare has no Missing that the compiler knows
# 6:1: there is no module os in mistakes
# 7:1: write: from typing import ...
# 9:1: name what is imported: a reader wants to find it
# 10:1: there is no module nowhere in mistakes
# 11:1: there is no module random in mistakes
# 15:5: os is not defined
