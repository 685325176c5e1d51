"""Runtime files: what is read from a good one, and what is said about each bad one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.value import Bytes
from bastide.tool.checkout import CHECKOUT
from bastide.tool.scenario import (
    Requirement,
    Scenario,
    ScenarioError,
    find_scenario,
    parse_scenario,
    read_scenario,
    scenario_names,
    valid_rom_name,
)

GOOD = """\
runtime | ram: 8M | caps: 200 | binary: notes
+ requires
  + gui
  + fs documents
  + rom | name: fonts_config
  + timer
+ provides | + report
+ content
  + rom ld.lib.so
  + rom notes
  + rom notes.default | as: config.default
  + rom | label: old
+ config | autosave: yes
  + vfs | + fs | label: documents
+ succeed
  : [notes] ready
+ fail | after_seconds: 20
-
"""


def parse(text: str) -> Scenario:
    return parse_scenario(text, "notes", Path("notes/runtime"))


def test_a_runtime_file_becomes_a_scenario() -> None:
    scenario = parse(GOOD)
    assert (scenario.name, scenario.binary, scenario.ram, scenario.caps) == ("notes", "notes", Bytes("8M"), 200)
    assert scenario.requires == (Requirement("Gui"), Requirement("File_system", "documents"),
                                 Requirement("ROM", "fonts_config"), Requirement("Timer"))
    assert [(rom.label, rom.name) for rom in scenario.content] == [
        ("ld.lib.so", "ld.lib.so"), ("notes", "notes"), ("notes.default", "config.default"), ("old", "old")]
    assert scenario.config is not None and scenario.config.attribute("autosave", False) is True
    assert scenario.criteria.deadline == 20


def test_the_same_file_in_xml_is_the_same_scenario() -> None:
    scenario = parse("""\
<runtime ram="8M" caps="200" binary="notes">
  <requires> <timer/> <fs label="documents"/> </requires>
  <content> <rom label="notes"/> <rom label="notes.default" as="config.default"/> </content>
  <config autosave="yes"/>
  <succeed>[notes] a &lt; b</succeed>
  <fail after_seconds="20"/>
