"""Builds component binaries from folders of source: finds the modules, compiles them, writes the blob.

The format belongs to `bastide.base.binary`, which reads it. The same sources give the same bytes wherever they lie and
whether or not Python had them compiled before: bytecode is brought to one form, and its file names are relative.

What `__pycache__` has in good order is taken from there, and what had to be compiled is left there for the next time,
as an import would do.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from bastide.base.binary import FORMAT, PYTHON, InvalidBinary, open_binary, valid_name
from bastide.tool.sources import PackError, Source, component

_PYC = struct.Struct("<4sIII")  # magic, flags, then time and size of the source, or its hash (PEP 552)
_HASHED, _CHECKED = 0b01, 0b10


class Part(NamedTuple):
    """A module ready to be written; without source its tracebacks show no lines."""

    name: str
    package: bool
    file: str
    code: bytes
    source: bytes = b""


def pack(folder: Path, package: str, *, libraries: Sequence[str] = (), resources: Sequence[str] = (),
         beside: Sequence[Path] = ()) -> bytes:
    """The binary of the component in `folder`, whose main.py becomes `<package>.<name of the folder>.main`.

    All modules below the folder are in it, without what is there for tests (folders `tests`, files `test_*.py` and
    `conftest.py`) and without files that no import could name. `resources` are data files, relative to the folder;
    `libraries` are the ROMs that the component needs besides. What it shares with others is looked up in the folder
    around it, then in those named `beside`. Raises `PackError`.
    """
    folder = Path(os.path.abspath(folder))
    root = f"{package}.{folder.name}" if package else folder.name
    if not valid_name(root):
        raise PackError(
            f"component folder {str(folder)!r} can't be imported as {root!r}: expected a name of letters, digits and "
            "underscores; rename the folder"
        )
    if root in sys.stdlib_module_names:
        raise PackError(
            f"component folder {str(folder)!r} has the name of a module of the standard library and would hide it; "
            "rename the folder"
        )
    found = component(folder, package, beside)
    main = f"{root}.main"
    if not any(source.name == main for source in found):
        raise PackError(f"component folder {str(folder)!r} has no main.py: a component begins in its module 'main'")
    prefix = root.replace(".", "/")
    data = {f"{prefix}/{name}": _read(folder / name) for name in resources}
    return assemble([compiled(source, keep=True) for source in found], main=main, libraries=libraries, resources=data)


def compiled(source: Source, *, keep: bool = False) -> Part:
    """Compile a module, or take what `__pycache__` has of it; `keep` leaves new bytecode there. Raises `PackError`."""
    if source.path is None:
        return Part(source.name, source.package, source.file, b"")
    try:
        with open(source.path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            text = file.read()
    except OSError as error:
        raise PackError(f"{source.path}: can't be read: {error.strerror}") from error
    cache = importlib.util.cache_from_source(source.path, optimization="")
    stamp = (int(status.st_mtime) & 0xFFFFFFFF, len(text) & 0xFFFFFFFF)
    code = _cached(cache, stamp, text)
    if code is None:
        code = _compile(source.path, text)
        if keep and not sys.dont_write_bytecode:
            content = _PYC.pack(importlib.util.MAGIC_NUMBER, 0, *stamp) + marshal.dumps(code)
            SourceFileLoader(source.name, source.path).set_data(cache, content)  # atomic; ignores read-only folders
    return Part(source.name, source.package, source.file, marshal.dumps(_relocated(_unshared(code), source.file)), text)


def assemble(
    parts: Iterable[Part],
    *,
    main: str | None = None,
    libraries: Sequence[str] = (),
    resources: Mapping[str, bytes] | None = None,
) -> bytes:
    """Write the blob. Raises `PackError` for what its reader would not accept."""
    lines = [f"main {main}"] if main is not None else []
    lines += [f"library {name}" for name in libraries]
    contents: list[bytes] = []
    for part in parts:
        kind = "package" if part.package else "module"
        lines.append(f"{kind} {part.name} {len(part.code)} {len(part.source)} {part.file}")
        contents += (part.code, part.source)
    for name, data in sorted((resources or {}).items()):
        lines.append(f"data {len(data)} {name}")
        contents.append(data)
    for line in lines:
        if not line.isprintable():
            raise PackError(f"{line!r} can't be part of a manifest: it has unprintable characters")
    manifest = "".join(f"{line}\n" for line in lines).encode()
    header = f"{FORMAT} {PYTHON} {len(manifest)} {sum(map(len, contents))}\n"
    blob = b"".join([header.encode(), manifest, *contents])
    try:
        open_binary(memoryview(blob), main or "library")
    except InvalidBinary as error:
        raise PackError(f"can't be packed, as it could not be read again: {error}") from error
    return blob


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError(f"data file {str(path)!r} can't be read: {error.strerror}") from error


def _cached(cache: str, stamp: tuple[int, int], text: bytes) -> CodeType | None:
    """The bytecode in a cache file, if an import would use it."""
    try:
        with open(cache, "rb", buffering=0) as file:
            content = file.read()
        magic, flags, *found = _PYC.unpack_from(content)
    except (OSError, struct.error):
        return None
    if magic != importlib.util.MAGIC_NUMBER:
        return None
    if flags == 0:
        valid = tuple(found) == stamp
    elif flags == _HASHED:
        valid = True  # made by somebody who vouches for it
    else:
        valid = flags == _HASHED | _CHECKED and content[8:16] == importlib.util.source_hash(text)
    if not valid:
        return None
    try:
        code = marshal.loads(memoryview(content)[_PYC.size :])
    except (EOFError, ValueError, TypeError):
        return None
    return code if isinstance(code, CodeType) else None


def _compile(path: str, text: bytes) -> CodeType:
    try:
        code: CodeType = compile(text, path, "exec", dont_inherit=True, optimize=0)
        return code
    except SyntaxError as error:
        line = f": {error.text.strip()}" if error.text else ""
        raise PackError(f"{path}:{error.lineno or 0}:{error.offset or 0}: {error.msg}{line}") from error
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise PackError(f"{path}: can't be compiled: {error or type(error).__name__}") from error


def _unshared(code: CodeType) -> CodeType:
    """The same code, in which nothing tells what else this process has compiled or imported.

    Marshal writes an object once and then refers to it, and marks interned strings: both depend on the process. Its
    version 2 knows neither, so a round trip through it leaves the values alone.
    """
    try:
        plain = marshal.loads(marshal.dumps(code, 2))
    except ValueError:  # from 3.14, slices among the constants need a later version
        return code
    return plain if isinstance(plain, CodeType) else code


def _relocated(code: CodeType, file: str) -> CodeType:
    """The same code with another file name, in it and all that is nested in it."""
    consts = tuple(_relocated(const, file) if isinstance(const, CodeType) else const for const in code.co_consts)
    return code.replace(co_filename=file, co_consts=consts)
