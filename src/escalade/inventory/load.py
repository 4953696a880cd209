"""Inventory files and folders to one Inventory: the room's only look at the world."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from escalade.errors import InventoryError
from escalade.errors import nearest
from escalade.inventory.hosts import ALL
from escalade.inventory.hosts import LOCALHOST
from escalade.inventory.hosts import Inventory

__all__ = ["load"]

_SUFFIXES = (".yaml", ".yml")
# The file that ships: recognised by its text, so that the usual start needs no YAML.
_SHIPPED = ("all:", "hosts:", "localhost:", "ansible_connection: local")
_THIS_MACHINE = Inventory(
    {LOCALHOST.name: LOCALHOST}, {ALL: (LOCALHOST.name,), "ungrouped": ("localhost",)}
)


def load(sources: Sequence[Path]) -> Inventory:
    """Return the hosts of files in Ansible's YAML; without any, this machine alone.

    Of a folder all `.yaml` and `.yml` files count, by name. Later sources add to the
    earlier ones and win. Raises InventoryError: `file:line:column: what`.
    """
    files = [(file, _text(file)) for source in sources for file in _files(source)]
    if all(_is_shipped(text) for _, text in files):
        return _THIS_MACHINE
    from escalade.inventory.groups import Groups
    from escalade.inventory.marks import read

    groups = Groups()
    for file, text in files:
        document = read(str(file), text)
        if document is not None:
            groups.add(document)
    inventory = groups.inventory()
    if not inventory.hosts:
        raise InventoryError(f"{', '.join(map(str, sources))}: no host in it")
    return inventory


def _files(source: Path) -> Iterator[Path]:
    """Yield the file, or the files of a folder."""
    if not source.is_dir():
        if source.exists() and not source.is_file():
            raise InventoryError(f"{source}: a file or a folder is expected")
        yield source
        return
    found = sorted(p for p in source.iterdir() if p.suffix in _SUFFIXES and p.is_file())
    if not found:
        raise InventoryError(f"{source}: no .yaml file in this folder")
    yield from found


def _text(file: Path) -> str:
    """Return a file's text."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InventoryError(f"{file}: no such file{_beside(file)}") from None
    except OSError as error:
        raise InventoryError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InventoryError(f"{file}:{line}:1: not UTF-8 text") from None
    if text.lstrip().startswith("[") and file.suffix not in _SUFFIXES:
        raise InventoryError(f"{file}:1:1: Ansible's INI format is not read, only YAML")
    return text


def _beside(file: Path) -> str:
    """Return a hint at a file with nearly this name."""
    try:
        return nearest(file.name, [path.name for path in file.parent.iterdir()])
    except OSError:
        return ""


def _is_shipped(text: str) -> bool:
    """Whether a text says what the inventory that ships says, and nothing more."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(x for x in lines if x and not x.startswith("#")) == _SHIPPED
