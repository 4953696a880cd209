"""Runbooks: YAML to values, strict, every problem with its file, line and column."""

from __future__ import annotations

from escalade.runbooks.book import Book
from escalade.runbooks.book import RoleRule
from escalade.runbooks.load import load
from escalade.runbooks.problems import RunbookFilesError

__all__ = ["Book", "RoleRule", "RunbookFilesError", "load"]
