"""Where state lives, and who may read it."""

from __future__ import annotations

import grp
import os
import stat
from pathlib import Path

import pytest

from escalade.errors import JournalError
from escalade.journal.place import GROUP
from escalade.journal.place import state_folder
from tests.journal import sample

UMASKS = [0o077, 0o022, 0o002, 0o000]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    """Change the umask and give it back."""
    before = os.umask(0)
    os.umask(before)
    yield os.umask
    os.umask(before)


def test_the_variable_decides(tmp_path: Path) -> None:
    """ESCALADE_STATE names the folder, and it is made."""
    place = state_folder({"ESCALADE_STATE": str(tmp_path / "a" / "b")})
    assert place.folder == tmp_path / "a" / "b"
    assert mode(place.folder) == 0o700
    assert not place.shared


def test_settings_win_over_the_variable(tmp_path: Path) -> None:
    """What the settings say counts more than the environment."""
    environ = {"ESCALADE_STATE": str(tmp_path / "env")}
    assert state_folder(environ, chosen=tmp_path / "set").folder == tmp_path / "set"


def test_the_common_folder_is_made_for_a_group(tmp_path: Path, umask) -> None:
    """Where it can be made it is group-writable, and files in it stay the group's."""
    umask(0o077)
    place = state_folder({}, shared=tmp_path / "escalade")
    assert place.shared
    assert mode(place.folder) == 0o2775
    groups = [g for g in grp.getgrall() if g.gr_name == GROUP]
    if groups and os.geteuid() == 0:
        assert place.folder.stat().st_gid == groups[0].gr_gid


def test_the_users_own_folder_comes_next(tmp_path: Path) -> None:
    """Where the common one cannot be made it is XDG's, and the reason is told."""
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": "/nowhere"}
    place = state_folder(environ, shared=tmp_path / "missing" / "escalade")
    assert place.folder == tmp_path / "state" / "escalade"
    assert not place.shared
    assert "cannot be made" in place.why.en
    assert "ne peut être créé" in place.why.fr


def test_a_relative_xdg_folder_does_not_count(tmp_path: Path) -> None:
    """XDG has only absolute paths; HOME decides then."""
    environ = {"XDG_STATE_HOME": "state", "HOME": str(tmp_path)}
    place = state_folder(environ, shared=tmp_path / "missing" / "escalade")
    assert place.folder == tmp_path / ".local/state/escalade"


def test_without_any_folder_it_is_an_error(tmp_path: Path) -> None:
    """No HOME, no XDG: one line that says what to set."""
    with pytest.raises(JournalError, match="ESCALADE_STATE"):
        state_folder({}, shared=tmp_path / "missing" / "escalade")


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    """A path that is no folder is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"/file: File exists"):
        state_folder({"ESCALADE_STATE": str(tmp_path / "file" / "state")})


@pytest.mark.parametrize("bits", UMASKS)
def test_own_files_are_for_their_user_alone(tmp_path: Path, umask, bits: int) -> None:
    """0600 whatever the umask, the write-ahead log and its index too."""
    umask(bits)
    with sample.journal(tmp_path / "own") as journal:
        sample.write_run(journal)
        found = {p.name: mode(p) for p in (tmp_path / "own").iterdir() if p.is_file()}
    assert {"journal.db", "journal.db-wal", "journal.db-shm"} <= found.keys()
    assert set(found.values()) == {0o600}


@pytest.mark.parametrize("bits", UMASKS)
def test_shared_files_are_for_the_group(tmp_path: Path, umask, bits: int) -> None:
    """0660 in a folder that a group shares, whatever the umask."""
    umask(bits)
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2775)
    with sample.journal(folder) as journal:
        sample.write_run(journal)
        found = {p.name: mode(p) for p in folder.iterdir() if p.is_file()}
        runs = journal.place.run(sample.RUN)
    assert {"journal.db", "journal.db-wal", "journal.db-shm"} <= found.keys()
    assert set(found.values()) == {0o660}
    assert mode(runs) == 0o2770


def test_loose_permissions_are_mended(tmp_path: Path) -> None:
    """A journal that others could read is closed to them at the next start."""
    sample.journal(tmp_path).close()
    (tmp_path / "journal.db").chmod(0o644)
    sample.journal(tmp_path).close()
    assert mode(tmp_path / "journal.db") == 0o600


def test_a_run_has_a_folder(tmp_path: Path) -> None:
    """Files of a run lie in a folder of its own, in the state folder."""
    folder = sample.place(tmp_path / "s").run("r1")
    assert folder == tmp_path / "s" / "runs" / "r1"
    assert mode(folder) == 0o700
