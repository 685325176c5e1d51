"""A town that runs, in a runtime directory of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tool.live.started import Started, place_town


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sockets of this test are: it sees no other runs, and others don't see its own."""
    folder = tmp_path / "user"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))       # the second place
    return folder / "bastide"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Started]:
    run = Started("run", str(place_town(tmp_path / "town")))
    run.wait_for("[init -> speaker] says one", "[init -> asker] was denied", "[init -> nested -> speaker] says inner")
    yield run
    run.end()
