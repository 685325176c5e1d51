"""File_system sessions: a file system in memory, and a client that uses all of the interface."""

from __future__ import annotations

from typing import Any

import pytest
from init.puppet import Puppets
from session.ram_file_system import Inode, RamFileSystem

from bastide.base import Bytes, Env, SessionDenied, SignalHandler
from bastide.lib.file_system import RECORD, DirectoryEntry, FileSystem, Request
from bastide.session.file_system import (
    TAIL,
    FileSystemArgs,
    FileSystemSession,
    InvalidHandle,
    InvalidName,
    LookupFailed,
    Mode,
    NameTooLong,
    NodeAlreadyExists,
    NodeType,
    NotEmpty,
    Operation,
    PermissionDenied,
)

CONFIG = """
+ start files | ram: 4M
  + provides | + service File_system
  + route | + any-service | + parent
+ start client | ram: 4M
  + binary puppet
  + route
    + service File_system | + child files
    + any-service | + parent
"""


class Office(Puppets):
    def __init__(self) -> None:
        def files(env: Env) -> object:
            return FileSystemSession.announce(env, lambda request: RamFileSystem(env, request, top))

        top = Inode(NodeType.DIRECTORY)
        super().__init__(CONFIG, {"files": files})
        self.files: FileSystem
        self.done: list[tuple[Request, bytes]] = []

    def open(self, path: str = "/", args: FileSystemArgs | None = None) -> Any:
        def progress() -> None:
            for request in (requests := self.files.tx.collect()):
                self.done.append((request, bytes(self.files.tx.content(request)) if request.size else b""))
            self.files.tx.release(requests)

        def act(env: Env) -> None:
            self.files = FileSystem(env, path, progress, args)

        return self.tell("client", act)

    def call(self, name: str, *args: Any) -> Any:
        """Call a function of the session."""
        return self.tell("client", lambda env: getattr(self.files.session, name)(*args))

    def do(self, handle: int, kind: Operation, position: int = 0, length: int = 0,
           content: bytes = b"", **change: Any) -> tuple[bool, bytes | int]:
        """One request: whether it worked, and what was read, or the length that was written."""
        def act(env: Env) -> None:
            request = self.files.request(handle, kind, position, length or len(content))
            assert request is not None
            if content:
                self.files.tx.content(request)[:] = content
            self.files.tx.submit([request._replace(**change)])
            self.files.tx.wakeup()

        assert self.tell("client", act) is None
        request, data = self.done.pop()
        return request.success, data[:request.length] if kind is Operation.READ else request.length

    def write(self, handle: int, content: bytes, position: int = 0) -> Any:
        return self.do(handle, Operation.WRITE, position, content=content)

    def read(self, handle: int, length: int, position: int = 0) -> Any:
        return self.do(handle, Operation.READ, position, length)


def test_files_are_created_written_and_read() -> None:
    with Office() as office:
        office.open()
        root = office.call("dir", "/", False)
        file = office.call("file", root, "notes", Mode.READ_WRITE, True)
        assert office.write(file, b"hello world") == (True, 11)
        assert office.write(file, b"WORLD", 6) == (True, 5)
        assert office.write(file, b"!", TAIL) == (True, 1)
        assert office.read(file, 100) == (True, b"hello WORLD!")
        assert office.read(file, 3, TAIL) == (True, b"LD!")
        assert office.read(file, 5, 100) == (True, b"")
        assert office.call("status", file).size == 12
        assert office.call("truncate", file, 5) is None
        assert office.read(file, 100) == (True, b"hello")
        assert office.do(file, Operation.SYNC) == (True, 0)
        assert office.town.trouble == []


def test_directories_consist_of_records() -> None:
    with Office() as office:
        office.open()
        home = office.call("dir", "/home", True)
        office.call("file", home, "notes", Mode.READ_WRITE, True)
        office.call("symlink", home, "link", True)
        assert office.call("num_entries", home) == 2 and office.call("status", home).type is NodeType.DIRECTORY
        entries = [DirectoryEntry.unpack(office.read(home, RECORD, number * RECORD)[1]) for number in range(2)]
        assert [(entry.name, entry.type) for entry in entries] == [
            ("notes", NodeType.CONTINUOUS_FILE), ("link", NodeType.SYMLINK)]
        assert office.read(home, RECORD, 2 * RECORD) == (True, b"")


def test_nodes_move_and_vanish() -> None:
    with Office() as office:
        office.open()
        root, home = office.call("dir", "/", False), office.call("dir", "/home", True)
        office.write(office.call("file", root, "a", Mode.WRITE_ONLY, True), b"content")
        assert office.call("move", root, "a", home, "b") is None
        assert isinstance(office.call("unlink", root, "home"), NotEmpty)
        assert office.read(office.call("file", home, "b", Mode.READ_ONLY, False), 10) == (True, b"content")
        assert office.call("unlink", home, "b") is None and office.call("unlink", root, "home") is None
        assert isinstance(office.call("node", "/home"), LookupFailed)


