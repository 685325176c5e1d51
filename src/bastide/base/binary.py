"""Component binaries: the format of the blob in a ROM, and how its modules are imported.

A component can open no file, so the modules of its program come from memory: its binary is a ROM that holds bytecode
and, for tracebacks, the source. The standard library is one more such ROM. This file reads the blob in place (a
`memoryview` of the mapped ROM, zero padding and all), checks it, and puts a finder on `sys.meta_path`. It does not know
where the ROM came from, nor how a binary is built (`bastide.tool.pack`).

The blob is text first, so that `head` shows what is inside, then the contents in the order of the manifest:

    bastide-binary 1 cpython-311 3495 <bytes of manifest> <bytes of contents>
    main app.main
    library <name of a ROM>
    package <dotted name> <bytes of code> <bytes of source> <file name>
    module <dotted name> <bytes of code> <bytes of source> <file name>
    data <bytes> <file name>

The manifest names sizes and no offsets: contents follow one another, so entries can't overlap, and their sum must be
what the header says. A size of 0 means nothing: no code to execute, no source carried.

Opening and inspecting a binary is safe whatever it holds. Importing from it is not: bytecode can do anything to its
interpreter, so only the component that the binary belongs to may import it.
"""

from __future__ import annotations

import importlib.util
import linecache
import marshal
import mmap
import re
import sys
from collections.abc import Sequence
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, NamedTuple, overload

from bastide.base.errors import BastideError

if TYPE_CHECKING:
    from importlib.abc import InspectLoader as _Loading
else:   # what that inherits its `exec_module` from; `importlib.abc` itself would load `tempfile`: 7 ms at each start
    from importlib._bootstrap_external import _LoaderBasics as _Loading

FORMAT = "bastide-binary 1"
PYTHON = f"{sys.implementation.cache_tag} {int.from_bytes(importlib.util.MAGIC_NUMBER[:2], 'little')}"

HEADER_LIMIT = 128  # bytes, newline included
MANIFEST_LIMIT = 256 << 10  # bytes; the whole standard library needs 40 KB
NAME_LIMIT, DEPTH_LIMIT = 255, 16  # of a dotted name, in characters and parts; bounds the number of parents

_HEADER = re.compile(r"(bastide-binary \d{1,9}) (\S+ \d{1,9}) (\d{1,10}) (\d{1,12})", re.ASCII)
_MODULE = re.compile(r"(package|module) (\S+) (\d{1,10}) (\d{1,10}) (.+)", re.ASCII)
_DATA = re.compile(r"data (\d{1,10}) (.+)", re.ASCII)

_INTRINSIC = (BuiltinImporter, FrozenImporter)


class InvalidBinary(BastideError):
    """A ROM holds no binary that this interpreter can use; the text names the binary, what was found and expected."""


class Module(NamedTuple):
    """One module of a binary; `code`, `source` and `end` are offsets into the blob.

    A tuple because opening the standard library makes seven hundred of them.
    """

    name: str
    package: bool
    code: int
    source: int
    end: int
    file: str


class Archive:
    """A checked binary. `main` is None in libraries, `resources` gives the place of each data file, by name."""

    __slots__ = ("implied", "libraries", "main", "modules", "name", "resources", "view")

    def __init__(self, view: memoryview, name: str) -> None:
        self.view = view
        self.name = name
        self.main: str | None = None
        self.libraries: tuple[str, ...] = ()
        self.modules: dict[str, Module] = {}
        self.resources: dict[str, slice] = {}
        self.implied: set[str] = set()  # packages that exist only because something inside them does

    def code(self, module: Module) -> CodeType:
        if module.code == module.source:
            return _NOTHING
        try:
            code = marshal.loads(self.view[module.code : module.source])
        except (EOFError, ValueError, TypeError) as error:
            raise InvalidBinary(
                f"binary {self.name!r}: module {module.name!r} holds no bytecode: {error}; pack the binary again"
            ) from error
        if not isinstance(code, CodeType):
            raise InvalidBinary(
                f"binary {self.name!r}: module {module.name!r} holds a {type(code).__name__}, expected bytecode"
            )
        return code

    def source(self, module: Module) -> str | None:
        if module.source == module.end:
            return None
        return importlib.util.decode_source(bytes(self.view[module.source : module.end]))

    def resource(self, name: str) -> memoryview:
        """The data file of that name, in place. Raises `KeyError`."""
        return self.view[self.resources[name]]

    def install(self) -> BinaryFinder:
        """Make the modules importable, ahead of all archives installed before; installing twice changes nothing."""
        for finder in sys.meta_path:
            if isinstance(finder, BinaryFinder) and finder.archive is self:
                return finder
        installed = BinaryFinder(self)
        # What is built into the interpreter stays first, as in any Python.
        place = max((i + 1 for i, finder in enumerate(sys.meta_path) if finder in _INTRINSIC), default=0)
        sys.meta_path.insert(place, installed)
        return installed


