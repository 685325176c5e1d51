"""Where Bastide's own files are: the package, and the checkout around it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder `bastide`, with one folder per part."""

CHECKOUT = PACKAGE.parents[1]
"""The folder with `src`, `scenarios`, `tests` and `bench`; without meaning if Bastide is installed as a wheel."""

SCENARIOS = (CHECKOUT, PACKAGE)
"""Folders with a folder `scenarios`: of the checkout, or of the installed package. One of them exists."""
