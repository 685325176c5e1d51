"""Explains what a system says when it refuses or lacks something: `bastide explain`."""

from __future__ import annotations
