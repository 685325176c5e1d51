from __future__ import annotations

from bare import u32, u64


def f(a: u32, b: u64, flag: bool) -> None:
    def inner() -> None:
        pass
    c = lambda: a
    import os
    with a:
        pass
    del a
    yield a

# Expected:
# 7:5: functions are not nested: define it in the module
# 9:9: there are no lambdas: define a function
# 10:5: imports belong at the top of the module
# 11:5: there is no with: nothing ends by itself
# 13:5: there is no del: nothing is allocated
# 14:5: there are no generators
