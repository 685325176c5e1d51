"""Landlock: no file, no TCP port, no foreign process or abstract socket is reachable, whatever else would allow it.

Owns the rights that each version of the Landlock ABI knows, and the call that gives all of them up. It never allows
anything, so it knows no rules.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

from bastide.kernel.linux.syscall import call, prepared

# linux/landlock.h: the highest right about files of each ABI version, beginning with version 1
_FILE_RIGHTS = {1: 1 << 12, 2: 1 << 13, 3: 1 << 14, 4: 1 << 14, 5: 1 << 15}
_NET_RIGHTS = 0b11          # BIND_TCP, CONNECT_TCP; since version 4
_SCOPES = 0b11              # ABSTRACT_UNIX_SOCKET, SIGNAL; since version 6
_VERSION_QUERY = 1

NET_ABI = 4
SCOPE_ABI = 6


def abi() -> int:
    """Version of the kernel's ABI. Raises OSError if Landlock is absent (ENOSYS) or not enabled (EOPNOTSUPP)."""
    return call("landlock_create_ruleset", None, 0, _VERSION_QUERY)


def ruleset(version: int, scope: bool = True) -> bytes:
    """struct landlock_ruleset_attr that denies all that ABI `version` can deny; without `scope`, no scoping."""
    files = (_FILE_RIGHTS[min(version, max(_FILE_RIGHTS))] << 1) - 1
    if version < NET_ABI:
        return struct.pack("=Q", files)
    if version < SCOPE_ABI or not scope:
        return struct.pack("=QQ", files, _NET_RIGHTS)
    return struct.pack("=QQQ", files, _NET_RIGHTS, _SCOPES)


def prepared_denial(attributes: bytes) -> Callable[[], int]:
    """`deny_all` as a prepared system call, for all processes that are forked later. It keeps a descriptor open."""
    return prepared("landlock_restrict_self", call("landlock_create_ruleset", attributes, len(attributes), 0), 0)


def deny_all(attributes: bytes) -> None:
    """Put this thread, and all that it starts, under a ruleset without rules. Needs no_new_privs."""
    descriptor = call("landlock_create_ruleset", attributes, len(attributes), 0)
    try:
        call("landlock_restrict_self", descriptor, 0)
    finally:
        os.close(descriptor)
