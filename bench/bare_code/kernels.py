"""What kernels do all day, for the benchmark `bare`: arithmetic, following links, looking things up in tables."""

from __future__ import annotations

from typing import Final, Literal

from bare import Array, Struct, i64, len, range, u8, u32, u64, zeroed

SIDE: Final = 48
NODES: Final = 4096


class Node(Struct):
    value: u64
    next: u32


class Capability(Struct):
    target: u32
    rights: u32
    generation: u64


left = zeroed(Array[i64, Literal[2304]])
right = zeroed(Array[i64, Literal[2304]])
product = zeroed(Array[i64, Literal[2304]])
nodes = zeroed(Array[Node, Literal[4096]])
checksums = zeroed(Array[u32, Literal[256]])
text = zeroed(Array[u8, Literal[4096]])
capabilities = zeroed(Array[Capability, Literal[1024]])


def prepare() -> u64:
    """Fill the tables."""
    for i in range(len(left)):
        left[i] = i64(i % 17) - 8
        right[i] = i64(i % 13) - 6
    for at in range(len(nodes)):
        nodes[at].value = u64(at) % 100
        nodes[at].next = u32((at * 1237 + 51) % NODES)
    for byte in range(u32(256)):
        checksum = byte
        for _ in range(8):
            checksum = (checksum >> 1) ^ 0xEDB88320 if checksum & 1 != 0 else checksum >> 1
        checksums[u64(byte)] = checksum
    for i in range(len(text)):
        text[i] = u8.wrap(i * 7)
    for i in range(len(capabilities)):
        capabilities[i].target = u32(i * 31 % 1024)
        capabilities[i].rights = u32(i % 8)
        capabilities[i].generation = i % 5
    return u64(0)


def numeric(limit: u64) -> u64:
    """How many steps all numbers below a limit take to 1, by halving and 3x + 1."""
    steps = u64(0)
    for start in range(1, limit):
        x = start
        while x != 1:
            x = x // 2 if x % 2 == 0 else x * 3 + 1
            steps += 1
    return steps


def matrix(rounds: u64) -> u64:
    """Products of two matrices."""
    for _ in range(rounds):
        for row in range(SIDE):
            for column in range(SIDE):
                total = i64(0)
                for at in range(SIDE):
                    total += left[row * SIDE + at] * right[at * SIDE + column]
                product[row * SIDE + column] = total
    return u64.wrap(product[0] + product[2303])


def chase(steps: u64) -> u64:
    """Follow links through a table."""
    total, at = u64(0), u32(0)
    for _ in range(steps):
        node = nodes[u64(at)]
        total += node.value
        at = node.next
    return total


def table(rounds: u64) -> u64:
    """Checksums of a text."""
    checksum = u32(0)
    for _ in range(rounds):
        checksum = ~checksum
        for byte in text:
            checksum = checksums[u64((checksum ^ u32(byte)) & 0xFF)] ^ (checksum >> 8)
        checksum = ~checksum
    return u64(checksum)


def lookup(count: u64) -> u64:
    """Find capabilities that allow something, and are not outdated."""
    allowed, at = u64(0), u64(1)
    for _ in range(count):
        capability = capabilities[at]
        if capability.rights & 4 != 0 and capability.generation == at % 5:
            allowed += 1
        at = (u64(capability.target) + allowed) % 1024
    return allowed
