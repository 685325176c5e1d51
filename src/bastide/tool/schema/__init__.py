"""Schemas of configs (`.hsd`): reading them, and checking nodes against them."""

from __future__ import annotations

from bastide.tool.schema.schema import Schema

__all__ = ["Schema"]
