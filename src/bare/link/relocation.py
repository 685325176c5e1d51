"""What relocations of the three architectures do to the bytes they name.

Owns the arithmetic of each relocation type that LLVM and the encoders emit, after the ELF supplements of the
architectures (x86-64 psABI 1.0 table 4.9; AArch64 ELF 2024Q3 section 5.7; RISC-V ELF psABI 1.0 table 4). Knows nothing
of sections or files: `Patch` is one place in an image.

    S address of the symbol, A addend, P address of the place
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bare.link.object import LinkError


@dataclass(frozen=True)
class Patch:
    """One place to fill in."""

    image: bytearray
    at: int                             # offset in `image`
    place: int                          # its address
    target: int                         # S + A
    symbol: str                         # for messages

    @property
    def distance(self) -> int:
        return self.target - self.place

    def read(self, size: int, skip: int = 0) -> int:
        return int.from_bytes(self.image[self.at + skip:self.at + skip + size], "little")

    def write(self, size: int, value: int, skip: int = 0) -> None:
        self.image[self.at + skip:self.at + skip + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")

    def merge(self, size: int, mask: int, bits: int, skip: int = 0) -> None:
        """Replace the bits of `mask`."""
        self.write(size, self.read(size, skip) & ~mask | bits & mask, skip)

    def signed(self, value: int, bits: int) -> int:
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise LinkError(f"{self.symbol} is out of reach: {value:#x} does not fit the {bits} bits of the "
                            f"instruction at {self.place:#x}; what helps: a layout with less between them")
        return value

    def unsigned(self, value: int, bits: int) -> int:
        if not 0 <= value < 1 << bits:
            raise LinkError(f"{self.symbol} is out of reach: address {value:#x} does not fit {bits} bits at "
                            f"{self.place:#x}; what helps: a lower base address")
        return value


Apply = Callable[[Patch], None]


def _absolute(size: int) -> Apply:
    return lambda patch: patch.write(size, patch.target)


def _relative(size: int) -> Apply:
    return lambda patch: patch.write(size, patch.signed(patch.distance, 8 * size))


def _nothing(patch: Patch) -> None:
    """A hint that needs no bytes."""


X86_64: dict[int, Apply] = {
    1: _absolute(8),                                                            # 64
    2: _relative(4),                                                            # PC32
    4: _relative(4),                                                            # PLT32
    10: lambda patch: patch.write(4, patch.unsigned(patch.target, 32)),         # 32, zero-extended
    11: lambda patch: patch.write(4, patch.signed(patch.target, 32)),           # 32S, sign-extended
    24: _relative(8),                                                           # PC64
}


def _adr_page(patch: Patch) -> None:
    pages = patch.signed((patch.target >> 12) - (patch.place >> 12), 21)
    patch.merge(4, 3 << 29 | 0x7FFFF << 5, (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5)


def _low12(shift: int) -> Apply:
    def apply(patch: Patch) -> None:
        low = patch.target & 0xFFF
        if low & (1 << shift) - 1:
            raise LinkError(f"{patch.symbol} at {patch.target:#x} is not aligned to the {1 << shift} bytes "
                            f"that the instruction at {patch.place:#x} accesses")
        patch.merge(4, 0xFFF << 10, low >> shift << 10)
    return apply


def _branch(bits: int, shift: int) -> Apply:
    """A distance in instructions."""
    def apply(patch: Patch) -> None:
        patch.merge(4, (1 << bits) - 1 << shift, patch.signed(patch.distance, bits + 2) >> 2 << shift)
    return apply


AARCH64: dict[int, Apply] = {
    257: _absolute(8),                  # ABS64
    258: _absolute(4),                  # ABS32
    260: _relative(8),                  # PREL64
    261: _relative(4),                  # PREL32
    273: _branch(19, 5),                # LD_PREL_LO19
    275: _adr_page,                     # ADR_PREL_PG_HI21
    277: _low12(0),                     # ADD_ABS_LO12_NC
    278: _low12(0),                     # LDST8_ABS_LO12_NC
    284: _low12(1),                     # LDST16_ABS_LO12_NC
    285: _low12(2),                     # LDST32_ABS_LO12_NC
    286: _low12(3),                     # LDST64_ABS_LO12_NC
    299: _low12(4),                     # LDST128_ABS_LO12_NC
    280: _branch(19, 5),                # CONDBR19
    282: _branch(26, 0),                # JUMP26
    283: _branch(26, 0),                # CALL26
}


def _upper(value: int) -> int:
    """The upper 20 bits, such that adding the lower 12 as a signed number gives the value."""
    return value + 0x800 & 0xFFFFF000


def _high20(patch: Patch) -> None:
    patch.signed(patch.distance + 0x800, 32)
    patch.merge(4, 0xFFFFF000, _upper(patch.distance))


def _call(patch: Patch) -> None:
    """`auipc` and `jalr`."""
    _high20(patch)
    patch.merge(4, 0xFFF00000, (patch.distance & 0xFFF) << 20, skip=4)


def _jump(patch: Patch) -> None:
    d = patch.signed(patch.distance, 21)
    patch.merge(4, 0xFFFFF000,
                (d >> 12 & 0xFF) << 12 | (d >> 11 & 1) << 20 | (d >> 1 & 0x3FF) << 21 | (d >> 20 & 1) << 31)


def _conditional(patch: Patch) -> None:
    d = patch.signed(patch.distance, 13)
    patch.merge(4, 0xFE000F80,
                (d >> 11 & 1) << 7 | (d >> 1 & 15) << 8 | (d >> 5 & 0x3F) << 25 | (d >> 12 & 1) << 31)


def _compressed_jump(patch: Patch) -> None:
    d = patch.signed(patch.distance, 12)
    patch.merge(2, 0x1FFC, (d >> 11 & 1) << 12 | (d >> 4 & 1) << 11 | (d >> 8 & 3) << 9 | (d >> 10 & 1) << 8
                | (d >> 6 & 1) << 7 | (d >> 7 & 1) << 6 | (d >> 1 & 7) << 3 | (d >> 5 & 1) << 2)


def _compressed_branch(patch: Patch) -> None:
    d = patch.signed(patch.distance, 9)
    patch.merge(2, 0x1C7C, (d >> 8 & 1) << 12 | (d >> 3 & 3) << 10 | (d >> 6 & 3) << 5 | (d >> 1 & 3) << 3
                | (d >> 5 & 1) << 2)


def _add(size: int, sign: int) -> Apply:
    return lambda patch: patch.write(size, patch.read(size) + sign * patch.target)


def riscv_low12(patch: Patch, distance: int, store: bool) -> None:
    """The lower 12 bits of what an `auipc` elsewhere began."""
    low = distance & 0xFFF
    if store:
        patch.merge(4, 0xFE000F80, (low >> 5) << 25 | (low & 31) << 7)
    else:
        patch.merge(4, 0xFFF00000, low << 20)


RISCV = 243                             # e_machine
RISCV_HIGH20 = 23                       # PCREL_HI20: begins an address
RISCV_LOW12 = {24: False, 25: True}     # PCREL_LO12_I, _S: end it; their symbol is the instruction that began it

RISCV64: dict[int, Apply] = {
    1: _absolute(4),                    # 32
    2: _absolute(8),                    # 64
    16: _conditional,                   # BRANCH
    17: _jump,                          # JAL
    18: _call,                          # CALL
    19: _call,                          # CALL_PLT
    RISCV_HIGH20: _high20,
    33: _add(1, 1), 34: _add(2, 1), 35: _add(4, 1), 36: _add(8, 1),         # ADD8 to ADD64
    37: _add(1, -1), 38: _add(2, -1), 39: _add(4, -1), 40: _add(8, -1),     # SUB8 to SUB64
    44: _compressed_branch,             # RVC_BRANCH
    45: _compressed_jump,               # RVC_JUMP
    51: _nothing,                       # RELAX
    52: lambda patch: patch.merge(1, 0x3F, patch.read(1) - patch.target),   # SUB6
    53: lambda patch: patch.merge(1, 0x3F, patch.target),                   # SET6
    54: _absolute(1), 55: _absolute(2), 56: _absolute(4),                   # SET8 to SET32
    57: _relative(4),                   # 32_PCREL
}

BY_MACHINE = {62: X86_64, 183: AARCH64, RISCV: RISCV64}
