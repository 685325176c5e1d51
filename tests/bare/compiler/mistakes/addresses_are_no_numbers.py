from __future__ import annotations

from bare import PhysAddr, VirtAddr, u32, u64


def f(physical: PhysAddr, virtual: VirtAddr, size: u64) -> None:
    a = physical + virtual
    b = physical - virtual
    c = physical * 2
    d = physical == virtual
    e = physical + u32(1)
    g: VirtAddr = physical
    h = PhysAddr(5)
    i = u32(physical)

# Expected:
# 7:9: there is no PhysAddr + VirtAddr: addresses have + and - with u64, and - between two of a kind
# 8:9: there is no PhysAddr - VirtAddr: addresses have + and - with u64, and - between two of a kind
# 9:9: there is no PhysAddr * a literal: addresses have + and - with u64, and - between two of a kind
# 10:9: expected PhysAddr, got VirtAddr
# 11:9: expected u64, got u32
# 12:19: expected VirtAddr, got PhysAddr
# 13:18: expected u64, got a literal: write u64(5)
# 14:13: u32 can't be made of PhysAddr: an address is a u64
