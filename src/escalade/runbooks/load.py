"""Runbook folders to a Book: from the compiled cache where nothing has changed."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from escalade.evidence.probe import Probe
from escalade.runbooks import cache
from escalade.runbooks.book import Book
from escalade.runbooks.files import find
from escalade.runbooks.problems import RunbookFilesError

__all__ = ["load"]


def load(folders: Sequence[Path], catalog: Mapping[str, Probe]) -> Book:
    """Return all runbooks of the folders; a later folder overrides an earlier one.

    Raises RunbookFilesError with every problem of every file. The schema and YAML
    libraries are loaded only where a file, the catalogue or our code has changed.
    """
    files = find(folders)
    key = cache.key(files, catalog)
    kept = cache.get(folders, key)
    if kept is not None:
        return kept
    from escalade.runbooks.compile import compile_files

    compiled = compile_files(files, catalog)
    if compiled.book is None:
        raise RunbookFilesError(compiled.errors)
    book = replace(compiled.book, digest=cache.digest(files))
    cache.put(folders, key, book)
    return book
