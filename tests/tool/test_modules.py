"""Where ROM modules come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.tool.modules import Modules, Shelf, shelves
from bastide.tool.scenario import Scenario, ScenarioError, parse_scenario


def component(folder: Path, text: str = "def construct(env: object) -> None: ...\n") -> Path:
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "main.py").write_text(text)
    return folder


def scenario(folder: Path, content: str, binary: str = "app") -> Scenario:
    text = f"runtime | ram: 1M | caps: 10 | binary: {binary}\n+ content\n{content}-\n"
    return parse_scenario(text, "x", folder / "runtime")


@pytest.fixture
def modules(tmp_path: Path) -> Modules:
    component(tmp_path / "components" / "app")
    component(tmp_path / "components" / "test_init")
    return Modules(tmp_path, [Shelf(tmp_path / "components", "components")])


def test_a_file_beside_the_scenario_is_a_module(modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "notes.default").write_bytes(b"\x00data")
    assert modules.find("notes.default") == b"\x00data"


def test_a_component_is_packed_when_asked_for(modules: Modules) -> None:
    binary = modules.find("app")
    assert binary is not None and b"components/app/main" in binary
    assert modules.find("app") is binary


def test_a_component_that_was_missing_is_found_when_it_is_there(modules: Modules, tmp_path: Path) -> None:
    assert modules.find("late") is None
    component(tmp_path / "components" / "late")
    binary = modules.find("late")
    assert binary is not None and b"components/late/main" in binary


def test_hyphens_in_module_names_are_underscores_in_folders(modules: Modules) -> None:
    assert modules.find("test-init") == modules.find("test_init") is not None


def test_a_file_has_precedence_over_a_component(modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"prepared")
    assert modules.find("app") == b"prepared"


def test_a_scenario_is_no_module_of_itself(tmp_path: Path) -> None:
    component(tmp_path / "components" / "town")
    (tmp_path / "town").write_text("runtime | ram: 1M | caps: 10 | binary: town\n-\n")
    modules = Modules.of(tmp_path / "town")
    assert b"components/town/main" in (modules.find("town") or b"")
    assert modules.names().count("town") == 1


@pytest.mark.parametrize("text", ["runtime | ram: 1M\n-\n", "\n<runtime ram='1M'/>"])
def test_another_scenario_is_not_taken_for_the_component_of_its_name(
        text: str, modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "app").write_text(text)
    (tmp_path / "village").write_text(text)
    for look in (modules.find, modules.known, modules.component):
        with pytest.raises(ScenarioError) as error:
            look("app")
        assert str(error.value) == (
            f"{tmp_path}/app: this scenario has the name of a component, so the ROM module 'app' may be meant to be "
            f"{tmp_path}/components/app; rename the scenario, or move it elsewhere")
    assert modules.find("village") == text.encode()


def test_the_runtime_of_the_platform_needs_no_file(modules: Modules) -> None:
    assert modules.find("ld.lib.so") == b"supplied by the platform\n"


@pytest.mark.parametrize(
    "name", ["../secret", "..", "a/b", "/etc/passwd", "", ".hidden", "a\0", "runtime", "components"])
def test_a_name_reaches_nothing_but_modules(name: str, modules: Modules, tmp_path: Path) -> None:
    (tmp_path.parent / "secret").write_bytes(b"secret")
    (tmp_path / ".hidden").write_bytes(b"hidden")
    (tmp_path / "runtime").write_bytes(b"the scenario itself")
    assert modules.find(name) is None


def test_a_system_is_booted_with_its_content_and_its_binary(modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"1")
    booted = modules.boot(scenario(tmp_path, "  + rom data | as: renamed\n  + rom ld.lib.so\n"))
    assert set(booted) == {"app", "renamed", "ld.lib.so"}
    assert booted["renamed"] == b"1"


def test_a_missing_module_is_explained_with_the_closest_name(modules: Modules, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as error:
        modules.boot(scenario(tmp_path, "  + rom test-int\n"))
    assert str(error.value) == (
        f"{tmp_path}/runtime:3:3: no ROM module 'test-int': neither a file nor a folder 'test_int' with a main.py in "
        f"{tmp_path}, {tmp_path}/components; did you mean 'test_init'?")


def test_a_file_that_is_too_large_is_refused(modules: Modules, tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate((256 << 20) + 1)
    with pytest.raises(ScenarioError, match="huge: larger than 256 MiB"):
        modules.find("huge")


def test_a_shelf_can_be_restricted_to_some_components(tmp_path: Path) -> None:
    component(tmp_path / "init")
    component(tmp_path / "core")
    shelf = Shelf(tmp_path, "bastide", frozenset({"init"}))
    assert list(shelf.names()) == ["init"]
    assert shelf.component("core") is None


def test_components_beside_the_scenario_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = shelves(tmp_path / "scenario")
    assert found[0].folder == tmp_path / "scenario" / "components"
    assert found[1].folder == tmp_path / "components"
    assert {shelf.package for shelf in found[2:]} == {
        "bastide.app", "bastide.server", "bastide.driver", "bastide", "components"}
