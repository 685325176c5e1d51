"""Component binaries: opening any blob is safe, and what it names lies within it."""

from __future__ import annotations

from fuzz.harness import Target

from bastide.base.binary import FORMAT, PYTHON, InvalidBinary, open_binary, valid_name


def check(data: bytes) -> None:
    try:
        archive = open_binary(memoryview(data), "fuzz")
    except InvalidBinary as error:
        assert str(error).isprintable() and len(str(error)) < 1000, str(error)
        return
    end = 0
    for name, module in archive.modules.items():
        assert valid_name(name) and module.name == name
        assert 0 < module.code <= module.source <= module.end <= len(data) and end <= module.code
        end = module.end
        try:
            source = archive.source(module)
        except (SyntaxError, UnicodeError, LookupError):
            continue
        assert source is None or len(source) <= len(data)
    for name in archive.resources:
        assert len(archive.resource(name)) <= len(data)


def _blob(manifest: bytes, contents: bytes) -> bytes:
    return f"{FORMAT} {PYTHON} {len(manifest)} {len(contents)}\n".encode() + manifest + contents


TARGET = Target(check, [
    _blob(b"", b""), _blob(b"main a\nmodule a 3 5 a.py\n", b"cod# src"),
    _blob(b"main app.main\nlibrary l\npackage app 0 0 app/__init__.py\nmodule app.main 1 2 app/main.py\ndata 2 x\n",
          b"abcde"),
    _blob("main b\nmodule b 0 26 b.py\nmodule c.d 0 0 \u00e4\n".encode(), b"# -*- coding: utf-16 -*-\n\n") + bytes(64)],
    [b"module ", b"package ", b"data ", b"main ", b"library ", b" 0 0 ", b" 99999999999 ", b".a", b"\nmain a\n",
     FORMAT.encode(), PYTHON.encode()], calls=300, memory=5000)
