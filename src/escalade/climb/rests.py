"""What every plan rests on beside the evidence: hashes of runbooks, package, tasks."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from escalade.runbooks.book import Book

__all__ = ["rests_of"]

_SHORT = 16
_PACKAGE = Path(__file__).resolve().parent.parent


def rests_of(book: Book, folder: Path) -> Mapping[str, str]:
    """Return the hashes by name; `folder` is where the operator's tasks.py may be."""
    found = {
        "runbooks": book.digest[:_SHORT] or _of_values(book),
        "package": _of_files(sorted(_PACKAGE.rglob("*.py"))),
    }
    tasks = [folder / "tasks.py", *sorted((folder / "tasks").glob("*.py"))]
    there = [path for path in tasks if path.is_file()]
    return {**found, "tasks": _of_files(there)} if there else found


def _of_values(book: Book) -> str:
    """Return a hash of a book that was made of no files."""
    return sha256(repr(book).encode()).hexdigest()[:_SHORT]


def _of_files(paths: Iterable[Path]) -> str:
    """Return a hash of the names and contents of some files."""
    whole = sha256()
    for path in paths:
        whole.update(f"{path.name}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:_SHORT]
