from __future__ import annotations

import marshal
import os
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.binary import (
    DEPTH_LIMIT,
    FORMAT,
    MANIFEST_LIMIT,
    PYTHON,
    Archive,
    BinaryFinder,
    InvalidBinary,
    load_main,
    mount_library,
    open_binary,
)

SOURCE = Path(__file__).parents[2] / "src"


def blob(manifest: str, contents: bytes = b"", *, form: str = FORMAT, python: str = PYTHON) -> bytes:
    text = manifest.encode()
    return f"{form} {python} {len(text)} {len(contents)}\n".encode() + text + contents


def opened(manifest: str, contents: bytes = b"", name: str = "hello") -> Archive:
    return open_binary(memoryview(blob(manifest, contents)), name)


def program(modules: dict[str, str], main: str = "", *, packages: tuple[str, ...] = ()) -> bytes:
    """A binary of the given modules, with their source."""
    manifest, contents = f"main {main}\n" if main else "", b""
    for name, text in modules.items():
        kind = "package" if name in packages else "module"
        file = name.replace(".", "/") + ".py"
        code = marshal.dumps(compile(text, file, "exec", dont_inherit=True))
        manifest += f"{kind} {name} {len(code)} {len(text.encode())} {file}\n"
        contents += code + text.encode()
    return blob(manifest, contents)


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidBinary) as caught:
        open_binary(memoryview(data), "hello")
    return str(caught.value)


@pytest.fixture(autouse=True)
def interpreter() -> Iterator[None]:
    """Leave finders and modules as they were."""
    finders, modules = list(sys.meta_path), set(sys.modules)
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_an_archive_is_read_in_place_from_a_padded_read_only_view() -> None:
    data = program({"town": "", "town.main": "answer = 42"}, "town.main", packages=("town",))
    view = memoryview(data + bytes(-len(data) % 4096)).toreadonly()
    archive = open_binary(view, "hello")
    assert archive.main == "town.main"
    assert list(archive.modules) == ["town", "town.main"]
    assert archive.modules["town"].package
    assert not archive.modules["town.main"].package
    assert archive.view is view


def test_the_main_module_of_an_archive_runs() -> None:
    archive = open_binary(memoryview(program({"solo_main": "answer = 42"}, "solo_main")), "hello")
    main = load_main(archive)
    assert main.answer == 42
    assert main.__file__ == "solo_main.py"
    assert sys.modules["solo_main"] is main


def test_the_main_module_looks_as_if_it_had_been_imported() -> None:
    names = ("__name__", "__package__", "__file__")
    packed = {"plain_town": "", "plain_town.main": "import sys; parent = sys.modules['plain_town']",
              "plain_town.other": ""}
    archive = open_binary(memoryview(program(packed, "plain_town.main", packages=("plain_town",))), "hello")
    main = load_main(archive)
    other = __import__("plain_town.other", fromlist=["x"])
    assert main.parent.main is main
    assert main.parent.__path__ == []
    assert [getattr(main, name).replace("main", "other") for name in names] == [getattr(other, name) for name in names]
    assert (main.__spec__.name, main.__spec__.parent) == ("plain_town.main", "plain_town")
    assert main.__loader__ is other.__loader__
    assert main.__builtins__ is other.__builtins__
    assert vars(main).keys() - {"parent", "sys"} == vars(other).keys() - {"__cached__"}    # a file that there is not
    assert load_main(archive) is main


def test_a_main_module_that_fails_is_not_kept() -> None:
    archive = open_binary(memoryview(program({"sad_main": "1 / 0"}, "sad_main")), "hello")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            load_main(archive)
        assert "sad_main" not in sys.modules


def test_a_library_can_not_be_started() -> None:
    with pytest.raises(InvalidBinary, match=r"^binary 'vfs' names no main module: it is a library"):
        load_main(opened("", name="vfs"))


def test_libraries_and_data_files_are_listed() -> None:
    archive = opened("library vfs\nlibrary my fonts\ndata 3 town/a name.txt\ndata 2 town/b\n", b"abcde")
    assert archive.libraries == ("vfs", "my fonts")
    assert bytes(archive.resource("town/a name.txt")) == b"abc"
    assert bytes(archive.resource("town/b")) == b"de"


def test_data_files_are_found_beside_their_package() -> None:
    import pkgutil

    archive = opened("package stored 0 0 stored/__init__.py\ndata 3 stored/motd.txt\n", b"hey")
    archive.install()
    assert pkgutil.get_data("stored", "motd.txt") == b"hey"
    with pytest.raises(FileNotFoundError, match="binary 'hello' carries no data file 'stored/none'"):
        pkgutil.get_data("stored", "none")


