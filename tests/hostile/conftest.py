"""Worlds in which nothing is as it should be, and the road through them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from escalade import paths
from escalade.evidence.codec import dump
from escalade.evidence.codec import load
from escalade.model import Diagnosis
from escalade.model import Snapshot
from escalade.report.json_ import dumps
from escalade.report.look import Look
from escalade.report.plain import render
from escalade.report.progress import Silent
from escalade.run import Road
from escalade.run import diagnose_hosts
from escalade.settings import Settings
from tests.hostile.engine import Answers
from tests.hostile.engine import engine


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Answers], str]]:
    """Return a function that starts an Engine and returns its DOCKER_HOST."""
    numbers = itertools.count()
    with ExitStack() as stack:
        yield lambda answers: stack.enter_context(
            engine(tmp_path / f"engine{next(numbers)}", answers)
        )


@pytest.fixture
def look(
    serve: Callable[[Answers], str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Snapshot, Diagnosis]]:
    """Return a function that walks the road in this process, over one Engine.

    What it saw must survive a file, and what it says must fit into both reports.
    """

    def walk(answers: Answers, **settings: object) -> tuple[Snapshot, Diagnosis]:
        monkeypatch.setenv("DOCKER_HOST", serve(answers))
        said = {"lang": "en", "runbooks": (paths.runbooks(),), **settings}
        road = Road(Settings(**said), "r", time.time(), Silent(), threading.Event())
        snapshot, diagnosis = diagnose_hosts(road)
        load(dump(snapshot), "saved")
        assert dumps(diagnosis).isascii()
        assert render(diagnosis, Look()).replace("\n", " ").isprintable()
        return snapshot, diagnosis

    return walk
