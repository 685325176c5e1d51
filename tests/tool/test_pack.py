from __future__ import annotations

import importlib.util
import os
import py_compile
import shutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.binary import load_main, open_binary
from bastide.tool.pack import Part, assemble, pack
from bastide.tool.sources import PackError

MAIN = '''"""Greets."""
from __future__ import annotations
from .words import greeting

def construct(name):
    total = sum(1 for letter in name if letter in {"a", "e", "i", "o", "u"})
    return greeting(name), total

def fail():
    raise ValueError("on purpose")
'''
WORDS = 'def greeting(name):\n    return f"hello {name}"\n'


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    return component(tmp_path / "greeter", main=MAIN, words=WORDS)


@pytest.fixture(autouse=True)
def interpreter() -> Iterator[None]:
    """Leave finders and modules as they were."""
    finders, modules = list(sys.meta_path), set(sys.modules)
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def component(folder: Path, **modules: str) -> Path:
    folder.mkdir()
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def names(data: bytes) -> dict[str, bool]:
    archive = open_binary(memoryview(data), "packed")
    return {module.name: module.package for module in archive.modules.values()}


def test_a_packed_component_runs_and_its_tracebacks_show_the_source(greeter: Path) -> None:
    archive = open_binary(memoryview(pack(greeter, "packed_town.app")), "greeter")
    shutil.rmtree(greeter)
    main = load_main(archive)
    assert main.__name__ == "packed_town.app.greeter.main"
    assert main.construct("eva") == ("hello eva", 2)
    with pytest.raises(ValueError, match="on purpose") as caught:
        main.fail()
    assert traceback.format_tb(caught.tb)[-1].startswith(
        '  File "packed_town/app/greeter/main.py", line 10, in fail\n    raise ValueError("on purpose")\n'
    )


def test_the_folder_is_a_package_even_without_an_init(greeter: Path) -> None:
    assert names(pack(greeter, "bastide.app")) == {
        "bastide.app.greeter": True,
        "bastide.app.greeter.main": False,
        "bastide.app.greeter.words": False,
    }
    assert list(names(pack(greeter, ""))) == ["greeter", "greeter.main", "greeter.words"]


def test_an_init_of_the_folder_is_executed(greeter: Path) -> None:
    (greeter / "__init__.py").write_text("charter = 1\n")
    load_main(open_binary(memoryview(pack(greeter, "")), "greeter"))
    assert sys.modules["greeter"].charter == 1


def test_folders_below_are_packed_and_tests_and_what_no_import_could_name_are_not(greeter: Path) -> None:
    for folder in ("parts/deep", "tests", "parts/tests", "pictures", ".hidden", "not-a-name"):
        (greeter / folder).mkdir(parents=True)
    for file in ("parts/deep/x.py", "tests/y.py", "parts/tests/y.py", ".hidden/y.py", "not-a-name/y.py"):
        (greeter / file).write_text("")
    for file in ("test_main.py", "conftest.py", "run-me.py", "README.md", "pictures/logo.png"):
        (greeter / file).write_text("")
    (greeter / "loop").symlink_to(greeter)
    assert list(names(pack(greeter, ""))) == [
        "greeter", "greeter.main", "greeter.words", "greeter.parts", "greeter.parts.deep", "greeter.parts.deep.x",
    ]  # fmt: skip


def test_libraries_and_data_files_are_named_in_the_manifest(greeter: Path) -> None:
    (greeter / "motd.txt").write_text("hey")
    archive = open_binary(memoryview(pack(greeter, "app", libraries=["vfs"], resources=["motd.txt"])), "greeter")
    assert archive.libraries == ("vfs",)
    assert bytes(archive.resource("app/greeter/motd.txt")) == b"hey"


