"""Where sockets of runs are, and which folders are not trusted with them."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from tool.live.started import Started

from bastide.tool.live.client import NoSuchRun, chosen, runs
from bastide.tool.live.folder import FolderError, connected, entered, names, offer, peer


@pytest.fixture
def second_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is used if the runtime directory can't be."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path / f"bastide-{os.geteuid()}"


def offered(scenario: str = "town") -> Path | None:
    """Where a run would offer its socket."""
    made = offer(scenario)
    if made is None:
        return None
    made.withdraw()
    made.listener.close()
    assert not made.path.exists()
    return made.path


def test_the_folder_is_made_for_its_owner_alone(runtime_folder: Path) -> None:
    path = offered()
    assert path == runtime_folder / f"{os.getpid()}-town"
    assert runtime_folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("scenario", "spelled"), [("a/../b c", "a_.._b_c"), ("é" * 99, "_" * 60), ("", "_")])
def test_a_name_can_lead_nowhere_else(runtime_folder: Path, scenario: str, spelled: str) -> None:
    assert offered(scenario) == runtime_folder / f"{os.getpid()}-{spelled}"


def test_the_path_may_be_longer_than_the_address_of_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("long" * 50)
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    made = offer("town")
    assert made is not None and made.path.parent == folder / "bastide"
    with entered(folder / "bastide") as opened:
        connection = connected(opened, made.path.name, 10)
        assert connection is not None and peer(connection) == os.geteuid()
        connection.close()
    made.withdraw()
    made.listener.close()


def test_a_folder_that_is_open_to_others_is_not_used(runtime_folder: Path, second_place: Path) -> None:
    runtime_folder.mkdir(mode=0o700)
    runtime_folder.chmod(0o750)
    assert offered() == second_place / f"{os.getpid()}-town"
    with pytest.raises(FolderError, match="is open to others, so it is not used: chmod 700"), entered(runtime_folder):
        raise AssertionError


def test_a_link_is_not_followed(runtime_folder: Path, second_place: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    runtime_folder.symlink_to(tmp_path / "elsewhere")
    assert offered() == second_place / f"{os.getpid()}-town"
    assert not list((tmp_path / "elsewhere").iterdir())
    with pytest.raises(FolderError, match="is no folder, or a link to one"), entered(runtime_folder):
        raise AssertionError


def test_a_folder_of_somebody_else_is_not_used(runtime_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime_folder.mkdir(mode=0o700)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(FolderError, match=f"belongs to the user with the id {owner}, so it is not used"), \
            entered(runtime_folder):
        raise AssertionError


def test_the_runtime_directory_of_somebody_else_is_left_alone(
        runtime_folder: Path, second_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/self/no such folder")
    assert offered() == second_place / f"{os.getpid()}-town"
    assert not runtime_folder.exists()


def test_without_any_place_a_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "file"))
    assert offer("town") is None
    run = Started("run", "hello")
    run.wait_for("hello: ok")
    assert run.end() == 0


def test_what_a_killed_run_left_is_removed_by_who_looks(town: Started, runtime_folder: Path) -> None:
    assert [path.name for path in runtime_folder.iterdir()] == [f"{town.process.pid}-town"]
    town.end(signal.SIGKILL)
    assert [path.name for path in runtime_folder.iterdir()] == [f"{town.process.pid}-town"]
    assert list(runs()) == []
    assert list(runtime_folder.iterdir()) == []


def test_a_run_that_ends_takes_its_socket_along(town: Started, runtime_folder: Path) -> None:
    assert town.end() == 130
    assert list(runtime_folder.iterdir()) == []
    with pytest.raises(NoSuchRun):
        chosen("town")


def test_other_files_in_the_folder_are_no_runs(runtime_folder: Path) -> None:
    runtime_folder.mkdir(mode=0o700)
    for name in ("notes", "12", "x-town", "1-a b", ".5-town"):
        (runtime_folder / name).write_text("")
    (runtime_folder / "7-file").write_text("")
    dead = socket.socket(socket.AF_UNIX)
    with entered(runtime_folder) as folder:
        dead.bind(f"/proc/self/fd/{folder}/3-dead")
        dead.close()
        assert names(folder) == ["3-dead", "7-file"]
    assert list(runs()) == []
    assert sorted(path.name for path in runtime_folder.iterdir()) == [".5-town", "1-a b", "12", "notes", "x-town"]
