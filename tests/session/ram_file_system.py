"""A File_system server for tests: directories, files and symlinks in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from bastide.base import Env, SessionDenied, SessionRequest, SignalCap, Transmitter
from bastide.lib.file_system import RECORD, DirectoryEntry, Request, ServedFileSystem, checked_name
from bastide.session.file_system import (
    PATH_LIMIT,
    TAIL,
    InvalidHandle,
    LookupFailed,
    Mode,
    NameTooLong,
    NodeAlreadyExists,
    NodeType,
    NotEmpty,
    Operation,
    PermissionDenied,
    Rights,
    Status,
)

_inodes = count(1)
Content = dict[str, "Inode"]


@dataclass(eq=False)
class Inode:
    type: NodeType
    data: bytearray = field(default_factory=bytearray)
    content: Content = field(default_factory=dict)
    inode: int = field(default_factory=lambda: next(_inodes))
    watchers: list[tuple[RamFileSystem, int]] = field(default_factory=list)

    def changed(self) -> None:
        for session, handle in self.watchers:
            session.tell(handle)


@dataclass
class Open:
    node: Inode
    mode: Mode = Mode.STAT_ONLY
    written: bool = False


class RamFileSystem(ServedFileSystem):
    def __init__(self, env: Env, request: SessionRequest, top: Inode) -> None:
        super().__init__(env, request, self._progress)
        self._handles: dict[int, Open] = {}
        self._numbers = count(1)
        self._changed: dict[int, None] = {}
        self._watcher = Transmitter()
        try:
            self._top = _find(top, self.root)
        except LookupFailed:
            raise SessionDenied(f"there is no directory '{self.root}' for '{request.label}'") from None

    def dir(self, path: str, create: bool) -> int:
        if len(path.encode()) > PATH_LIMIT:
            raise NameTooLong(path[:40])
        if not create:
            node = _find(self._top, path)
        else:
            where, _, name = path.rstrip("/").rpartition("/")
            if not name:
                raise NodeAlreadyExists("/")
            node = self._create(_find(self._top, where), name, NodeType.DIRECTORY)
        if node.type is not NodeType.DIRECTORY:
            raise LookupFailed(path)
        return self._open(node)

    def file(self, dir: int, name: str, mode: Mode, create: bool) -> int:
        if mode in (Mode.WRITE_ONLY, Mode.READ_WRITE):
            self._expect_writeable()
        return self._open(self._entry(dir, name, NodeType.CONTINUOUS_FILE, create), mode)

    def symlink(self, dir: int, name: str, create: bool) -> int:
        mode = Mode.READ_WRITE if create else Mode.READ_ONLY
        return self._open(self._entry(dir, name, NodeType.SYMLINK, create), mode)

    def node(self, path: str) -> int:
        return self._open(_find(self._top, path))

    def watch(self, path: str) -> int:
        node = _find(self._top, path)
        handle = self._open(node)
        node.watchers.append((self, handle))
        return handle

    def watch_sigh(self, context: SignalCap | None) -> None:
        self._watcher.context = context

    def changed_nodes(self) -> tuple[int, ...]:
        changed, self._changed = tuple(self._changed), {}
        return changed

    def tell(self, handle: int) -> None:
        self._changed[handle] = None
        self._watcher.submit()

    def close_node(self, node: int) -> None:
        opened = self._of(node)
        del self._handles[node]
        opened.node.watchers = [watcher for watcher in opened.node.watchers if watcher != (self, node)]
        if opened.written:
            opened.node.changed()

    def status(self, node: int) -> Status:
        inode = self._of(node).node
        size = len(inode.content) * RECORD if inode.type is NodeType.DIRECTORY else len(inode.data)
        return Status(size, inode.type, Rights(True, self.writeable, False), inode.inode, 0)

    def unlink(self, dir: int, name: str) -> None:
        self._expect_writeable()
        directory = self._directory(dir)
        node = directory.content.get(checked_name(name))
        if node is None:
            raise LookupFailed(name)
        if node.content:
            raise NotEmpty(name)
        del directory.content[name]
        directory.changed()
        node.changed()

    def truncate(self, file: int, size: int) -> None:
        self._expect_writeable()
        data = self._of(file).node.data
        if not 0 <= size <= 1 << 20:
            raise PermissionDenied("that size")
        data[size:] = bytes(max(0, size - len(data)))

    def move(self, from_dir: int, from_name: str, to_dir: int, to_name: str) -> None:
        self._expect_writeable()
        source, target = self._directory(from_dir), self._directory(to_dir)
        if from_name not in source.content:
            raise LookupFailed(from_name)
        target.content[checked_name(to_name)] = source.content.pop(from_name)
        source.changed()
        target.changed()

    def num_entries(self, dir: int) -> int:
        return len(self._directory(dir).content)

    def close(self) -> None:
        for handle in list(self._handles):
            self.close_node(handle)

    def _progress(self) -> None:
        self.requests.acknowledge([self._done(request) for request in self.take()])
        self.requests.wakeup()

    def _done(self, request: Request) -> Request:
        opened = self._handles.get(request.handle)
        if opened is None:
            return request._replace(length=0, success=False)
        node, content = opened.node, self.requests.content(request)[:request.length]
        if request.operation == Operation.READ and opened.mode is not Mode.WRITE_ONLY:
            data = _records(node) if node.type is NodeType.DIRECTORY else node.data
            begin = max(0, len(data) - request.length) if request.position == TAIL else request.position
            piece = data[begin:begin + request.length] if begin <= len(data) else b""
            content[:len(piece)] = piece
            return request._replace(length=len(piece), success=True)
        if request.operation == Operation.WRITE and opened.mode in (Mode.WRITE_ONLY, Mode.READ_WRITE):
            begin = len(node.data) if request.position == TAIL else request.position
            if begin + request.length > 1 << 20:
                return request._replace(length=0, success=False)
            node.data[len(node.data):] = bytes(max(0, begin - len(node.data)))
            node.data[begin:begin + request.length] = content
            opened.written = True
            return request._replace(success=True)
        if request.operation == Operation.SYNC and opened.written:
            opened.written = False
            node.changed()
        return request._replace(success=request.operation in (Operation.SYNC, Operation.READ_READY))

    def _entry(self, dir: int, name: str, type: NodeType, create: bool) -> Inode:
        directory = self._directory(dir)
        if create:
            return self._create(directory, name, type)
        node = directory.content.get(checked_name(name))
        if node is None or node.type is not type:
            raise LookupFailed(name)
        return node

    def _create(self, directory: Inode, name: str, type: NodeType) -> Inode:
        self._expect_writeable()
        if checked_name(name) in directory.content:
            raise NodeAlreadyExists(name)
        node = directory.content[name] = Inode(type)
        directory.changed()
        return node

    def _open(self, node: Inode, mode: Mode = Mode.STAT_ONLY) -> int:
        handle = next(self._numbers)
        self._handles[handle] = Open(node, mode)
        return handle

    def _of(self, handle: int) -> Open:
        if handle not in self._handles:
            raise InvalidHandle(str(handle))
        return self._handles[handle]

    def _directory(self, handle: int) -> Inode:
        node = self._of(handle).node
        if node.type is not NodeType.DIRECTORY:
            raise InvalidHandle(f"{handle} is no directory")
        return node

    def _expect_writeable(self) -> None:
        if not self.writeable:
            raise PermissionDenied("the session is read-only")


def _find(node: Inode, path: str) -> Inode:
    for name in filter(None, path.split("/")):
        if name not in node.content:
            raise LookupFailed(path)
        node = node.content[name]
    return node


def _records(directory: Inode) -> bytes:
    return b"".join(DirectoryEntry(node.inode, node.type, 7, name).pack() for name, node in directory.content.items())


