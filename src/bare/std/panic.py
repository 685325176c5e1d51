"""What a program does when it traps: says why and where, in lines of Python, and ends the machine.

Import `on_panic` to have it; a program that wants something else marks its own function with `@panic`.
"""

from __future__ import annotations

from typing import Final, NoReturn

from bare import TARGET, View, len, panic, u8, u32, u64, utf8
from bare.std.backtrace import write_backtrace
from bare.std.console import write, write_number

if TARGET == "x86_64":
    from bare.std.cpu_x86_64 import frame_pointer, power_off
elif TARGET == "aarch64":
    from bare.std.cpu_aarch64 import frame_pointer, power_off
else:
    from bare.std.cpu_riscv64 import frame_pointer, power_off

STATUS: Final = 101                     # of a machine that ended so


@panic
def on_panic(kind: View[u8], file: View[u8], line: u32, message: View[u8]) -> NoReturn:
    write(utf8("panic: "))
    write(kind)
    if len(message) > 0:
        write(utf8(": "))
        write(message)
    write(utf8(" at "))
    write(file)
    write(utf8(":"))
    write_number(u64(line))
    write(utf8("\n"))
    write_backtrace(u64(0), frame_pointer())
    power_off(u64(STATUS))
