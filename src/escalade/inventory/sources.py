"""What a source stands for: a file, the files of a folder, a program, a list of hosts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from escalade.errors import InventoryError
from escalade.inventory.groups import Groups
from escalade.inventory.marks import Map
from escalade.inventory.marks import Mark
from escalade.inventory.marks import Node
from escalade.inventory.texts import bytes_of
from escalade.inventory.texts import decoded
from escalade.inventory.texts import without_words
from escalade.inventory.varfiles import GROUP_VARS
from escalade.inventory.varfiles import HOST_VARS
from escalade.inventory.vault import Keyring
from escalade.inventory.vault import is_encrypted

__all__ = ["Piece", "folder_of", "pieces"]

_YAML = ("", ".yaml", ".yml", ".json")
_NO_INVENTORIES = (GROUP_VARS, HOST_VARS, "vars_plugins")
# What Ansible passes over in a folder.
_IGNORED = (
    ".bak",
    ".cfg",
    ".md",
    ".orig",
    ".pyc",
    ".pyo",
    ".retry",
    ".rpm",
    ".rst",
    ".swp",
    ".txt",
    "~",
)
_PROGRAMS = (b"#!", b"\x7fELF")
_DEEPEST = 20
# How YAML that has a mapping at its top may begin, and the INI format does not.
_LIKE_YAML = r"(?:---|\{|(?:[^\s#;\[][^\s=]*|'[^']*'|\"[^\"]*\"):(?:\s|$))"


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to read: a text with its file, a program, or a list of hosts."""

    name: str
    text: str = ""
    path: Path | None = None
    program: bool = False

    def add_to(self, groups: Groups, keys: Keyring) -> None:
        """Add what it says to the groups. Raises InventoryError."""
        if self.path is None:
            groups.add_list(self.name)
        elif self.program:
            from escalade.inventory.script import add_script

            add_script(groups, self.path)
        elif is_encrypted(self.text):
            text = keys.decrypt(self.text, Mark(self.name, 1, 1))
            with without_words(self.path, secret=True):
                _add_text(groups, self.path, text, secret=True)
        else:
            _add_text(groups, self.path, self.text, secret=False)


def pieces(source: Path | str) -> Iterator[Piece]:
    """Yield what a source stands for, files read. Raises InventoryError."""
    path = Path(source)
    if "," in str(source) and not path.exists():
        yield Piece(str(source))
        return
    for file in _files(path, 0):
        content = bytes_of(file)
        if content.startswith(_PROGRAMS) and os.access(file, os.X_OK):
            yield Piece(str(file), path=file, program=True)
        else:
            yield Piece(str(file), decoded(file, content), file)


def folder_of(source: Path | str) -> Path | None:
    """Return the folder beside a source, where its variables lie; lists have none."""
    path = Path(source)
    if "," in str(source) and not path.exists():
        return None
    return path if path.is_dir() else path.parent


def _files(source: Path, depth: int) -> Iterator[Path]:
    """Yield the file, or the files of a folder and of those in it, by name."""
    if not source.is_dir():
        if source.exists() and not source.is_file():
            raise InventoryError(f"{source}: a file or a folder is expected")
        yield source
        return
    found = sorted(path for path in source.iterdir() if _counts(path.name))
    if not found:
        raise InventoryError(
            f"{source}: no .yaml file in this folder, nor an inventory of another kind"
        )
    if depth > _DEEPEST:
        raise InventoryError(f"{source}: more than {_DEEPEST} folders deep")
    for path in found:
        yield from _files(path, depth + 1)


def _counts(name: str) -> bool:
    """Whether a file or folder in a folder is part of the inventory."""
    hidden = name.startswith(".")
    return not (hidden or name.endswith(_IGNORED) or name in _NO_INVENTORIES)


def _add_text(groups: Groups, file: Path, text: str, *, secret: bool) -> None:
    """Add a text by its format: TOML by its name, YAML where it can be, else INI."""
    if file.suffix == ".toml":
        from escalade.inventory.toml_ import add_toml

        add_toml(groups, str(file), text)
        return
    refused = None
    first = _first_line(text)
    if file.suffix in _YAML[1:] or (not file.suffix and first[:1] != "["):
        document = _yaml(file, text, secret=secret)
        if not isinstance(document, InventoryError):
            if document is not None:
                groups.add(document)
            return
        refused = document
    from escalade.inventory.ini import add_ini

    try:
        add_ini(groups, str(file), text, secret=secret)
    except InventoryError:
        if refused and (file.suffix or re.match(_LIKE_YAML, first)):
            raise refused from None
        raise


def _first_line(text: str) -> str:
    """Return the first line that says something."""
    lines = (line.strip() for line in text.split("\n"))
    return next((line for line in lines if line and line[0] not in "#;"), "")


def _yaml(file: Path, text: str, *, secret: bool) -> Node | InventoryError | None:
    """Return a text's mapping, None where it is empty, else why it is none."""
    from escalade.inventory.yaml_ import read

    try:
        document = read(str(file), text, secret=secret)
    except InventoryError as error:
        return error
    if document is None or isinstance(document, Map):
        return document
    return InventoryError(f"{document.mark}: expected a mapping of groups (all:, ...)")
