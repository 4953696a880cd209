"""The text of a file of the inventory, decrypted where it is encrypted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from escalade.errors import InventoryError
from escalade.errors import nearest
from escalade.inventory.marks import Mark
from escalade.inventory.vault import Keyring
from escalade.inventory.vault import is_encrypted

__all__ = ["bytes_of", "decoded", "text_of", "without_words"]


def text_of(file: Path, keys: Keyring) -> tuple[str, bool]:
    """Return a file's text, and whether it was encrypted."""
    text = decoded(file, bytes_of(file))
    if is_encrypted(text):
        return keys.decrypt(text, Mark(str(file), 1, 1)), True
    return text, False


def bytes_of(file: Path) -> bytes:
    """Return what a file holds. Raises InventoryError, with a name that is near."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise InventoryError(f"{file}: no such file{_beside(file)}") from None
    except OSError as error:
        raise InventoryError(f"{file}: {error.strerror}") from None


def decoded(file: Path, content: bytes) -> str:
    """Return bytes as text."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InventoryError(f"{file}:{line}:1: not UTF-8 text") from None


@contextmanager
def without_words(file: Path, *, secret: bool) -> Iterator[None]:
    """Let an error of an encrypted file say its place alone: its words may quote it."""
    try:
        yield
    except InventoryError as error:
        place = re.match(r":\d+:\d+", str(error).removeprefix(str(file)))
        if not secret:
            raise
        where = f"{file}{place[0] if place else ''}"
        raise InventoryError(f"{where}: not understood, once decrypted") from None


def _beside(file: Path) -> str:
    """Return a hint at a file with nearly this name."""
    try:
        return nearest(file.name, [path.name for path in file.parent.iterdir()])
    except OSError:
        return ""
