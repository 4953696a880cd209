"""The machine's time zone: what its clock is, whoever asks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from escalade.errors import UsageError
from escalade.schedule.zones import local_zone
from tests.schedule.made import TITLE
from tests.schedule.made import escalade

ZONES = Path("/usr/share/zoneinfo")


def machine(root: Path, *, link: str = "", copy: str = "", said: str = "") -> Path:
    """Return the root of a machine whose clock is a link or a copy of a zone."""
    etc = root / "etc"
    etc.mkdir()
    if link:
        (etc / "localtime").symlink_to(ZONES / link)
    if copy:
        shutil.copy(ZONES / copy, etc / "localtime")
    if said:
        (etc / "timezone").write_text(f"{said}\n")
    return root


def test_the_shells_zone_is_not_the_machines(tmp_path, monkeypatch) -> None:
    """TZ speaks for one shell: cron and systemd never see it."""
    monkeypatch.setenv("TZ", "America/New_York")
    root = machine(tmp_path, link="Europe/Paris", said="Asia/Tokyo")
    assert local_zone(root) == "Europe/Paris"


def test_a_clock_that_is_a_copy_has_the_name_that_is_written(tmp_path) -> None:
    """Of several names of one zone it is that of /etc/timezone."""
    root = machine(tmp_path, copy="Asia/Kolkata", said="Asia/Calcutta")
    assert local_zone(root) == "Asia/Calcutta"


def test_a_clock_that_is_a_copy_counts_before_a_name(tmp_path) -> None:
    """As where a container has its host's clock, and a /etc/timezone of its own."""
    root = machine(tmp_path, copy="Asia/Kolkata", said="Etc/UTC")
    assert local_zone(root) in ("Asia/Kolkata", "Asia/Calcutta")


def test_a_machine_without_a_clock_of_its_own_has_utc(tmp_path) -> None:
    """As every program there."""
    assert local_zone(machine(tmp_path, said="Europe/Paris")) == "UTC"


def test_a_clock_that_nobody_knows_is_told(tmp_path) -> None:
    """Its jobs would come at other hours."""
    root = machine(tmp_path)
    (root / "etc" / "localtime").write_bytes(b"TZif2 of nobody's")
    with pytest.raises(UsageError, match=r"time zone has no name: .* time_zone"):
        local_zone(root)


def test_timers_go_by_the_machines_zone(tmp_path) -> None:
    """Whatever shell installs them."""
    place = tmp_path / "own" / "maintenance"
    place.mkdir(parents=True)
    text = f'maintenance: job\n{TITLE}schedule: "30 2 * * *"\ndiagnose: true\n'
    (place / "job.yaml").write_text(text)
    told = {
        "TZ": "Asia/Kolkata",
        "ESCALADE_RUNBOOKS": str(tmp_path / "own"),
        "ESCALADE_STATE": str(tmp_path / "state"),
    }
    words = ("schedule.install", "--job", "job", "--plan")
    cron = escalade(*words, "--how", "cron", folder=tmp_path, environment=told)
    assert f"# job: 30 2 * * *, {local_zone()}\n30 2 * * * " in cron.stdout
    units = escalade(*words, "--how", "systemd", folder=tmp_path, environment=told)
    assert f"OnCalendar=*-*-* 02:30:00 {local_zone()}\n" in units.stdout
