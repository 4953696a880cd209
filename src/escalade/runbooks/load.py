"""Runbook folders to a Book: from the compiled cache where nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.evidence.probe import Probe
from escalade.runbooks import cache
from escalade.runbooks.book import Book
from escalade.runbooks.files import find
from escalade.runbooks.problems import RunbookFilesError

if TYPE_CHECKING:
    from escalade.runbooks.words import StepLike

__all__ = ["load"]


def load(
    folders: Sequence[Path],
    catalog: Mapping[str, Probe],
    kinds: Callable[[], Mapping[str, StepLike]] | None = None,
    user_tasks: frozenset[str] = frozenset(),
) -> Book:
    """Return all runbooks of the folders; a later folder overrides an earlier one.

    `kinds` gives the steps that there are, and is called only where files are compiled:
    a kept book needs no step loaded. Without it any word may be a step. `user_tasks`
    are the operator's own tasks.

    Raises RunbookFilesError with every problem of every file. The schema and YAML
    libraries are loaded only where a file, the catalogue or our code has changed.
    """
    files = find(folders)
    checked = "" if kinds is None else "steps"
    key = cache.key(files, catalog, (checked, *sorted(user_tasks)))
    kept = cache.get(folders, key)
    if kept is not None:
        return kept
    from escalade.runbooks.compile import compile_files

    steps = None if kinds is None else kinds()
    compiled = compile_files(files, catalog, steps, user_tasks)
    if compiled.book is None:
        raise RunbookFilesError(compiled.errors)
    book = replace(compiled.book, digest=cache.digest(files))
    cache.put(folders, key, book)
    return book