class BinaryFinder:
    """Finds the modules of one archive by their full names, whoever imported their parents and from where."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.loader = BinaryLoader(archive)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        module = self.archive.modules.get(fullname)
        if module is not None:
            spec = ModuleSpec(fullname, self.loader, origin=module.file, is_package=module.package)
            spec.has_location = True  # gives the module its __file__
            return spec
        if fullname not in self.archive.implied:
            return None
        # A package that really exists elsewhere comes first: its __init__ must run, and the modules here are found all
        # the same. Only then is it an empty one. Its __path__ is empty, so that no other finder looks at a file.
        for finder in sys.meta_path:
            if finder in _INTRINSIC:            # what packages there are is loaded
                continue
            if isinstance(finder, BinaryFinder):
                found = finder.find_spec(fullname, path) if fullname in finder.archive.modules else None
            else:
                found = finder.find_spec(fullname, path, target)
            if found is not None:
                return found
        return ModuleSpec(fullname, None, is_package=True)

    def load(self, name: str) -> ModuleType:
        """Import a module of the archive, as `importlib.import_module` does.

        At the start of a component nobody else imports, so there is no need of locks, and the pages that importlib
        would write to on its way stay shared among all components.
        """
        parent, _, child = name.rpartition(".")
        package = (sys.modules.get(parent) or self.load(parent)) if parent else None        # other finders ask for it
        path = None if package is None else package.__path__
        spec = None if name in sys.modules else self.find_spec(name, path)
        if spec is None or spec.loader not in (self.loader, None):
            return importlib.import_module(name)
        module = sys.modules[name] = ModuleType(name)
        module.__spec__, module.__loader__, module.__package__ = spec, spec.loader, spec.parent
        module.__file__ = spec.origin
        if spec.submodule_search_locations is not None:
            module.__path__ = spec.submodule_search_locations
        try:
            if spec.loader is not None:
                self.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        loaded = sys.modules[name]              # a module may have put another in its place
        if package is not None:
            setattr(package, child, loaded)
        return loaded


class BinaryLoader(_Loading):
    """Loads the modules of one archive. `exec_module` is the inherited one, so tracebacks show none of this file."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def is_package(self, fullname: str) -> bool:
        return self._module(fullname).package

    def get_code(self, fullname: str) -> CodeType:
        module = self._module(fullname)
        # Left alone, linecache would first look for a file of that name. An entry without a time is never checked.
        lines = _Lines(self.archive, module)
        linecache.cache[module.file] = (module.end - module.source, None, lines, module.file)  # type: ignore[assignment]
        return self.archive.code(module)

    def get_source(self, fullname: str) -> str | None:
        return self.archive.source(self._module(fullname))

    def get_data(self, path: str) -> bytes:
        """What `pkgutil.get_data` asks for: a data file beside a module."""
        try:
            return bytes(self.archive.resource(path))
        except KeyError:
            raise FileNotFoundError(f"binary {self.archive.name!r} carries no data file {path!r}") from None

    def _module(self, fullname: str) -> Module:
        try:
            return self.archive.modules[fullname]
        except KeyError:
            raise ImportError(f"binary {self.archive.name!r} has no module {fullname!r}", name=fullname) from None


