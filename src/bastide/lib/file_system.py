"""Both ends of a File_system session, with their packet stream, and the records that directories consist of."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from bastide.base import Account, Capability, Env, SessionDenied, SessionRequest
from bastide.lib.packet_stream import Format, OpenedChannel, ServedChannel, Sink, Source
from bastide.session.file_system import (
    NAME_LIMIT,
    FileSystemArgs,
    FileSystemSession,
    InvalidName,
    NodeType,
    Operation,
)
from bastide.session.packet_stream import PacketChannel


class Request(NamedTuple):
    """A packet of content. An acknowledgement has the length that was read or written, and whether it worked."""

    offset: int
    size: int
    handle: int
    operation: int
    position: int
    length: int
    success: bool = False


REQUESTS = Format(Request, "IIQBQQ?", 32)


class DirectoryEntry(NamedTuple):
    """One record of a directory's content. The one with the number n begins at the position n * RECORD."""

    inode: int
    type: NodeType
    rights: int
    name: str

    def pack(self) -> bytes:
        return _ENTRY.pack(self.inode, self.type.value, self.rights, self.name.encode()[:NAME_LIMIT])

    @classmethod
    def unpack(cls, record: bytes | memoryview) -> DirectoryEntry:
        """Raises ValueError if this is no record."""
        if len(record) != RECORD:
            raise ValueError(f"a directory entry has {RECORD} bytes, not {len(record)}")
        inode, type, rights, name = _ENTRY.unpack(record)
        return cls(inode, NodeType(type), rights, name.partition(b"\0")[0].decode(errors="replace"))


_ENTRY = Struct(f"<QBB{NAME_LIMIT + 1}s")
RECORD = _ENTRY.size


class FileSystem:
    """The client's end. `progress` is called when requests were acknowledged."""

    def __init__(self, env: Env, path: str, progress: Callable[[], object], args: FileSystemArgs | None = None, *,
                 label: str = "", payer: Account | None = None) -> None:
        """Open the directory `path` of what the session leads to."""
        whole = f"{label} -> {path}" if label else path
        self.session = FileSystemSession.connect(env, whole, args or FileSystemArgs(), payer=payer)
        self._tx = OpenedChannel(env, self.session.tx(), progress, payer)
        self.tx: Source[Request] = Source(self._tx, REQUESTS)

    def request(self, handle: int, operation: Operation, position: int, length: int) -> Request | None:
        """A request with room for its content, ready to be filled and submitted. None: there is no room now."""
        if operation not in (Operation.READ, Operation.WRITE) or not length:
            return Request(0, 0, handle, operation, position, length)
        room = self.tx.allocate(length)
        return Request(*room[0], handle, operation, position, length) if room else None

    def close(self) -> None:
        self._tx.close()
        self.session.close()


class ServedFileSystem(FileSystemSession):
    """What is alike in all servers: the stream, and what the session's label and arguments say."""

    def __init__(self, env: Env, request: SessionRequest, progress: Callable[[], object]) -> None:
        args = request.args(FileSystemArgs)
        self.root = request.label.last_element
        if not (self.root.startswith("/") and self.root.endswith("/")):
            raise SessionDenied(f"the label '{request.label}' has to end with a directory such as '/' or '/home/'")
        if not args.tx_buf_size:
            raise SessionDenied(f"'{request.label}' comes with tx_buf_size=0, which can hold no content")
        self.writeable = args.writeable
        self._tx = ServedChannel(env, request.account, REQUESTS.overhead + args.tx_buf_size, progress)
        self.requests: Sink[Request] = Sink(self._tx, REQUESTS)

    def tx(self) -> Capability[PacketChannel]:
        return self._tx.cap

    def take(self) -> list[Request]:
        """Requests whose length fits their packet. The others are acknowledged as failed."""
        good, wrong = list[Request](), list[Request]()
        for request in self.requests.take():
            carries = request.operation in (Operation.READ, Operation.WRITE)
            (wrong if carries and request.length > request.size else good).append(request)
        self.requests.acknowledge([request._replace(length=0, success=False) for request in wrong])
        return good


def checked_name(name: str) -> str:
    """A name as servers get it. Raises InvalidName."""
    if not name or name in (".", "..") or "/" in name or "\0" in name or len(name.encode()) > NAME_LIMIT:
        raise InvalidName(f"'{name[:40]}' is no name of a node")
    return name