@pytest.mark.parametrize(("call", "error"), [
    (("dir", "/", True), NodeAlreadyExists), (("dir", "/gone", False), LookupFailed),
    (("dir", "/" + "x" * 1100, False), NameTooLong), (("file", 1, "gone", Mode.READ_ONLY, False), LookupFailed),
    (("file", 77, "a", Mode.READ_ONLY, False), InvalidHandle), (("file", 1, "a/b", Mode.READ_WRITE, True), InvalidName),
    (("file", 1, "..", Mode.READ_WRITE, True), InvalidName), (("file", 1, "", Mode.READ_WRITE, True), InvalidName),
    (("file", 1, "x" * 128, Mode.READ_WRITE, True), InvalidName), (("close_node", -1), InvalidHandle),
    (("num_entries", 99), InvalidHandle), (("watch", "/gone"), LookupFailed), (("unlink", 1, "gone"), LookupFailed)])
def test_what_can_not_be_done_is_refused_by_name(call: tuple[Any, ...], error: type[Exception]) -> None:
    with Office() as office:
        office.open()
        assert office.call("dir", "/", False) == 1
        assert isinstance(office.call(*call), error)


def test_a_read_only_session_changes_nothing() -> None:
    with Office() as office:
        office.open(args=FileSystemArgs(writeable=False))
        root = office.call("dir", "/", False)
        for call in (("file", root, "a", Mode.READ_WRITE, True), ("dir", "/home", True), ("unlink", root, "a"),
                     ("symlink", root, "a", True)):
            assert isinstance(office.call(*call), PermissionDenied)


def test_a_session_is_confined_to_its_directory() -> None:
    with Office() as office:
        office.open()
        office.call("dir", "/home", True)
        office.call("file", office.call("dir", "/", False), "secret", Mode.READ_WRITE, True)
        office.open("/home/")
        for path in ("/secret", "/../secret", "/home/../secret"):
            assert isinstance(office.call("node", path), LookupFailed)


@pytest.mark.parametrize(("path", "args", "reason"), [
    ("home", None, "the label 'client -> home' has to end with a directory such as '/' or '/home/'"),
    ("/home", None, "has to end with a directory"), ("/gone/", None, "there is no directory '/gone/'"),
    ("/", FileSystemArgs(tx_buf_size=Bytes(0)), "comes with tx_buf_size=0")])
def test_sessions_that_lead_nowhere_are_denied(path: str, args: FileSystemArgs | None, reason: str) -> None:
    with Office() as office:
        assert isinstance(office.open(path, args), SessionDenied)
        assert reason in "".join(office.town.lines("init -> files"))


def test_wrong_packets_fail_and_the_stream_goes_on() -> None:
    with Office() as office:
        office.open()
        file = office.call("file", office.call("dir", "/", False), "a", Mode.WRITE_ONLY, True)
        assert office.write(file, b"x" * 10) == (True, 10)
        assert office.read(file, 10) == (False, b"x" * 10)
        assert office.do(99, Operation.READ, 0, 10) == (False, b"")
        assert office.do(file, Operation.WRITE, content=b"abc", length=0, size=3, position=1 << 60) == (False, 0)
        assert office.do(file, Operation.READ_READY, operation=77) == (False, 0)
        assert office.write(file, b"y") == (True, 1)
        assert office.town.trouble == []


def test_a_length_beyond_the_packet_fails() -> None:
    with Office() as office:
        office.open()
        file = office.call("file", office.call("dir", "/", False), "a", Mode.READ_WRITE, True)

        def act(env: Env) -> None:
            request = office.files.request(file, Operation.WRITE, 0, 10)
            assert request is not None
            office.files.tx.submit([request._replace(length=1 << 40)])
            office.files.tx.wakeup()

        office.tell("client", act)
        assert [(request.success, request.length) for request, _ in office.done] == [(False, 0)]


def test_whoever_watches_is_told_of_changes_by_others() -> None:
    with Office() as office:
        office.open()
        root = office.call("dir", "/", False)
        file = office.call("file", root, "a", Mode.READ_WRITE, True)

        def watch(env: Env) -> tuple[int, int, SignalHandler]:
            session = office.files.session
            handler = SignalHandler(env, lambda: env.log("changed", *session.changed_nodes()))
            session.watch_sigh(handler.cap)
            return session.watch("/"), session.watch("/a"), handler

        directory, watched, _ = office.tell("client", watch)
        office.write(file, b"x")
        assert office.town.lines("init -> client") == []
        office.call("close_node", file)
        office.call("file", root, "b", Mode.READ_WRITE, True)
        office.call("unlink", root, "a")
        assert office.town.lines("init -> client") == [
            f"changed {watched}", f"changed {directory}", f"changed {directory} {watched}"]


def test_all_memory_returns() -> None:
    with Office() as office:
        office.open()
        office.call("dir", "/home", True)
        office.apply("")
        assert office.town.init_has == office.before


def test_a_record_of_another_size_is_none() -> None:
    with pytest.raises(ValueError, match=f"a directory entry has {RECORD} bytes, not 3"):
        DirectoryEntry.unpack(b"abc")
