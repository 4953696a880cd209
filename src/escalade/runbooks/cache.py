"""Compiled books kept as JSON, so that a run need not load the schema library.

A cache is an offer: where its folder cannot be used, is not ours alone, or holds
anything odd, the runbooks are simply compiled again.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from escalade.evidence.probe import Probe
from escalade.runbooks.book import Book
from escalade.runbooks.codec import pack
from escalade.runbooks.codec import unpack
from escalade.runbooks.files import SourceFile

__all__ = ["digest", "folder", "get", "key", "put"]

_FORMAT = "escalade.runbooks/2"
_LIMIT = 64_000_000
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PACKAGE = Path(__file__).resolve().parent


# ------------------------------------------------------------------------ keys


def digest(files: Sequence[SourceFile]) -> str:
    """Return the hash of the files' names and contents."""
    total = blake2b(digest_size=16)
    for file in files:
        head = f"{file.name}\0{file.trouble}\0{file.twin}\0{len(file.content)}\0"
        total.update(head.encode("utf-8", "surrogateescape"))
        total.update(file.content)
    return total.hexdigest()


def key(
    files: Sequence[SourceFile],
    catalog: Mapping[str, Probe],
    more: Sequence[str] = (),
) -> str:
    """Return the hash of all that a compiled book follows from.

    Those are the files with their paths, the catalogue, our own code and whatever `more`
    the caller says. Paths count whole: a file is named from where one stands, and the book is
    the same from there.
    """
    parts = (
        _FORMAT,
        digest(files),
        *(os.path.abspath(file.file) for file in files),  # noqa: PTH100 (fast)
        *_catalog(catalog),
        *_code(),
        *more,
    )
    return _hash("\n".join(parts))


def _hash(text: str) -> str:
    """Return the hash of a text, which may hold undecodable file names."""
    data = text.encode("utf-8", "surrogateescape")
    return blake2b(data, digest_size=16).hexdigest()


def _catalog(catalog: Mapping[str, Probe]) -> list[str]:
    """Return what conditions are checked against, as text."""
    return [
        repr(
            (
                name,
                probe.scope,
                [(word, kind.__name__) for word, kind in probe.readings.items()],
                [*probe.arguments.items()],
            ),
        )
        for name, probe in catalog.items()
    ]


def _code() -> list[str]:
    """Return the state of the files that compile: another version, another cache.

    The steps' own files count too: they say which words and arguments there are, and
    are not loaded for a book that is kept.
    """
    parts = []
    with suppress(OSError):
        nouns = [_PACKAGE.parent / name for name in ("model.py", "text.py")]
        steps = _PACKAGE.parent / "remedy" / "steps"
        for path in (*sorted(_PACKAGE.iterdir()), *nouns, *sorted(steps.iterdir())):
            if path.suffix == ".py":
                facts = path.stat()
                parts.append(f"{path.name} {facts.st_size} {facts.st_mtime_ns}")
    return parts


# --------------------------------------------------------------------- folders


def folder() -> Path | None:
    """Return the folder for compiled books, made where it can be; else None.

    It is ours alone: owned by us, writable by nobody else, below a cache folder that
    is ours too (not that of the user who called `sudo`).
    """
    try:
        base = _base()
        base.mkdir(mode=0o700, exist_ok=True)
        own = base / "escalade"
        own.mkdir(mode=0o700, exist_ok=True)
        ours = base.stat().st_uid == os.geteuid() and _safe(own.lstat(), stat.S_ISDIR)
    except (OSError, RuntimeError):
        return None
    return own if ours else None


def _base() -> Path:
    """Return the user's cache folder (XDG: a relative one is to be ignored)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given) if given.startswith("/") else Path.home() / ".cache"


def _safe(facts: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether a file is of the kind, ours, and nobody else's to write."""
    mine = facts.st_uid == os.geteuid() and not facts.st_mode & _OTHERS_WRITE
    return mine and kind(facts.st_mode)


# ----------------------------------------------------------------------- books


def get(folders: Sequence[Path], key: str) -> Book | None:
    """Return the book kept for these folders if it was compiled under this key."""
    path = _path(folders)
    try:
        content = _read(path) if path else b""
        head, _, body = content.partition(b"\n")
        if not body or head.decode().split() != [_FORMAT, key, _sum(body)]:
            return None
        return unpack(json.loads(body))
    except Exception:
        return None  # Whatever is wrong with it, compiling again is the answer.


def put(folders: Sequence[Path], key: str, book: Book) -> None:
    """Keep a book for these folders; a full disk or a lost folder is no matter."""
    path = _path(folders)
    if path is None:
        return
    body = json.dumps(pack(book), separators=(",", ":")).encode()
    head = f"{_FORMAT} {key} {_sum(body)}\n".encode()
    with suppress(OSError):
        _replace(path, head + body)


def _path(folders: Sequence[Path]) -> Path | None:
    """Return where the book of these folders is kept."""
    own = folder()
    name = _hash("\n".join(str(folder.absolute()) for folder in folders))
    return own / f"runbooks-{name[:16]}.json" if own else None


def _sum(body: bytes) -> str:
    """Return what tells whether a body is whole."""
    return blake2b(body, digest_size=16).hexdigest()


def _read(path: Path) -> bytes:
    """Return a kept file's content if it is a file of ours alone."""
    with os.fdopen(os.open(path, _READ), "rb") as file:
        facts = os.fstat(file.fileno())
        safe = _safe(facts, stat.S_ISREG) and facts.st_size <= _LIMIT
        return file.read(_LIMIT) if safe else b""


def _replace(path: Path, content: bytes) -> None:
    """Write a file through a temporary name, so that a reader sees all or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with os.fdopen(os.open(draft, _WRITE, 0o600), "wb") as file:
            file.write(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
