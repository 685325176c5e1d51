"""Who may import whom: each contract of pyproject.toml notices the import that breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bastide.tool.checkout import CHECKOUT

PACKAGES = ("base", "session", "core", "init", "kernel", "server.a", "server.b", "driver.c", "app.d", "lib", "testing",
            "tool")


def broken(tmp_path: Path, *imports: str) -> dict[str, bool]:
    """Which contracts are broken in a package with the given imports, each spelled `base.x -> core.y`."""
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    package = tmp_path / "src" / "bastide"
    for name in PACKAGES:
        folder = package / name.replace(".", "/")
        folder.mkdir(parents=True)
        for parent in (folder, folder.parent):
            (parent / "__init__.py").touch()
    for line in imports:
        importer, imported = line.split(" -> ")
        for module in (importer, imported):
            (package / f"{module.replace('.', '/')}.py").touch()
        with (package / f"{importer.replace('.', '/')}.py").open("a") as file:
            file.write(f"import bastide.{imported}\n")
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    result = subprocess.run([sys.executable, "-P", "-c", code, "--no-cache", "--no-logo"], cwd=tmp_path, text=True,
                            capture_output=True, env=os.environ | {"PYTHONPATH": str(tmp_path / "src")})
    lines = (line.partition(" (")[0] for line in result.stdout.replace(" \n", " ").splitlines())
    verdicts = [line.rpartition(" ") for line in lines if line.endswith((" KEPT", " BROKEN"))]
    return {name: verdict == "BROKEN" for name, _, verdict in verdicts}


@pytest.mark.parametrize("line", [
    "base.a -> kernel.interface", "base.platform -> kernel.linux", "base.a -> session.b", "session.a -> core.b",
    "session.a -> kernel.interface", "core.a -> init.b", "core.a -> kernel.interface", "init.a -> core.b",
    "init.a -> lib.b", "lib.a -> app.d.main", "app.d.main -> core.a", "app.d.main -> kernel.interface",
    "app.d.main -> server.a.main", "server.a.main -> server.b.main", "kernel.a -> base.b", "init.a -> tool.b",
    "core.a -> tool.b",
])
def test_an_import_that_is_not_allowed_breaks_a_contract(line: str, tmp_path: Path) -> None:
    assert any(broken(tmp_path, line).values())


def test_the_imports_of_the_design_are_allowed(tmp_path: Path) -> None:
    verdicts = broken(tmp_path, "base.platform -> kernel.interface", "core.platform -> kernel.interface",
                      "session.a -> base.b", "core.c -> session.a", "init.c -> session.a", "lib.c -> session.a",
                      "app.d.main -> lib.c", "server.a.main -> session.a", "kernel.x -> kernel.y", "tool.run -> core.c",
                      "tool.run -> kernel.x", "testing.t -> core.c", "testing.t -> tool.run")
    assert len(verdicts) == 11
    assert not any(verdicts.values())
