"""The folder in which runs offer their sockets: who may enter it, how a run is called in it, and what is left of the
dead.

    $XDG_RUNTIME_DIR/bastide/1234-hello        else /tmp/bastide-1000/1234-hello

It belongs to the user, and nobody else can enter it: one that is somebody else's, or open to others, or a link to
another place is not used. All of it is done relative to its descriptor, so that nobody can swap it meanwhile. A socket
appears under its name when it is ready for connections, so that one that refuses them belongs to a run that is dead.
"""

from __future__ import annotations

import os
import re
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAME = r"[0-9]{1,10}-[A-Za-z0-9_.+-]{1,60}"

WAITING = 64
"""Connections that may wait to be accepted. Further ones have to wait for their turn."""


class FolderError(Exception):
    """There is no folder that could be trusted; the text says why."""


def places() -> tuple[Path, ...]:
    """Where the folder can be, the best first."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    temporary = Path(os.environ.get("TMPDIR") or "/tmp") / f"bastide-{os.geteuid()}"
    return (Path(runtime) / "bastide", temporary) if _ours(runtime) else (temporary,)


@contextmanager
def entered(place: Path, make: bool = False) -> Iterator[int]:
    """The descriptor of a folder that is ours alone. Raises FolderError, FileNotFoundError."""
    if make:
        with suppress(FileExistsError):
            os.mkdir(place, 0o700)
    try:
        folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except NotADirectoryError:
        raise FolderError(f"{place} is no folder, or a link to one, and has to be a folder") from None
    try:
        status = os.fstat(folder)
        if status.st_uid != os.geteuid():
            raise FolderError(f"{place} belongs to the user with the id {status.st_uid}, so it is not used")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise FolderError(f"{place} is open to others, so it is not used: chmod 700 {place}")
        yield folder
    finally:
        os.close(folder)


class Offer:
    """A listening socket, and its name in the folder."""

    def __init__(self, place: Path, name: str, listener: socket.socket) -> None:
        self.path = place / name
        self.listener = listener

    def withdraw(self) -> None:
        """Let nobody find it any more. Its listener is closed by whoever listens."""
        with suppress(OSError, FolderError), entered(self.path.parent) as folder:
            os.unlink(self.path.name, dir_fd=folder)


def offer(scenario: str) -> Offer | None:
    """A socket for the run of a scenario by this process. None: there is no place for one, and the run does without."""
    for place in places():
        with suppress(OSError, FolderError), entered(place, make=True) as folder:
            return _offered(place, folder, f"{os.getpid()}-{_spelled(scenario)}")
    return None


def names(folder: int) -> list[str]:
    """The sockets in a folder, oldest process first."""
    return sorted((name for name in os.listdir(folder) if re.fullmatch(NAME, name)),
                  key=lambda name: int(name.partition("-")[0]))


def run_names() -> list[str]:
    """Names of scenarios that seem to run: nobody is asked."""
    found = set[str]()
    for place in places():
        with suppress(FileNotFoundError, FolderError), entered(place) as folder:
            found.update(name.partition("-")[2] for name in names(folder))
    return sorted(found)


def connected(folder: int, name: str, seconds: float) -> socket.socket | None:
    """A connection to a run. None: it takes none, or is dead, and then what was left of it is removed."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Others may be waiting for their turn. Who sets a timeout in Python does not wait with them, but is sent away.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(seconds), 0))
    try:
        connection.connect(_within(folder, name))
        connection.settimeout(seconds)
    except OSError as error:
        connection.close()
        if isinstance(error, ConnectionRefusedError):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
        return None
    return connection


def peer(connection: socket.socket) -> int:
    """The id of the user at the other end, as it was when the connection, or the listening socket, was made."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], "little")


def _ours(folder: str) -> bool:
    """Whether it is ours at all: root may have inherited the variable of somebody else."""
    try:
        return folder.startswith("/") and os.stat(folder).st_uid == os.geteuid()
    except OSError:
        return False


def _offered(place: Path, folder: int, name: str) -> Offer:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    early = f".{name}"
    try:
        with suppress(FileNotFoundError):
            os.unlink(early, dir_fd=folder)
        listener.bind(_within(folder, early))
        listener.listen(WAITING)
        listener.setblocking(False)
        os.rename(early, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        listener.close()
        raise
    return Offer(place, name, listener)


def _within(folder: int, name: str) -> str:
    """A path to what is in an open folder, short enough for the address of a socket wherever the folder is."""
    return f"/proc/self/fd/{folder}/{name}"


def _spelled(scenario: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", scenario)[:60] or "_"
