"""What comes from others is as they published it, and the page is complete without any network."""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from pathlib import Path

import pytest

ASSETS = Path(str(resources.files("bastide.tool.web"))) / "assets"
OWN = sorted(path for path in ASSETS.iterdir() if path.suffix in (".js", ".html", ".css"))


def test_every_file_of_others_has_the_checksum_that_is_written_down() -> None:
    text = (ASSETS / "vendor/README.md").read_text()
    listed = dict(re.findall(r"^\| `(.+)` \| `([0-9a-f]{64})` \|$", text, re.MULTILINE))
    there = {str(path.relative_to(ASSETS / "vendor")): hashlib.sha256(path.read_bytes()).hexdigest()
             for path in (ASSETS / "vendor").glob("*/**/*") if path.is_file()}
    assert there == listed


def test_every_package_of_others_comes_with_its_licence() -> None:
    packages = [path for path in (ASSETS / "vendor").iterdir() if path.is_dir()]
    assert packages and all((package / "LICENSE.md").is_file() for package in packages)


@pytest.mark.parametrize("file", OWN, ids=lambda path: path.name)
def test_the_page_names_no_other_server_and_makes_no_markup(file: Path) -> None:
    text = file.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//\w+\.", text)
    assert not re.search(r"(inner|outer|Adjacent)HTML|document\.write|\beval\b|new Function|style=\"|\son\w+=\"", text)
    assert len(text.splitlines()) <= 400
