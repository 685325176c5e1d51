"""The board that the program is compiled for, under the same names on all: exceptions, timer, and paging."""

# A program is compiled for one of them. That their classes agree is beyond mypy, which takes those of the first.
# mypy: disable-error-code="assignment"

from __future__ import annotations

from bare import TARGET

if TARGET == "x86_64":
    from bare.std.board_x86_64 import Cause as Cause
    from bare.std.board_x86_64 import acknowledge as acknowledge
    from bare.std.board_x86_64 import cause as cause
    from bare.std.board_x86_64 import cause_breakpoint as cause_breakpoint
    from bare.std.board_x86_64 import device_pages as device_pages
    from bare.std.board_x86_64 import fault_address as fault_address
    from bare.std.board_x86_64 import page_format as page_format
    from bare.std.board_x86_64 import skip_breakpoint as skip_breakpoint
    from bare.std.board_x86_64 import start as start
    from bare.std.board_x86_64 import start_timer as start_timer
    from bare.std.board_x86_64 import use_page_tables as use_page_tables
    from bare.std.cpu_x86_64 import Context as Context
    from bare.std.cpu_x86_64 import Frame as Frame
    from bare.std.cpu_x86_64 import data_end as data_end
    from bare.std.cpu_x86_64 import data_start as data_start
    from bare.std.cpu_x86_64 import disable_interrupts as disable_interrupts
    from bare.std.cpu_x86_64 import enable_interrupts as enable_interrupts
    from bare.std.cpu_x86_64 import forget_page as forget_page
    from bare.std.cpu_x86_64 import image_start as image_start
    from bare.std.cpu_x86_64 import power_off as power_off
    from bare.std.cpu_x86_64 import prepare as prepare
    from bare.std.cpu_x86_64 import switch as switch
    from bare.std.cpu_x86_64 import text_end as text_end
    from bare.std.cpu_x86_64 import time_stamp as time_stamp
    from bare.std.cpu_x86_64 import wait_for_interrupt as wait_for_interrupt
elif TARGET == "aarch64":
    from bare.std.board_aarch64 import Cause as Cause
    from bare.std.board_aarch64 import acknowledge as acknowledge
    from bare.std.board_aarch64 import cause as cause
    from bare.std.board_aarch64 import cause_breakpoint as cause_breakpoint
    from bare.std.board_aarch64 import device_pages as device_pages
    from bare.std.board_aarch64 import fault_address as fault_address
    from bare.std.board_aarch64 import page_format as page_format
    from bare.std.board_aarch64 import skip_breakpoint as skip_breakpoint
    from bare.std.board_aarch64 import start as start
    from bare.std.board_aarch64 import start_timer as start_timer
    from bare.std.board_aarch64 import use_page_tables as use_page_tables
    from bare.std.cpu_aarch64 import Context as Context
    from bare.std.cpu_aarch64 import Frame as Frame
    from bare.std.cpu_aarch64 import data_end as data_end
    from bare.std.cpu_aarch64 import data_start as data_start
    from bare.std.cpu_aarch64 import disable_interrupts as disable_interrupts
    from bare.std.cpu_aarch64 import enable_interrupts as enable_interrupts
    from bare.std.cpu_aarch64 import forget_page as forget_page
    from bare.std.cpu_aarch64 import image_start as image_start
    from bare.std.cpu_aarch64 import power_off as power_off
    from bare.std.cpu_aarch64 import prepare as prepare
    from bare.std.cpu_aarch64 import switch as switch
    from bare.std.cpu_aarch64 import text_end as text_end
    from bare.std.cpu_aarch64 import time_stamp as time_stamp
    from bare.std.cpu_aarch64 import wait_for_interrupt as wait_for_interrupt
else:
    from bare.std.board_riscv64 import Cause as Cause
    from bare.std.board_riscv64 import acknowledge as acknowledge
    from bare.std.board_riscv64 import cause as cause
    from bare.std.board_riscv64 import cause_breakpoint as cause_breakpoint
    from bare.std.board_riscv64 import device_pages as device_pages
    from bare.std.board_riscv64 import fault_address as fault_address
    from bare.std.board_riscv64 import page_format as page_format
    from bare.std.board_riscv64 import skip_breakpoint as skip_breakpoint
    from bare.std.board_riscv64 import start as start
    from bare.std.board_riscv64 import start_timer as start_timer
    from bare.std.board_riscv64 import use_page_tables as use_page_tables
    from bare.std.cpu_riscv64 import Context as Context
    from bare.std.cpu_riscv64 import Frame as Frame
    from bare.std.cpu_riscv64 import data_end as data_end
    from bare.std.cpu_riscv64 import data_start as data_start
    from bare.std.cpu_riscv64 import disable_interrupts as disable_interrupts
    from bare.std.cpu_riscv64 import enable_interrupts as enable_interrupts
    from bare.std.cpu_riscv64 import forget_page as forget_page
    from bare.std.cpu_riscv64 import image_start as image_start
    from bare.std.cpu_riscv64 import power_off as power_off
    from bare.std.cpu_riscv64 import prepare as prepare
    from bare.std.cpu_riscv64 import switch as switch
    from bare.std.cpu_riscv64 import text_end as text_end
    from bare.std.cpu_riscv64 import time_stamp as time_stamp
    from bare.std.cpu_riscv64 import wait_for_interrupt as wait_for_interrupt