def test_parents_that_no_archive_holds_are_empty_packages() -> None:
    archive = open_binary(memoryview(program({"implied_a.b.main": "x = 1"}, "implied_a.b.main")), "hello")
    assert load_main(archive).x == 1
    assert list(sys.modules["implied_a"].__path__) == []
    assert sys.modules["implied_a"].__file__ is None


def test_two_archives_share_an_implied_parent() -> None:
    for module in ("shared_town.left", "shared_town.right"):
        open_binary(memoryview(program({module: f"name = {module!r}"})), module).install()
    assert __import__("shared_town.left", fromlist=["name"]).name == "shared_town.left"
    assert __import__("shared_town.right", fromlist=["name"]).name == "shared_town.right"


def test_a_package_that_really_exists_in_another_archive_wins_over_an_implied_one() -> None:
    real = program({"real_town": "charter = 1"}, packages=("real_town",))
    open_binary(memoryview(real), "library").install()
    open_binary(memoryview(program({"real_town.main": "from real_town import charter"})), "hello").install()
    assert __import__("real_town.main", fromlist=["charter"]).charter == 1


def test_a_package_on_the_path_wins_over_an_implied_one_and_is_extended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "path_town").mkdir()
    (tmp_path / "path_town" / "__init__.py").write_text("charter = 2")
    (tmp_path / "path_town" / "beside.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    load_main(open_binary(memoryview(program({"path_town.main": ""}, "path_town.main")), "hello"))
    assert sys.modules["path_town"].charter == 2
    __import__("path_town.beside")


def test_a_package_imported_from_elsewhere_before_is_extended() -> None:
    import bastide.app  # from files

    archive = open_binary(memoryview(program({"bastide.app.guest.main": "x = 7"}, "bastide.app.guest.main")), "hello")
    assert load_main(archive).x == 7
    del bastide.app.guest  # type: ignore[attr-defined]


def test_installing_twice_changes_nothing_and_the_interpreter_keeps_its_own_modules() -> None:
    archive = open_binary(memoryview(program({"sys": "raise RuntimeError", "twice": ""})), "hello")
    finder = archive.install()
    assert archive.install() is finder
    assert [each for each in sys.meta_path if isinstance(each, BinaryFinder)].count(finder) == 1
    kept = sys.modules.pop("sys")
    try:
        import sys as fresh
    finally:
        sys.modules["sys"] = kept
    assert isinstance(fresh, ModuleType)


def test_the_archive_installed_last_is_asked_first() -> None:
    for number in (1, 2):
        open_binary(memoryview(program({"layered": f"number = {number}"})), str(number)).install()
    assert __import__("layered").number == 2


def test_a_module_that_is_missing_is_an_ordinary_import_error() -> None:
    load_main(open_binary(memoryview(program({"lonely_town.main": ""}, "lonely_town.main")), "hello"))
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'lonely_town\.other'"):
        __import__("lonely_town.other")


def test_a_traceback_shows_file_and_source_line_without_touching_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# größe \x0c\ndef fail():\n    raise ValueError('on purpose')  # here\n"
    main = load_main(open_binary(memoryview(program({"failing_main": text}, "failing_main")), "hello"))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was touched")

    with pytest.raises(ValueError, match="on purpose") as caught:
        main.fail()
    assert caught.tb.tb_next is not None  # behind the frame of this test, which is in a file
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", refuse)
        patch.setattr("tokenize.open", refuse)
        shown = "".join(traceback.format_tb(caught.tb.tb_next))
    assert 'File "failing_main.py", line 3, in fail\n    raise ValueError(\'on purpose\')  # here\n' in shown


def test_inspect_finds_the_source_of_a_function() -> None:
    import inspect

    main = load_main(open_binary(memoryview(program({"shown": "x = 1\n\ndef f():\n    return x\n"}, "shown")), "hello"))
    assert inspect.getsource(main.f) == "def f():\n    return x\n"
    assert inspect.getsource(main) == "x = 1\n\ndef f():\n    return x\n"


def test_an_import_that_fails_shows_no_frame_of_the_importer() -> None:
    archive = open_binary(memoryview(program({"broken_main": "1 / 0"}, "broken_main")), "hello")
    archive.install()
    with pytest.raises(ZeroDivisionError) as caught:
        exec("import broken_main", {})
    assert [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)][1:] == [
        "<string>",
        "broken_main.py",
    ]


