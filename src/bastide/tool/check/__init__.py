"""Checks a scenario as a whole before anything starts: names, values, modules, routes, budgets."""

from __future__ import annotations
