from __future__ import annotations

import mmap
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bastide.base.binary import InvalidBinary, mount_library, open_binary
from bastide.tool import library
from bastide.tool.library import library_archive
from bastide.tool.sources import PackError, Source, sources

SOURCE = Path(__file__).parents[2] / "src"
Open = Callable[..., int]


@pytest.fixture
def archive() -> Iterator[Open]:
    """`library_archive` whose descriptors are closed in the end."""
    opened: list[int] = []

    def open_archive(cache: Path | None = None, extra: Sequence[tuple[Path, str]] = ()) -> int:
        opened.append(library_archive(cache, extra))
        return opened[-1]

    yield open_archive
    for fd in opened:
        os.close(fd)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A standard library of one module, and a list that grows by one with each build."""
    builds: list[int] = []

    def few() -> list[Source]:
        builds.append(1)
        return [source for source in whole() if source.name == "colorsys"]

    whole = library.library_sources
    monkeypatch.setattr(library, "library_sources", few)
    return builds


def content(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def modules(fd: int) -> list[str]:
    return list(open_binary(memoryview(content(fd)), "library").modules)


def test_the_whole_standard_library_is_there_without_what_has_no_use() -> None:
    names = {source.name for source in library.library_sources()}
    assert {"json.decoder", "asyncio.base_events", "email", "dataclasses", "xml.etree.ElementTree"} <= names
    tops = {name.partition(".")[0] for name in names}
    assert not tops & {"test", "idlelib", "tkinter", "lib2to3", "ensurepip", "pydoc_data", "site-packages"}
    assert not {name for name in names if ".test" in name}


def test_components_import_the_library_where_no_path_leads_anywhere(tmp_path: Path, archive: Open) -> None:
    shared = tmp_path / "shared_rooms"
    shared.mkdir()
    (shared / "hall.py").write_text("answer = 42\n")
    fd = archive(tmp_path / "cache", [(shared, "framework.lib")])
    script = """
        import sys
        sys.path.insert(0, sys.argv[2])
        from importlib.machinery import PathFinder
        from bastide.base.binary import mount_library
        sys.path.clear()
        sys.meta_path.remove(PathFinder)
        mount_library(int(sys.argv[1]))
        touched = []
        paths = ("open", "os.listdir", "os.scandir")
        sys.addaudithook(lambda event, _: touched.append(event) if event in paths else None)
        import colorsys, json.tool, xml.etree.ElementTree, framework.lib.shared_rooms.hall
        assert framework.lib.shared_rooms.hall.answer == 42
        print(colorsys.__file__, colorsys.rgb_to_yiq(0.0, 0.0, 0.0), touched)
    """
    command = [sys.executable, "-I", "-S", "-c", textwrap.dedent(script), str(fd), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, pass_fds=[fd])
    expected = f"python{sys.version_info[0]}.{sys.version_info[1]}/colorsys.py (0.0, 0.0, 0.0) []\n"
    assert (done.returncode, done.stdout) == (0, expected), done.stderr


def test_the_library_carries_no_source(tmp_path: Path, archive: Open, small: list[int]) -> None:
    found = open_binary(memoryview(content(archive(tmp_path))), "library")
    assert [found.source(module) for module in found.modules.values()] == [None]


def test_the_archive_is_built_once(tmp_path: Path, archive: Open, small: list[int]) -> None:
    first, second = archive(tmp_path / "deep" / "cache"), archive(tmp_path / "deep" / "cache")
    assert os.path.sameopenfile(first, second)
    assert len(small) == 1


@pytest.mark.parametrize("cached", [True, False])
def test_nobody_can_write_through_the_descriptor(tmp_path: Path, archive: Open, small: list[int], cached: bool) -> None:
    (tmp_path / "file").touch()
    fd = archive(tmp_path if cached else tmp_path / "file")
    with pytest.raises(OSError):
        os.pwrite(fd, b"x", 0)
    with pytest.raises(OSError):
        os.ftruncate(fd, 0)
    with pytest.raises(OSError):
        mmap.mmap(fd, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    assert os.get_inheritable(fd) is False
    assert modules(fd) == ["colorsys"]


def damage_first(data: bytes) -> bytes:
    return b"X" + data[1:]


def damage_code(data: bytes) -> bytes:
    return data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]


def cut(data: bytes) -> bytes:
    return data[:-100]


def empty(data: bytes) -> bytes:
    return b""


def zeros(data: bytes) -> bytes:
    return bytes(len(data))


@pytest.mark.parametrize("damage", [damage_first, damage_code, cut, empty, zeros])
def test_a_damaged_archive_is_built_again(
    tmp_path: Path, archive: Open, small: list[int], damage: Callable[[bytes], bytes]
) -> None:
    sound = content(archive(tmp_path))
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(sound))
    assert content(archive(tmp_path)) == sound
    assert len(small) == 2
    assert path.read_bytes() == sound


def test_an_archive_that_others_could_have_written_is_not_used(tmp_path: Path, archive: Open, small: list[int]) -> None:
    archive(tmp_path)
    (path,) = tmp_path.iterdir()
    path.chmod(0o666)
    archive(tmp_path)
    assert len(small) == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_or_a_pipe_in_place_of_the_archive_is_replaced(tmp_path: Path, archive: Open, small: list[int]) -> None:
    archive(tmp_path)
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / "moved")
    path.symlink_to("moved")
    archive(tmp_path)
    assert not path.is_symlink()
    path.unlink()
    os.mkfifo(path)
    archive(tmp_path)
    assert path.is_file()
    assert len(small) == 3


def test_without_a_writable_cache_the_archive_is_anonymous(tmp_path: Path, archive: Open, small: list[int]) -> None:
    (tmp_path / "file").touch()
    assert modules(archive(tmp_path / "file")) == ["colorsys"]
    assert modules(archive(tmp_path / "file" / "below")) == ["colorsys"]


def test_a_full_disk_leaves_no_rest(
    tmp_path: Path, archive: Open, small: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    assert modules(archive(tmp_path)) == ["colorsys"]
    assert list(tmp_path.iterdir()) == []


def test_two_instances_at_once_agree(tmp_path: Path, archive: Open, small: list[int]) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: content(archive(tmp_path)), range(8)))
    assert len(set(found)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_change_of_an_extra_package_builds_anew(tmp_path: Path, archive: Open, small: list[int]) -> None:
    rooms, cache = tmp_path / "rooms", tmp_path / "cache"
    rooms.mkdir()
    (rooms / "hall.py").write_text("x = 1")
    assert modules(archive(cache, [(rooms, "town")])) == ["colorsys", "town.rooms", "town.rooms.hall"]
    archive(cache, [(rooms, "town")])
    assert len(small) == 1
    (rooms / "hall.py").write_text("x = 12")
    archive(cache, [(rooms, "town")])
    (rooms / "cellar.py").write_text("")
    assert "town.rooms.cellar" in modules(archive(cache, [(rooms, "town")]))
    assert len(small) == 3
    assert modules(archive(cache)) == ["colorsys"]


def test_old_archives_are_dropped(tmp_path: Path, archive: Open, small: list[int]) -> None:
    rooms, cache = tmp_path / "rooms", tmp_path / "cache"
    rooms.mkdir()
    for number in range(library.KEPT + 3):
        (rooms / f"hall{number}.py").write_text("")
        archive(cache, [(rooms, "town")])
    assert len(list(cache.iterdir())) == library.KEPT


def test_the_cache_is_where_the_user_keeps_caches(
    tmp_path: Path, archive: Open, small: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    archive()
    assert [path.suffix for path in (tmp_path / "xdg" / "bastide").iterdir()] == [".rom"]
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    archive()
    assert [path.suffix for path in (tmp_path / "home" / ".cache" / "bastide").iterdir()] == [".rom"]


def test_an_extra_package_that_does_not_compile_is_named(tmp_path: Path, small: list[int]) -> None:
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    (rooms / "hall.py").write_text("x = = 1")
    with pytest.raises(PackError, match=r"rooms/hall\.py:1:5: invalid syntax: x = = 1"):
        library_archive(tmp_path / "cache", [(rooms, "town")])


def test_a_python_without_a_library_in_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_root", lambda: tmp_path / "python.zip")
    with pytest.raises(PackError, match=r"/python\.zip: can't be read: No such file or directory"):
        library_archive(tmp_path / "cache")


def test_every_extra_module_has_the_full_name_of_its_place(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "vfs.py").write_text("")
    assert [(each.name, each.file) for each in sources(tmp_path / "lib", "bastide.lib")] == [
        ("bastide.lib", "bastide/lib/__init__.py"),
        ("bastide.lib.vfs", "bastide/lib/vfs.py"),
    ]


def test_mounting_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"#!/bin/sh")
    with open(tmp_path / "other", "rb") as file, pytest.raises(InvalidBinary, match="'library' is no component binary"):
        mount_library(file.fileno())