</runtime>""")
    assert scenario.requires == (Requirement("Timer"), Requirement("File_system", "documents"))
    assert [(rom.label, rom.name) for rom in scenario.content] == [("notes", "notes"),
                                                                   ("notes.default", "config.default")]
    pattern = scenario.criteria.all[0].pattern
    assert pattern is not None and pattern[0].text == "[notes] a < b"


def test_a_config_can_be_a_rom_module() -> None:
    scenario = parse("runtime | ram: 1M | caps: 9 | binary: a | config: a.config\n-\n")
    assert [(rom.label, rom.name) for rom in scenario.content] == [("a.config", "config")]
    assert scenario.config is None


@pytest.mark.parametrize(("text", "message"), [
    ("config\n-\n", "f/runtime:1:1: expected a node 'runtime', found 'config'"),
    ("runtime | rom: 1M | caps: 1 | binary: a\n-\n",
     "f/runtime:1:1: 'runtime' has no attribute 'rom'; did you mean 'ram'?"),
    ("runtime | ram: 1M | caps: 1 | binary: a\n+ contents\n-\n",
     "f/runtime:2:1: 'runtime' has no node 'contents'; did you mean 'content'?"),
    ("runtime | caps: 1 | binary: a\n-\n",
     "f/runtime:1:1: expected attribute 'ram' of 'runtime', which is missing"),
    ("runtime | ram: 1M | binary: a\n-\n",
     "f/runtime:1:1: expected attribute 'caps' of 'runtime', which is missing"),
    ("runtime | ram: 1M | caps: 1\n-\n",
     "f/runtime:1:1: expected attribute 'binary' of 'runtime', which is missing"),
    ("runtime | ram: 0 | caps: 1 | binary: a\n-\n",
     "f/runtime:1:1: ram: '0' is no amount that a system could be given"),
    ("runtime | ram: 1M | caps: -1 | binary: a\n-\n",
     "f/runtime:1:1: caps: '-1' is no amount that a system could be given"),
    ("runtime | ram: 1M | caps: 1 | binary: ../a\n-\n",
     "f/runtime:1:1: binary: '../a' is no name of a ROM module"),
    ("runtime | ram: 1M | caps: 1 | binary: a | config: a/b\n-\n",
     "f/runtime:1:1: config: 'a/b' is no name of a ROM module"),
    ("runtime | ram: 1M | caps: 1 | binary: a | config: b\n+ config\n-\n",
     "f/runtime:1:1: 'config: b' names a ROM module, but there is a node 'config' too"),
    ("runtime | ram: 1M | caps: 1 | binary: a\n+ requires\n  + timr\n-\n",
     "f/runtime:3:3: nothing is known that provides 'timr'; did you mean 'timer'?"),
    ("runtime | ram: 1M | caps: 1 | binary: a\n+ content\n  + ron a\n-\n",
     "f/runtime:3:3: 'content' has no node 'ron'; did you mean 'rom'?"),
    ("runtime | ram: 1M | caps: 1 | binary: a\n+ content\n  + rom\n-\n",
     "f/runtime:3:3: 'rom' lacks its name: write 'rom NAME'"),
    ("runtime | ram: 1M | caps: 1 | binary: a\n+ content\n  + rom a | ass: b\n-\n",
     "f/runtime:3:3: 'rom' has no attribute 'ass'; did you mean 'as'?"),
    ("runtime | ram: 1M | caps: 1 | binary: a\n+ content\n  + rom /etc/passwd\n-\n",
     "f/runtime:3:3: '/etc/passwd' is no name of a ROM module: letters, digits and _ . + - may occur, '/' and '..' "
     "may not"),
    ("runtime | ram: 1M | caps: 1 | binary: a\n+ content\n  + rom a\n  + rom b | as: a\n-\n",
     "f/runtime:4:3: the ROM module 'a' is 'b' here, but 'a' at f/runtime:3:3"),
])
def test_an_error_names_its_place_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as error:
        parse_scenario(text, "f", Path("f/runtime"))
    assert str(error.value) == message


@pytest.mark.parametrize("text", ["", "runtime\n", "runtime | ram: 1X | caps: 1 | binary: a\n-\n", "<runtime", "\x00"])
def test_a_file_that_is_no_node_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"^f/runtime:\d+:\d+: expected "):
        parse_scenario(text, "f", Path("f/runtime"))


@given(st.text(alphabet="runtime|:+ \n-axcs<>1M=\"/.*", max_size=80), st.binary(max_size=20))
def test_any_text_is_a_scenario_or_a_scenario_error(text: str, data: bytes) -> None:
    for hostile in (text, f"runtime | ram: 1M | caps: 1 | binary: a\n{text}\n-\n", data):
        try:
            assert valid_rom_name(parse_scenario(hostile, "f", Path("f/runtime")).binary)
        except ScenarioError as error:
            assert str(error)


class TestFinding:
    def test_a_scenario_is_found_by_name(self, tmp_path: Path) -> None:
        file = put(tmp_path / "scenarios" / "notes" / "runtime")
        assert find_scenario("notes", [tmp_path / "scenarios"]) == file
        assert read_scenario(file).name == "notes"

    def test_the_first_folder_has_precedence(self, tmp_path: Path) -> None:
        file, _ = put(tmp_path / "mine" / "notes" / "runtime"), put(tmp_path / "theirs" / "notes" / "runtime")
        assert find_scenario("notes", [tmp_path / "mine", tmp_path / "theirs"]) == file

    def test_a_scenario_is_found_by_the_path_of_its_file_or_folder(self, tmp_path: Path) -> None:
        file = put(tmp_path / "x" / "runtime")
        assert find_scenario(str(file), []) == file
        assert find_scenario(str(tmp_path / "x"), []) == file
        assert read_scenario(put(tmp_path / "single.runtime")).name == "single"

    def test_a_miss_suggests_the_closest_name(self, tmp_path: Path) -> None:
        put(tmp_path / "hello" / "runtime")
        with pytest.raises(ScenarioError) as error:
            find_scenario("helo", [tmp_path / "missing", tmp_path])
        assert str(error.value) == (f"no scenario 'helo': looked for a file of that path and for {tmp_path}/*/runtime; "
                                    "did you mean 'hello'?")

    @pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "", "no/such"])
    def test_a_name_that_no_file_can_have_is_a_miss(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(ScenarioError, match="no scenario"):
            find_scenario(name, [tmp_path])

    def test_the_scenarios_of_bastide_can_be_read(self) -> None:
        folder = CHECKOUT / "scenarios"
        names = scenario_names([folder])
        assert {"hello", "log"} <= set(names)
        for name in names:
            assert read_scenario(find_scenario(name, [folder])).criteria.problem == ""


class TestReading:
    def test_a_missing_file_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ScenarioError, match="there is no such file"):
            read_scenario(tmp_path / "runtime")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "runtime")
        with pytest.raises(ScenarioError, match="there is no such file"):
            read_scenario(tmp_path / "runtime")

    def test_a_file_that_is_too_large_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "runtime").write_bytes(b"x" * ((1 << 20) + 1))
        with pytest.raises(ScenarioError, match="larger than 1 MiB"):
            read_scenario(tmp_path / "runtime")

    def test_a_file_that_is_no_text_is_refused_with_the_place(self, tmp_path: Path) -> None:
        (tmp_path / "runtime").write_bytes(b"runtime\n+ a\xff\n-\n")
        with pytest.raises(ScenarioError, match=r"runtime:2:4: expected UTF-8"):
            read_scenario(tmp_path / "runtime")


def put(file: Path) -> Path:
    """A small scenario in a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("runtime | ram: 1M | caps: 10 | binary: a\n-\n")
    return file
