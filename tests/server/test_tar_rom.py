"""tar_rom: files of archives as ROM modules, programs among them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from init.puppet import Puppets

from bastide.base import Env, Rom
from bastide.base.binary import FORMAT
from bastide.server.tar_rom.main import construct as tar_rom
from bastide.server.tar_rom.main import members
from bastide.testing import Boot
from bastide.tool.checkout import PACKAGE
from bastide.tool.criteria import Outcome
from bastide.tool.pack import pack


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "greeting"
        tar.addfile(link)
    return buffer.getvalue()


CONFIG = """
+ start tar_rom | ram: 4M
  + provides | + service ROM
  + config
    + archive first.tar
    + archive second.tar
+ start reader
  + route
    + service ROM | label_prefix: | + child tar_rom
    + any-service | + parent
"""


def read(*names: str) -> str:
    """The log of a component that reads ROM modules."""
    def reader(env: Env) -> None:
        for name in names:
            env.log(name, bytes(Rom(env, name).text)[:20])

    with Puppets("", {"tar_rom": tar_rom, "reader": reader}) as puppets:
        puppets.town.files["first.tar"] = archive(greeting=b"hello", large=b"x" * 10_000)
        puppets.town.files["second.tar"] = archive(greeting=b"never seen", program=b"program")[:2100]
        puppets.apply(CONFIG)
        log = "\n".join(puppets.town.log)
        puppets.apply("")
        assert puppets.town.init_has == puppets.before
        return log


def test_files_are_modules_and_the_first_archive_goes_first() -> None:
    log = read("greeting", "large", "program")
    assert "[init -> reader] greeting b'hello'" in log
    assert "[init -> reader] large b'xxxxxxxxxxxxxxxxxxxx'" in log
    assert "[init -> reader] program b'program'" in log


def test_what_no_archive_has_is_denied() -> None:
    assert "no archive has a file 'link' for 'reader -> link'" in read("link")


def test_a_file_that_it_can_not_afford_is_denied_with_the_reason() -> None:
    def reader(env: Env) -> None:
        Rom(env, "large")

    with Puppets("", {"tar_rom": tar_rom, "reader": reader}) as puppets:
        puppets.town.files["first.tar"] = puppets.town.files["second.tar"] = archive(large=b"x" * (1 << 20))
        puppets.apply(CONFIG.replace("ram: 4M", "ram: 700K"))
        log = "".join(puppets.town.lines("init -> tar_rom"))
        assert "too little is left to show the file 'large': 1028K needed, " in log and "give tar_rom more" in log


def test_a_child_of_an_inner_init_runs_a_program_from_an_archive() -> None:
    config = """
+ start tar_rom | ram: 4M
  + provides | + service ROM
  + config | + archive programs.tar
+ start init | ram: 8M | caps: 500
  + route
    + service ROM | label_last: program | + child tar_rom
    + any-service | + parent
  + config
    + parent-provides
      + service ROM
      + service CPU
      + service PD
      + service LOG
    + default | caps: 100 | ram: 1M
    + default-route | + any-service | + parent
    + start program
"""
    with Puppets("", {"tar_rom": tar_rom, "program": lambda env: env.log("I come from an archive")}) as puppets:
        puppets.town.files["programs.tar"] = archive(program=b"program")
        puppets.apply(config)
        assert puppets.town.lines("init -> init -> program") == ["I come from an archive"]


GOOD = archive(greeting=b"hello", large=b"x" * 2000)


@given(st.binary(max_size=3000) | st.builds(
    lambda at, byte: GOOD[:at] + bytes([byte]) + GOOD[at + 1:], st.integers(0, len(GOOD) - 1), st.integers(0, 255)))
def test_any_bytes_are_read_as_far_as_they_are_an_archive(data: bytes) -> None:
    try:
        found = list(members(memoryview(data)))
    except tarfile.TarError:
        return
    assert all(bytes(content) in data for _, content in found)


SCENARIO = """runtime | ram: 48M | caps: 1500 | binary: init
+ content
  + rom ld.lib.so
  + rom init
  + rom tar_rom
  + rom programs.tar
+ config
  + parent-provides
    + service ROM
    + service CPU
    + service PD
    + service LOG
  + default | caps: 100 | ram: 2M
  + start tar_rom | ram: 8M
    + provides | + service ROM
    + config | + archive programs.tar
    + route | + any-service | + parent
  + start nested | ram: 16M | caps: 400
    + binary init
    + route
      + service ROM | label_last: program | + child tar_rom
      + any-service                       | + parent
    + config
      + parent-provides
        + service ROM
        + service CPU
        + service PD
        + service LOG
      + start program | ram: 2M | caps: 100
        + route | + any-service | + parent
+ succeed
  : [nested -> program] decimal 42
  : [nested] child "program" exited with exit value 0
+ fail
  : *Error: child
+ fail | after_seconds: 20
-
"""


def test_a_nested_init_gets_its_program_from_an_archive(port: str, testbed: Boot, tmp_path: Path) -> None:
    """A binary is bytecode of this very Python, so no archive of one could lie beside a scenario for good."""
    folder, package = PACKAGE / "app" / "test_log", "bastide.app"
    program = pack(folder, package) if port == "linux" else f"{FORMAT} folder {package} {folder}\n".encode()
    (tmp_path / "programs.tar").write_bytes(archive(program=program))
    (tmp_path / "runtime").write_text(SCENARIO)
    system = testbed(tmp_path / "runtime", port=port)
    verdict = system.wait_for_verdict()
    assert verdict.outcome is Outcome.OK, (verdict, "\n".join(map(str, system.log)))
    assert system.trouble == []