@pytest.mark.parametrize("text", [b"# coding: hex\nraise KeyError", b"# coding: unheard\n", b"\xff\xfe"])
def test_a_traceback_survives_source_that_can_not_be_decoded(text: bytes) -> None:
    code = marshal.dumps(compile("raise KeyError", "odd.py", "exec"))
    archive = opened(f"main odd\nmodule odd {len(code)} {len(text)} odd.py\n", code + text)
    with pytest.raises(KeyError) as caught:
        load_main(archive)
    assert 'File "odd.py", line 1, in <module>\n' in "".join(traceback.format_exception(caught.value))


def test_a_module_without_source_shows_no_line_of_a_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare_main.py").write_text("not the source\n")
    monkeypatch.chdir(tmp_path)
    code = marshal.dumps(compile("raise KeyError", "bare_main.py", "exec"))
    archive = opened(f"main bare_main\nmodule bare_main {len(code)} 0 bare_main.py\n", code)
    with pytest.raises(KeyError) as caught:
        load_main(archive)
    assert "not the source" not in "".join(traceback.format_exception(caught.value))
    assert BinaryFinder(archive).loader.get_source("bare_main") is None


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x00" * 8, "holds no bytecode: bad marshal data"),
        (b"c", "holds no bytecode"),
        (marshal.dumps([1]), "holds a list, expected bytecode"),
    ],
)
def test_contents_that_are_no_bytecode_are_refused_on_import(content: bytes, found: str) -> None:
    archive = opened(f"main spoilt\nmodule spoilt {len(content)} 0 spoilt.py\n", content)
    with pytest.raises(InvalidBinary) as caught:
        load_main(archive)
    assert str(caught.value).startswith("binary 'hello': module 'spoilt' " + found)


def test_something_else_is_refused_with_its_first_bytes() -> None:
    assert refusal(b"\x7fELF\x02\x01\x01" + bytes(200)) == (
        r"'hello' is no component binary: it begins with b'\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00', "
        f"expected a header like '{FORMAT} {PYTHON}'"
    )
    assert "is no component binary: it begins with b''" in refusal(b"")
    assert "is no component binary" in refusal(bytes(4096))
    assert "is no component binary" in refusal(FORMAT.encode() + b" " * 500 + b"\n")
    assert "is no component binary" in refusal(f"{FORMAT} {PYTHON} -1 0\n".encode())
    assert "is no component binary" in refusal(f"{FORMAT} {PYTHON} {'9' * 100} 0\n".encode())


def test_another_format_and_another_python_are_named() -> None:
    assert refusal(blob("", form="bastide-binary 2")) == (
        f"binary 'hello' has the format 'bastide-binary 2', expected {FORMAT!r}; pack it again"
    )
    assert refusal(blob("", python="cpython-27 62211")) == (
        f"binary 'hello' was built for another Python: found 'cpython-27 62211', expected {PYTHON!r}; "
        "pack it with the Python that runs the system"
    )


def test_a_truncated_archive_is_refused_at_every_length() -> None:
    data = program({"town": "x = 1", "town.main": ""}, "town.main", packages=("town",))
    for length in range(len(data)):
        refusal(data[:length])
    assert refusal(data[:-1]) == (
        f"binary 'hello' is truncated: it has {len(data) - 1} bytes, expected {len(data)}; pack it again"
    )


@pytest.mark.parametrize(
    ("manifest", "contents", "found"),
    [
        ("module a 5 0 a.py\n", b"1234", ": the sizes in its manifest add up to 5 bytes, expected 4 as in its header"),
        ("module a 3 0 a.py\n", b"1234", ": the sizes in its manifest add up to 3 bytes, expected 4 as in its header"),
        ("module a 9999999999 9999999999 a.py\n", b"", ": the sizes in its manifest add up to 19999999998 bytes"),
        ("module a 99999999999 0 a.py\n", b"", ": line 1 of its manifest reads 'module a 99999999999 0 a.py', "),
        ("module a -1 1 a.py\n", b"", ": line 1 of its manifest reads 'module a -1 1 a.py', expected one main"),
        ("module a ٣ 0 a.py\n", b"123", ": line 1 of its manifest reads 'module a ٣ 0 a.py', expected one main"),
        ("module a 0 0 \n", b"", ": line 1 of its manifest reads 'module a 0 0 ', expected one main"),
        ("main a\nmain b\n", b"", ": line 2 of its manifest reads 'main b', expected one main"),
        ("\n", b"", ": line 1 of its manifest reads '', expected one main"),
        ("main a\nmodule b 0 0 b.py\n", b"", ": its main module 'a' is not among its modules"),
        ("module a..b 0 0 b.py\n", b"", ": line 1 of its manifest names module 'a..b', expected a dotted identifier"),
        ("module ../b 0 0 b.py\n", b"", ": line 1 of its manifest names module '../b', expected a dotted identifier"),
        ("module 1a 0 0 b.py\n", b"", ": line 1 of its manifest names module '1a', expected a dotted identifier"),
        ("module a 0 0 a\nmodule a 0 0 a\n", b"", ": line 2 of its manifest names module 'a' a second time"),
        ("data 0 a\ndata 0 a\n", b"", ": line 2 of its manifest names data file 'a' a second time"),
        ("library a\nlibrary a\n", b"", ": line 2 of its manifest names library 'a' a second time"),
        ("module a 0 0 \x1b[2J\n", b"", r": line 1 of its manifest has unprintable characters: '\x1b[2J'"),
        ("data 0 a\tb\n", b"", r": line 1 of its manifest has unprintable characters: 'a\tb'"),
        ("module a 0 0 a.py", b"", ": the last line of its manifest does not end, expected a newline"),
        ("module a 0 0 a\nmodule a.b 0 0 b\n", b"", ": 'a' is a plain module, expected a package as it holds 'a.b'"),
    ],
)
def test_a_manifest_that_lies_is_refused_by_name(manifest: str, contents: bytes, found: str) -> None:
    assert refusal(blob(manifest, contents)).startswith("binary 'hello'" + found)


