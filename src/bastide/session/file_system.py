"""File_system: directories, files and symlinks below one directory. `bastide.lib.file_system` is what both ends use.

The last element of the label is the path of that directory; it begins and ends with `/`. Functions return at once:
content is read and written by packets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from bastide.base import (
    BastideError,
    Bytes,
    Capability,
    OutOfCaps,
    OutOfRam,
    Session,
    SessionArgs,
    SignalCap,
    raises,
    rpc,
)
from bastide.session.packet_stream import PacketChannel

NAME_LIMIT, PATH_LIMIT = 127, 1023
"""Bytes."""

TAIL = (1 << 64) - 1
"""As position: the end of the file, wherever it is when the packet is handled."""


class Operation(IntEnum):
    READ, WRITE, READ_READY, SYNC, WRITE_TIMESTAMP = range(5)


class Mode(Enum):
    STAT_ONLY, READ_ONLY, WRITE_ONLY, READ_WRITE = range(4)


class NodeType(Enum):
    DIRECTORY, SYMLINK, CONTINUOUS_FILE, TRANSACTIONAL_FILE = range(4)


class InvalidHandle(BastideError):
    """There is no open node of that number."""


class InvalidName(BastideError):
    """No node can have that name."""


class LookupFailed(BastideError):
    """There is no such node."""


class NameTooLong(BastideError):
    """The path exceeds the limit."""


class NodeAlreadyExists(BastideError):
    """There is such a node already."""


class NoSpace(BastideError):
    """The file system is full."""


class NotEmpty(BastideError):
    """The directory still contains something."""


class PermissionDenied(BastideError):
    """The policy of the server, or the way the node was opened, does not allow this."""


class Unavailable(BastideError):
    """This kind of node can't do that."""


@dataclass(frozen=True)
class FileSystemArgs(SessionArgs):
    tx_buf_size: Bytes = Bytes(128 << 10)
    writeable: bool = True

    @property
    def ram(self) -> int:
        return self.tx_buf_size


@dataclass(frozen=True)
class Rights:
    readable: bool
    writeable: bool
    executable: bool


@dataclass(frozen=True)
class Status:
    """`modified` are milliseconds since 1970."""

    size: int
    type: NodeType
    rights: Rights
    inode: int
    modified: int


_COMMON = (LookupFailed, NodeAlreadyExists, NoSpace, PermissionDenied, OutOfRam, OutOfCaps)


class FileSystemSession(Session):
    service, ram_quota, cap_quota = "File_system", "64K", 12

    @rpc
    def tx(self) -> Capability[PacketChannel]: ...

    @rpc
    @raises(*_COMMON, NameTooLong)
    def dir(self, path: str, create: bool) -> int:
        """A handle of a directory. `create` fails if there is one already."""
        ...

    @rpc
    @raises(*_COMMON, InvalidHandle, InvalidName, Unavailable)
    def file(self, dir: int, name: str, mode: Mode, create: bool) -> int: ...

    @rpc
    @raises(*_COMMON, InvalidHandle, InvalidName, Unavailable)
    def symlink(self, dir: int, name: str, create: bool) -> int: ...

    @rpc
    @raises(LookupFailed, OutOfRam, OutOfCaps)
    def node(self, path: str) -> int:
        """A handle of any node, good for its status."""
        ...

    @rpc
    @raises(LookupFailed, Unavailable, OutOfRam, OutOfCaps)
    def watch(self, path: str) -> int:
        """A handle by which `changed_nodes` tells that the node changed: a file when somebody closed it after writing,
        a directory when entries came or went, both when they vanish."""
        ...

    @rpc
    def watch_sigh(self, context: SignalCap | None) -> None:
        """Where to tell that a watched node changed."""

    @rpc
    def changed_nodes(self) -> tuple[int, ...]:
        """The watch handles of nodes that changed since the last call."""
        ...

    @rpc
    @raises(InvalidHandle)
    def close_node(self, node: int) -> None: ...

    @rpc
    @raises(InvalidHandle, Unavailable)
    def status(self, node: int) -> Status: ...

    @rpc
    @raises(InvalidHandle, InvalidName, LookupFailed, NotEmpty, PermissionDenied, Unavailable)
    def unlink(self, dir: int, name: str) -> None: ...

    @rpc
    @raises(InvalidHandle, NoSpace, PermissionDenied, Unavailable)
    def truncate(self, file: int, size: int) -> None: ...

    @rpc
    @raises(InvalidHandle, InvalidName, LookupFailed, PermissionDenied, Unavailable)
    def move(self, from_dir: int, from_name: str, to_dir: int, to_name: str) -> None: ...

    @rpc
    @raises(InvalidHandle)
    def num_entries(self, dir: int) -> int: ...
