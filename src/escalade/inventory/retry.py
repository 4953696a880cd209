"""Files that name hosts, one a line: what `--limit @file` reads, and a run leaves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from escalade.errors import UsageError
from escalade.errors import nearest

__all__ = ["read", "write"]

_COMMENT = re.compile(r"(?:^|\s)#.*")


def write(path: Path, hosts: Iterable[str]) -> None:
    """Write the names of hosts, each once; a file of no host is taken away.

    The file appears whole or not at all. Raises OSError.
    """
    names = dict.fromkeys(hosts)
    if not names:
        path.unlink(missing_ok=True)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text("".join(f"{name}\n" for name in names), "utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read(path: Path) -> tuple[tuple[int, str], ...]:
    """Return the names in a file with their lines; ` #` begins what says nothing.

    Raises UsageError where there is no such file, or no name in it.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise UsageError(f"@{path}: no such file{_beside(path)}") from None
    except UnicodeDecodeError:
        raise UsageError(f"@{path}: not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"@{path}: {error.strerror}") from None
    said = ((n, _COMMENT.sub("", line).strip()) for n, line in enumerate(lines, 1))
    names = tuple((number, name) for number, name in said if name)
    if not names:
        raise UsageError(f"@{path}: no host in it")
    return names


def _beside(path: Path) -> str:
    """Return a hint at a file with nearly this name."""
    try:
        return nearest(path.name, [other.name for other in path.parent.iterdir()])
    except OSError:
        return ""