def test_a_manifest_that_is_no_text_is_refused() -> None:
    assert "its manifest is no UTF-8 text" in refusal(f"{FORMAT} {PYTHON} 2 0\n".encode() + b"\xff\n")


def test_huge_counts_and_names_are_refused_before_they_cost_anything() -> None:
    many = "".join(f"module m{number} 0 0 m\n" for number in range(MANIFEST_LIMIT // 15))
    assert f"expected at most {MANIFEST_LIMIT}" in refusal(blob(many))
    deep = ".".join("a" * (DEPTH_LIMIT + 1))
    assert f"expected a dotted identifier of at most {DEPTH_LIMIT} parts" in refusal(blob(f"module {deep} 0 0 a\n"))
    message = refusal(blob(f"module {'a' * 100_000} 0 0 a\n"))
    assert "expected a dotted identifier" in message
    assert len(message) < 300


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_any_manifest_is_either_read_within_bounds_or_refused(manifest: bytes, contents: bytes) -> None:
    data = f"{FORMAT} {PYTHON} {len(manifest)} {len(contents)}\n".encode() + manifest + contents
    check_bounds(data)


@given(st.data())
def test_a_damaged_archive_is_either_read_within_bounds_or_refused(data: st.DataObject) -> None:
    sound = bytearray(
        blob("main a.b\nlibrary l\npackage a 1 2 a.py\nmodule a.b 3 0 b.py\ndata 4 d\n", b"0123456789")
    )
    for _ in range(data.draw(st.integers(1, 4))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    check_bounds(bytes(sound))


def check_bounds(data: bytes) -> None:
    try:
        archive = open_binary(memoryview(data), "hello")
    except InvalidBinary as error:
        assert "'hello'" in str(error)
        return
    places = [(module.code, module.end) for module in archive.modules.values()]
    places += [(place.start, place.stop) for place in archive.resources.values()]
    places.sort()
    assert all(start <= end for start, end in places)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    assert not places or places[-1][1] <= len(data)
    assert archive.main is None or archive.main in archive.modules


def test_an_empty_library_file_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "empty", "w+b") as file, pytest.raises(InvalidBinary, match="'library' is not mappable"):
        mount_library(file.fileno())


def test_a_mounted_library_is_importable_where_no_path_leads_anywhere(tmp_path: Path) -> None:
    (tmp_path / "library").write_bytes(program({"mounted_town": "answer = 6 * 7\ndef fail(): 1 / 0\n"}))
    script = """
        import sys, traceback
        sys.path.insert(0, sys.argv[2])
        from importlib.machinery import PathFinder
        from bastide.base.binary import mount_library
        sys.path.clear()
        sys.meta_path.remove(PathFinder)
        with open(sys.argv[1], "rb") as file:
            mount_library(file.fileno())
        touched = []
        paths = ("open", "os.listdir", "os.scandir")
        sys.addaudithook(lambda event, _: touched.append(event) if event in paths else None)
        import mounted_town
        assert mounted_town.answer == 42
        try:
            mounted_town.fail()
        except ZeroDivisionError:
            assert "def fail(): 1 / 0" in traceback.format_exc()
        try:
            import colorsys
        except ModuleNotFoundError:
            print("shut", touched)
    """
    command = [sys.executable, "-I", "-S", "-c", textwrap.dedent(script), str(tmp_path / "library"), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "shut []\n"), done.stderr
