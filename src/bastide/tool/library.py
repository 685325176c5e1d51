"""The standard library as one archive, so that components can import it without files.

Built once from the Python that runs this and kept in the user's cache folder; several instances may do so at once.
The archive also takes `extra` packages of the framework that are imported rarely enough not to be preloaded. It carries
no source. What cannot be kept (a full disk, a read-only home) is built in anonymous memory: slower, never an error.

The cache is as trusted as the user's own files: one that somebody else owns or could have written is not used, and a
checksum behind the archive, where its reader does not look, finds damage.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import stat
import sys
import sysconfig
from _blake2 import blake2b  # as in `kernel/linux/seal.py`
from binascii import crc32
from collections.abc import Sequence
from pathlib import Path

from bastide.base.binary import PYTHON
from bastide.tool.pack import assemble, compiled
from bastide.tool.sources import PackError, Source, sources

# Of no use without a display, a file system or the network, or no part of the library proper.
EXCLUDED = frozenset(
    ("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "pydoc_data", "site-packages")
)

KEPT = 4  # archives of other versions or checkouts that stay in the cache

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
TRAILER = 15  # bytes behind the archive: 'crc32 01234567\n'


def library_archive(cache: Path | None = None, extra: Sequence[tuple[Path, str]] = ()) -> int:
    """A descriptor of the archive that can't be written through; the caller closes it.

    `cache` is the folder to keep it in, by default `bastide` in the user's cache folder. `extra` are folders, each
    with the package it belongs into, as for `pack`: `(src/bastide/lib, 'bastide')` adds `bastide.lib` and all below.
    Raises `PackError` when a module does not compile.
    """
    found = [source for folder, package in extra for source in sources(folder, _below(package, folder.name))]
    folder = cache if cache is not None else _default_cache()
    path = folder / f"library-{_key(found)}.rom" if folder is not None else None
    if path is not None:
        kept = _open_intact(path)
        if kept is not None:
            return kept
    content = _build(found)
    if path is not None:
        with contextlib.suppress(OSError):
            return _keep(path, content)
    return _anonymous(content)


def library_sources() -> list[Source]:
    """All pure-Python modules of the standard library but the excluded ones."""
    root = _root()
    return list(sources(root, "", skip=EXCLUDED, prefix=f"{root.name}/"))


def _build(extra: Sequence[Source]) -> bytes:
    parts = (compiled(source)._replace(source=b"") for source in [*library_sources(), *extra])
    archive = assemble(parts)
    return archive + _trailer(memoryview(archive))


def _trailer(archive: memoryview) -> bytes:
    return b"crc32 %08x\n" % crc32(archive)


def _root() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _below(package: str, name: str) -> str:
    return f"{package}.{name}" if package else name


def _default_cache() -> Path | None:
    base = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):  # the XDG specification has all others ignored
        return Path(base, "bastide")
    try:
        return Path.home() / ".cache" / "bastide"
    except RuntimeError:  # a user without a home
        return None


def _key(extra: Sequence[Source]) -> str:
    """Differs whenever the archive would: an upgraded Python has another version, or its folder was written to."""
    root = _root()
    facts: list[object] = [PYTHON, sys.version, str(root), _stamp(str(root))]
    for source in extra:
        facts += [source.name, source.file, source.path, source.path and _stamp(source.path)]
    digest = blake2b(repr(facts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
    return f"{sys.implementation.cache_tag}-{digest}"


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise PackError(f"{path}: can't be read: {error.strerror}; the library needs it") from error
    return status.st_mtime_ns, status.st_size


def _open_intact(path: Path) -> int | None:
    """A descriptor of the archive in the cache, if it is there, undamaged, and nobody else could have written it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if _intact(fd):
        return fd
    os.close(fd)
    return None


def _intact(fd: int) -> bool:
    status = os.fstat(fd)
    own = status.st_uid in (os.geteuid(), 0) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not (stat.S_ISREG(status.st_mode) and own and status.st_size > TRAILER):
        return False
    try:
        mapped = mmap.mmap(fd, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    except (OSError, ValueError):
        return False
    with mapped, memoryview(mapped) as view, view[:-TRAILER] as archive, view[-TRAILER:] as trailer:
        return trailer == _trailer(archive)


def _keep(path: Path, content: bytes) -> int:
    """Write the archive and give it its name at once, so that other instances see all of it or nothing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    import tempfile  # at first use only
    writing, temporary = tempfile.mkstemp(prefix="library-", suffix=".new", dir=path.parent)
    try:
        with open(writing, "wb") as file:
            file.write(content)
        fd = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.rename(temporary, path)
        except OSError:
            os.close(fd)
            raise
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _prune(path.parent)
    return fd


def _prune(folder: Path) -> None:
    """Drop all but the newest archives. Whoever has one of the others open keeps it until done."""
    ages: list[tuple[int, str]] = []
    with contextlib.suppress(OSError):
        for path in folder.glob("library-*"):
            ages.append((path.stat().st_mtime_ns, str(path)))
        for _, name in sorted(ages, reverse=True)[KEPT:]:
            os.unlink(name)


def _anonymous(content: bytes) -> int:
    fd = os.memfd_create("bastide-library", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with open(fd, "wb", closefd=False) as file:
            file.write(content)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
        os.lseek(fd, 0, os.SEEK_SET)
    except OSError:
        os.close(fd)
        raise
    return fd