def open_binary(view: memoryview, name: str) -> Archive:
    """Check the blob that `view` (of bytes) begins with; `name` is for messages. Raises `InvalidBinary`.

    Nothing of the contents is copied or looked at; what follows the blob (the padding of its last page) is ignored.
    """
    place, manifest_size, contents_size = _header(view, name)
    start = place + manifest_size
    if manifest_size > MANIFEST_LIMIT:
        raise InvalidBinary(
            f"binary {name!r}: its header announces a manifest of {manifest_size} bytes, "
            f"expected at most {MANIFEST_LIMIT}"
        )
    if start + contents_size > len(view):
        raise InvalidBinary(
            f"binary {name!r} is truncated: it has {len(view)} bytes, expected {start + contents_size}; pack it again"
        )
    try:
        lines = str(view[place:start], "utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise InvalidBinary(f"binary {name!r}: its manifest is no UTF-8 text: {error}") from None
    if lines.pop() != "":
        raise InvalidBinary(f"binary {name!r}: the last line of its manifest does not end, expected a newline")

    archive = Archive(view, name)
    end = _read_manifest(archive, lines, start)
    if end != start + contents_size:
        raise InvalidBinary(
            f"binary {name!r}: the sizes in its manifest add up to {end - start} bytes, "
            f"expected {contents_size} as in its header"
        )
    _imply_parents(archive)
    if archive.main is not None and archive.main not in archive.modules:
        raise InvalidBinary(f"binary {name!r}: its main module {archive.main!r} is not among its modules")
    return archive


def load_main(archive: Archive) -> ModuleType:
    """Install the archive, if it is not yet, and import its main module."""
    if archive.main is None:
        raise InvalidBinary(f"binary {archive.name!r} names no main module: it is a library and can't be started")
    return archive.install().load(archive.main)


def mount_library(fd: int) -> None:
    """Map the library archive in the file, read-only, and make it importable until the process ends.

    `fd` stays the caller's to close. Raises `InvalidBinary`, and `OSError` when the file can't be mapped.
    """
    try:
        if sys.version_info >= (3, 13):
            mapped = mmap.mmap(fd, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ, trackfd=False)
        else:  # keeps a duplicate of the descriptor
            mapped = mmap.mmap(fd, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    except ValueError as error:  # empty file
        raise InvalidBinary(f"binary 'library' is not mappable: {error}") from None
    open_binary(memoryview(mapped), "library").install()


def valid_name(name: str) -> bool:
    """Whether `name` is a dotted identifier of bearable length."""
    parts = name.split(".")
    return len(name) <= NAME_LIMIT and len(parts) <= DEPTH_LIMIT and all(map(str.isidentifier, parts))


_NOTHING = compile("", "<empty package>", "exec")


class _Lines(Sequence[str]):
    """The source lines of a module, decoded when somebody wants to see one."""

    def __init__(self, archive: Archive, module: Module) -> None:
        self._archive = archive
        self._module = module
        self._lines: list[str] | None = None

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._decoded()[index]

    def __len__(self) -> int:
        return len(self._decoded())

    def _decoded(self) -> list[str]:
        if self._lines is None:
            try:
                source = self._archive.source(self._module) or ""
            except (SyntaxError, UnicodeError, LookupError):  # a traceback must not fail over its decoration
                source = ""
            # Not splitlines, which also splits where Python counts no line.
            self._lines = [line + "\n" for line in source.removesuffix("\n").split("\n")] if source else []
        return self._lines


def _header(view: memoryview, name: str) -> tuple[int, int, int]:
    """Where the manifest begins, its size, and the size of the contents."""
    head = bytes(view[:HEADER_LIMIT])
    line, newline, _ = head.partition(b"\n")
    match = _HEADER.fullmatch(line.decode("ascii", "replace")) if newline else None
    if match is None:
        raise InvalidBinary(
            f"{name!r} is no component binary: it begins with {head[:16]!r}, expected a header like '{FORMAT} {PYTHON}'"
        )
    form, python, manifest_size, contents_size = match.groups()
    if form != FORMAT:
        raise InvalidBinary(f"binary {name!r} has the format {form!r}, expected {FORMAT!r}; pack it again")
    if python != PYTHON:
        raise InvalidBinary(
            f"binary {name!r} was built for another Python: found {python!r}, expected {PYTHON!r}; "
            "pack it with the Python that runs the system"
        )
    return len(line) + 1, int(manifest_size), int(contents_size)


def _read_manifest(archive: Archive, lines: list[str], offset: int) -> int:
    """Enter all that the lines name, whose contents begin at `offset`; gives the end of the contents."""
    modules, libraries = archive.modules, dict[str, None]()
    for number, line in enumerate(lines, 1):
        if match := _MODULE.fullmatch(line):
            kind, name, code_size, source_size, file = match.groups()
            if name in modules:
                raise _invalid(archive, number, f"names module {name!r} a second time")
            if not valid_name(name):
                raise _invalid(archive, number, f"names module {_short(name)}, expected a dotted identifier "
                    f"of at most {DEPTH_LIMIT} parts")
            source = offset + int(code_size)
            end = source + int(source_size)
            modules[name] = Module(name, kind == "package", offset, source, end, file)
            offset = end
        elif match := _DATA.fullmatch(line):
            size, file = match.groups()
            if file in archive.resources:
                raise _invalid(archive, number, f"names data file {_short(file)} a second time")
            end = offset + int(size)
            archive.resources[file] = slice(offset, end)
            offset = end
        elif line.startswith("main ") and archive.main is None:
            archive.main = file = line[5:]
        elif line.startswith("library ") and len(line) > 8:
            file = line[8:]
            if file in libraries:
                raise _invalid(archive, number, f"names library {_short(file)} a second time")
            libraries[file] = None
        else:
            raise _invalid(
                archive, number, f"reads {_short(line)}, expected one main, and library, package, module or data lines"
            )
        if not file.isprintable():
            raise _invalid(archive, number, f"has unprintable characters: {_short(file)}")
    archive.libraries = tuple(libraries)
    return offset


def _imply_parents(archive: Archive) -> None:
    for name in archive.modules:
        parent = name.rpartition(".")[0]
        while parent and parent not in archive.implied:
            known = archive.modules.get(parent)
            if known is None:
                archive.implied.add(parent)
            elif known.package:
                break
            else:
                raise InvalidBinary(
                    f"binary {archive.name!r}: {parent!r} is a plain module, expected a package as it holds {name!r}"
                )
            parent = parent.rpartition(".")[0]


def _invalid(archive: Archive, number: int, found: str) -> InvalidBinary:
    return InvalidBinary(f"binary {archive.name!r}: line {number} of its manifest {found}")


def _short(text: str) -> str:
    return repr(text) if len(text) <= 80 else repr(text[:80]) + "..."
