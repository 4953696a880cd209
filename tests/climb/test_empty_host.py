"""A host on which no container is: what is asked of the host itself is asked there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from escalade.climb.looks import Watch
from escalade.diagnosis.wanted import wanted
from escalade.model import Host
from escalade.model import Snapshot
from escalade.model import Status
from escalade.remedy.catalog import steps
from escalade.report.progress import Silent
from escalade.run import Road
from escalade.run import book_for
from escalade.settings import resolve
from tests.evidence.fake_engine import engine
from tests.evidence.fake_engine import say

SRC = Path(__file__).resolve().parents[2] / "src"
START = "import sys; from invoke.main import program; program.run()"
ON_DEMAND = {"leftovers", "docker_disk", "image_tags"}
LEFT = {
    "LayersSize": 5_000_000,
    "Images": [
        {
            "Id": f"sha256:{'a' * 64}",
            "RepoTags": None,
            "Created": 1_600_000_000,
            "Size": 5_000_000,
            "SharedSize": 0,
            "Containers": 0,
        }
    ],
    "Containers": [],
    "Volumes": [],
    "BuildCache": [],
}
TABLE = {
    "/containers/json": say([]),
    "/version": say({"Version": "24.0", "ApiVersion": "1.43"}),
    "/info": say({"Driver": "overlay2"}),
    "/networks": say([]),
    "/volumes": say({"Volumes": []}),
    "/images/json": say([]),
    "/system/df": say(LEFT),
}


def look(folder: Path) -> Snapshot:
    """Return what a run that may act sees of this machine."""
    settings = resolve({}, environ={}, flags={}, base=folder, here=folder)
    road = Road(settings, "r", time.time(), Silent(), threading.Event())
    book, catalog = book_for(settings)
    called = frozenset({"cleanup", "resources", "rebuild"})
    watch = Watch(road, (Host("here"),), book, catalog, steps(), called=called)
    return watch.look().snapshot


def statuses(snapshot: Snapshot) -> dict[str, Status]:
    """Return how each question to the host itself was answered."""
    return {
        p.address.probe: p.status
        for p in snapshot.evidence
        if p.address.stack is None and p.address.service is None
    }


def test_a_runbook_of_the_host_asks_it(tmp_path: Path) -> None:
    """Its questions need no container; a role's own need one of that role."""
    settings = resolve({}, environ={}, flags={}, base=tmp_path, here=tmp_path)
    book, catalog = book_for(settings)
    asked = {address.probe for address in wanted(book, catalog, (), host="here")}
    assert "docker_disk" in asked
    assert {catalog[probe].scope for probe in asked} == {"host"}


def test_every_question_of_the_host_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an Engine that has no container, each is answered."""
    with engine(tmp_path, TABLE) as (path, _):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        snapshot = look(tmp_path)
    found = statuses(snapshot)
    assert {name: found.get(name) for name in ON_DEMAND} == dict.fromkeys(
        ON_DEMAND, Status.OK
    )
    (piece,) = (p for p in snapshot.evidence if p.address.probe == "leftovers")
    assert [r["size"] for r in piece.readings] == [5_000_000]


def test_without_an_engine_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it could not be answered is evidence, not silence."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    found = statuses(look(tmp_path))
    assert found.keys() >= ON_DEMAND
    assert not any(found[name].answered for name in ON_DEMAND)


def test_a_cleanup_is_planned_there(tmp_path: Path) -> None:
    """An image that nothing uses is found, although nothing else is there."""
    (tmp_path / "tasks.py").write_text("from escalade.tasks import ns\n")
    with engine(tmp_path, TABLE) as (path, _):
        done = subprocess.run(
            [sys.executable, "-c", START, "cleanup", "--plan"],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(SRC),
                "ESCALADE_LANG": "en",
                "DOCKER_HOST": f"unix://{path}",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert "a" * 12 in done.stdout, done.stdout + done.stderr
