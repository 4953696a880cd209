"""The catalogue: discovered, never registered."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from escalade.errors import CatalogError
from escalade.evidence.catalog import probes

NAMES = (
    "container engine env expected host http images log mounts networks published "
    "redis tcp volumes"
)
SOURCE = (
    "from escalade.evidence.probe import Probe\n"
    "ONE = Probe(name={name!r}, scope='host', doc='', readings={{}})\n"
    "SAME = ONE\n"
)


def test_every_probe_is_found() -> None:
    """The probes of this room are in the catalogue, in order of names."""
    found = probes()
    assert set(NAMES.split()) <= set(found)
    assert list(found) == sorted(found)


def test_probes_are_well_formed() -> None:
    """Scope and readings are of known kinds, and what the view alone reads exists."""
    kinds = {bool, int, float, str, tuple}
    for probe in probes().values():
        assert probe.scope in ("host", "stack", "container"), probe.name
        assert set(probe.readings.values()) <= kinds, probe.name
        assert probe.view_only <= set(probe.arguments), probe.name
        assert probe.doc, probe.name


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a package of probes, importable as `mine`."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text(SOURCE.format(name="one"))
    (folder / "_hidden.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [n for n in sys.modules if n.partition(".")[0] == "mine"]:
        del sys.modules[name]
    probes.cache_clear()


def test_a_file_is_enough(package: Path) -> None:
    """A probe in a file of its own, or passed on by another, is found once."""
    (package / "b.py").write_text("from mine.a import ONE\n")
    assert list(probes("mine")) == ["one"]


def test_a_name_is_taken_once(package: Path) -> None:
    """Two probes of one name are a mistake, and both homes are named."""
    (package / "b.py").write_text(SOURCE.format(name="one"))
    with pytest.raises(CatalogError, match=r"'one': mine\.a and mine\.b"):
        probes("mine")


def test_a_package_in_a_zip_file(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that is no folder is read as well."""
    archive = package.parent / "archive.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for name in ("__init__.py", "a.py"):
            out.write(package / name, f"zipped/{name}")
    monkeypatch.syspath_prepend(str(archive))
    assert list(probes("zipped")) == ["one"]
