"""Stacks that were taken down: what is kept of them, for whom, and where it is found."""

from __future__ import annotations

import json

import pytest

from escalade.errors import JournalError
from escalade.journal.projects import FOLDER
from escalade.journal.projects import Kept
from escalade.journal.projects import known
from escalade.journal.projects import remember
from escalade.model import Node
from tests.journal import sample

SHOP = Node("web/1", "shop")
KEPT = Kept(("-p", "shop", "-f", "/srv/a b.yaml"), ("db", "web"), ("db",))


def test_what_is_kept_is_found_again(tmp_path) -> None:
    """The newest of a stack; each host's own, whatever their names hold."""
    place = sample.place(tmp_path)
    remember(place, SHOP, Kept(()))
    remember(place, SHOP, KEPT)
    other = Node("web", "1/shop")
    remember(place, other, Kept(("-p", "x")))
    assert known({"ESCALADE_STATE": str(tmp_path)}) == {
        SHOP: KEPT,
        other: Kept(("-p", "x")),
    }
    files = list((tmp_path / FOLDER).iterdir())
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o600]
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700


def test_who_shares_the_folder_may_read_it(tmp_path) -> None:
    """As the journal's files."""
    tmp_path.chmod(0o2775)
    place = sample.place(tmp_path)
    remember(place, SHOP, KEPT)
    (file,) = (tmp_path / FOLDER).iterdir()
    assert file.stat().st_mode & 0o777 == 0o660
    assert (tmp_path / FOLDER).stat().st_mode & 0o7777 == 0o2770


def test_nothing_is_known_where_nothing_was_kept(tmp_path) -> None:
    """And nothing is made by looking."""
    assert known({"ESCALADE_STATE": str(tmp_path / "none")}) == {}
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"host": "h", "stack": "s"})])
def test_a_file_that_says_something_else_is_told(tmp_path, text) -> None:
    """One line that names it."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "x.json").write_text(text)
    with pytest.raises(JournalError, match=r"x\.json: not about a stack"):
        known({"ESCALADE_STATE": str(tmp_path)})


def test_a_folder_that_cannot_be_written_is_told(tmp_path) -> None:
    """Then nothing is taken down."""
    place = sample.place(tmp_path)
    (tmp_path / FOLDER).write_text("")
    with pytest.raises(JournalError, match=FOLDER):
        remember(place, SHOP, KEPT)
