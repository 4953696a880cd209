"""`group_vars/` and `host_vars/`: files of variables beside an inventory."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from escalade.errors import InventoryError
from escalade.inventory.marks import Map
from escalade.inventory.marks import Value
from escalade.inventory.marks import Variables
from escalade.inventory.marks import named
from escalade.inventory.marks import refusal
from escalade.inventory.names import check
from escalade.inventory.texts import text_of
from escalade.inventory.texts import without_words
from escalade.inventory.vault import Keyring

__all__ = ["GROUP_VARS", "HOST_VARS", "VarFiles"]

GROUP_VARS = "group_vars"
HOST_VARS = "host_vars"

_SUFFIXES = ("", ".yml", ".yaml", ".json")


class VarFiles:
    """The variables that files give, by folder in order; each file is read once.

    `folders` are those of the sources and, last, the current one. There, of
    `NAME`, `NAME.yml`, `NAME.yaml` and `NAME.json` the first counts; all files of a
    folder `NAME/` count, by name, those of folders without a suffix inside it too.
    """

    def __init__(self, folders: Sequence[Path], keys: Keyring) -> None:
        self._keys = keys
        self._layers: dict[tuple[Path, str], Variables] = {}
        self._places = {
            kind: [
                (folder / kind, listed)
                for folder in folders
                if (listed := _listed(folder / kind))
            ]
            for kind in (GROUP_VARS, HOST_VARS)
        }

    @property
    def is_empty(self) -> bool:
        """Whether there is no such folder."""
        return not any(self._places.values())

    def groups(self, names: Sequence[str]) -> Iterator[Variables]:
        """Yield what the folders say of groups: folder by folder, as Ansible does."""
        for folder, listed in self._places[GROUP_VARS]:
            for name in names:
                yield from self._layer(folder, listed, name)

    def host(self, name: str) -> Iterator[Variables]:
        """Yield what the folders say of a host."""
        for folder, listed in self._places[HOST_VARS]:
            yield from self._layer(folder, listed, name)

    def _layer(
        self, folder: Path, listed: frozenset[str], name: str
    ) -> Iterator[Variables]:
        """Yield the variables that one folder has for a name, if it has any."""
        # A name with slashes can lie in a folder below.
        if name.partition("/")[0].partition(".")[0] not in listed or ".." in name:
            return
        key = (folder, name)
        if key not in self._layers:
            merged: dict[str, Value] = {}
            for file in _files(folder / name):
                merged.update(self._read(file))
            self._layers[key] = merged
        yield self._layers[key]

    def _read(self, file: Path) -> Variables:
        """Return the variables of one file."""
        from escalade.inventory.yaml_ import read

        text, secret = text_of(file, self._keys)
        with without_words(file, secret=secret):
            node = read(str(file), text, strict=False, secret=secret)
            if node is None:
                return {}
            if not isinstance(node, Map):
                what = "expected variables (`name: value` on each line)"
                raise refusal(node.mark, what)
            variables = named(node)
            check(variables)
            return variables


def _listed(folder: Path) -> frozenset[str]:
    """Return how the names in a folder begin, up to the first dot; none if it is none."""
    try:
        return frozenset(path.name.partition(".")[0] for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        raise InventoryError(f"{folder}: {error.strerror}") from None


def _files(stem: Path) -> Iterator[Path]:
    """Yield the files of a name, the weakest first."""
    for suffix in _SUFFIXES:
        path = stem.with_name(f"{stem.name}{suffix}")
        if path.is_dir():
            yield from _inside(path)
            return
        if path.exists():
            yield path
            return


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files of variables in a folder, by name."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        # As in Ansible, a folder with a suffix (`old.d`) is none of them.
        if path.is_dir() and not path.suffix:
            yield from _inside(path)
        elif path.suffix in _SUFFIXES and path.is_file():
            yield path
