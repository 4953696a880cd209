"""What a row of the board says beyond state and health."""

from __future__ import annotations

import pytest

from escalade.diagnosis.board import board
from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Status
from escalade.text import Text

PLACE = Address("localhost", "shop", "db", "shop-db-1", "container")


def row(**record):
    """Return the row of a container with this record."""
    piece = Evidence(PLACE, Status.OK, (record,))
    return board([piece], (), (), {})[0]


@pytest.mark.parametrize(
    ("record", "note"),
    [
        ({"state": "running", "restart_count": 0}, Text("", "")),
        ({"state": "running", "restart_count": 1}, Text("1 restart", "1 relance")),
        (
            {"state": "restarting", "exit_code": 1, "restart_count": 5},
            Text("exit 1, 5 restarts", "code 1, 5 relances"),
        ),
        ({"state": "exited", "exit_code": None}, Text("", "")),
        (
            {"state": "exited", "exit_code": 0, "desired": "stopped"},
            Text("meant to be stopped", "arrêt voulu"),
        ),
        (
            {"state": "exited", "exit_code": 0, "oneshot": True},
            Text("one-shot, ended well", "tâche unique, bien terminée"),
        ),
    ],
)
def test_notes(record, note) -> None:
    """A note counts as people do, in both languages."""
    assert row(**record).note == note


def test_the_project_s_files() -> None:
    """The files and the folder are those of the container's own labels."""
    known = row(config_files="/srv/a.yaml,/srv/b.yaml", working_dir="/srv")
    assert (known.files, known.folder) == (("/srv/a.yaml", "/srv/b.yaml"), "/srv")
    assert row(config_files=None).files == ()
