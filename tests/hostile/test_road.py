"""What the road does when one of its own parts breaks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from escalade import paths
from escalade import run
from escalade.errors import UsageError
from escalade.model import Host
from escalade.report.progress import Silent
from escalade.run import Road
from escalade.run import diagnose_hosts
from escalade.settings import Settings
from escalade.tasks.desk import told
from tests.hostile.engine import box
from tests.hostile.engine import healthy


def test_a_host_that_breaks_the_road(serve, monkeypatch, tmp_path: Path) -> None:
    """It costs that host's evidence, and the whole is not called healthy."""
    monkeypatch.setenv("DOCKER_HOST", serve(healthy([box("web")])))
    file = tmp_path / "hosts.yaml"
    file.write_text(
        "all:\n  hosts:\n    a: {ansible_connection: local}\n"
        "    b: {ansible_connection: local}\n"
    )
    sound = run.open_for

    def broken(host: Host, **options):
        if host.name == "b":
            raise RuntimeError("nobody foresaw this")
        return sound(host, **options)

    monkeypatch.setattr(run, "open_for", broken)
    settings = Settings("en", (paths.runbooks(),), (file,))
    road = Road(settings, "r", time.time(), Silent(), threading.Event())
    _, diagnosis = diagnose_hosts(road)
    assert (diagnosis.exit, len(diagnosis.services)) == (3, 1)
    (gap,) = (gap for gap in diagnosis.gaps if gap.hides)
    assert gap.node.host == "b"
    assert "RuntimeError: nobody foresaw this" in gap.reason


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (UsageError("no such thing"), 1, "escalade: no such thing"),
        (UsageError("a\nb\x1b[31m"), 1, "escalade: a | b"),
        (OSError(28, "No space left", "/x"), 1, "escalade: /x: No space left"),
        (KeyError("x"), 1, "escalade: internal error: KeyError: 'x' (test_road.py:"),
        (KeyboardInterrupt(), 130, "escalade: interrupted"),
    ],
    ids=repr,
)
def test_every_end_is_one_line(error: BaseException, code: int, says: str) -> None:
    """Bad input, the world, our own mistakes, Ctrl-C: one harmless line and a code."""
    with pytest.raises(Exit) as ended, told():
        raise error
    assert ended.value.code == code
    assert str(ended.value).startswith(says)
    assert str(ended.value).isprintable()


def test_a_task_that_ends_by_itself_is_left_alone() -> None:
    """Its own exit code stands."""
    with pytest.raises(Exit) as ended, told():
        raise Exit("mine", code=7)
    assert ended.value.code == 7