def test_the_same_sources_give_the_same_bytes_wherever_they_lie_and_however_compiled(
    greeter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "greeter"
    shutil.copytree(greeter, other)
    compiled = pack(greeter, "app")
    assert (greeter / "__pycache__").is_dir()
    assert pack(greeter, "app") == compiled  # from the cache
    for file in other.iterdir():
        py_compile.compile(str(file), invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    assert pack(other, "app") == compiled
    monkeypatch.chdir(greeter)
    assert pack(Path("."), "app") == compiled
    assert str(tmp_path).encode() not in compiled


def test_no_bytecode_is_left_where_python_was_told_not_to(greeter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    pack(greeter, "")
    assert sorted(os.listdir(greeter)) == ["main.py", "words.py"]


def test_bytecode_of_an_import_is_reused_until_the_source_changes(greeter: Path) -> None:
    main = greeter / "main.py"
    main.write_text("x = 'new'\n")
    cache = Path(importlib.util.cache_from_source(str(main), optimization=""))
    py_compile.compile(str(main))
    content = cache.read_bytes()
    cache.write_bytes(content.replace(b"new", b"old"))  # tells that the cache was used
    assert load(greeter) == "old"
    os.utime(main, (1, 1))
    assert load(greeter) == "new"


@pytest.mark.parametrize("mode", [py_compile.PycInvalidationMode.CHECKED_HASH, None])
def test_bytecode_of_other_text_is_not_used(greeter: Path, mode: py_compile.PycInvalidationMode | None) -> None:
    main = greeter / "main.py"
    main.write_text("x = 'old'\n")
    py_compile.compile(str(main), invalidation_mode=mode)
    status = main.stat()
    main.write_text("x = 'newer'\n")
    os.utime(main, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert load(greeter) == "newer"


@pytest.mark.parametrize("content", [b"", b"\x00" * 40, importlib.util.MAGIC_NUMBER, b"magic"])
def test_a_damaged_cache_file_is_compiled_again(greeter: Path, content: bytes) -> None:
    main = greeter / "main.py"
    main.write_text("x = 'sound'\n")
    py_compile.compile(str(main))
    cache = Path(importlib.util.cache_from_source(str(main), optimization=""))
    cache.write_bytes(content or cache.read_bytes()[:-5])
    assert load(greeter) == "sound"


def load(folder: Path) -> object:
    for name in [name for name in sys.modules if name.startswith("loaded.")]:
        del sys.modules[name]
    return load_main(open_binary(memoryview(pack(folder, "loaded")), "greeter")).x


def test_a_syntax_error_names_file_line_column_and_text(greeter: Path) -> None:
    (greeter / "words.py").write_text("x = 1\ndef greeting(:\n    pass\n")
    with pytest.raises(PackError) as caught:
        pack(greeter, "")
    assert str(caught.value).startswith(f"{greeter}/words.py:2:14: ")
    assert str(caught.value).endswith(": def greeting(:")


@pytest.mark.parametrize("text", [b"x = 1\x00", b"# coding: unheard\n", b"\xff = 1", b"-" * 200_000 + b"1"])
def test_source_that_is_no_python_at_all_is_refused_by_file(greeter: Path, text: bytes) -> None:
    (greeter / "main.py").write_bytes(text)
    with pytest.raises(PackError) as caught:
        pack(greeter, "")
    assert str(caught.value).startswith(f"{greeter}/main.py:")


def test_a_folder_without_main_is_refused(greeter: Path) -> None:
    (greeter / "main.py").unlink()
    with pytest.raises(PackError) as caught:
        pack(greeter, "")
    assert str(caught.value) == f"component folder '{greeter}' has no main.py: a component begins in its module 'main'"


def test_folders_that_could_not_be_imported_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="can't be imported as 'my-timer': expected a name of letters"):
        pack(component(tmp_path / "my-timer", main=""), "")
    with pytest.raises(PackError, match=r"'.*/json' has the name of a module of the standard library"):
        pack(component(tmp_path / "json", main=""), "")
    with pytest.raises(PackError, match=r"folder '.*/missing' can't be read: No such file or directory"):
        pack(tmp_path / "missing", "")


def test_a_module_and_a_package_of_one_name_are_refused(greeter: Path) -> None:
    component(greeter / "words", inner="")
    with pytest.raises(PackError, match=r"and file '.*/greeter/words\.py' are both 'greeter\.words'; rename one"):
        pack(greeter, "")


def test_a_data_file_that_is_missing_is_named(greeter: Path) -> None:
    with pytest.raises(PackError, match=r"data file '.*/greeter/none' can't be read: No such file"):
        pack(greeter, "", resources=["none"])


def test_what_could_not_be_read_again_is_not_written() -> None:
    part = Part("a", False, "a.py", b"")
    with pytest.raises(PackError, match=r"not be read again: binary 'library': .* names module 'a' a second time"):
        assemble([part, part])
    with pytest.raises(PackError, match="can't be part of a manifest: it has unprintable characters"):
        assemble([], resources={"a\nmodule b 0 0 b": b""})
    with pytest.raises(PackError, match="its main module 'b' is not among its modules"):
        assemble([part], main="b")


identifiers = st.text(st.sampled_from("abcé_"), min_size=1, max_size=4)


@given(
    st.dictionaries(identifiers, st.tuples(st.booleans(), st.binary(max_size=9), st.binary(max_size=9)), max_size=8),
    st.dictionaries(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), st.binary()),
    st.lists(identifiers, unique=True),
    st.integers(0, 100),
)
def test_what_is_assembled_is_read_back(
    modules: dict[str, tuple[bool, bytes, bytes]], data: dict[str, bytes], libraries: list[str], padding: int
) -> None:
    parts = [Part(name, package, f"{name}.py", code, text) for name, (package, code, text) in modules.items()]
    blob = assemble(parts, libraries=libraries, resources=data)
    archive = open_binary(memoryview(blob + bytes(padding)), "packed")
    view = archive.view
    assert archive.libraries == tuple(libraries)
    assert {name: bytes(archive.resource(name)) for name in archive.resources} == data
    assert {
        module.name: (module.package, bytes(view[module.code : module.source]), bytes(view[module.source : module.end]))
        for module in archive.modules.values()
    } == modules
