"""What keeps a repair from making things worse: budgets, flapping, locks, holds."""

from __future__ import annotations

import json
import os

import pytest

from escalade.journal.place import state_folder
from escalade.journal.store import open_journal
from escalade.model import Host
from escalade.remedy.locks import HostLock
from escalade.transport.local import LocalTransport
from tests.climb.stack import docker

pytestmark = pytest.mark.engine


# ---------------------------------------------------------------------- budgets


def test_the_third_repair_in_a_row_is_refused_until_it_is_reset(shop, told) -> None:
    """Exit 5 with what was done before and the command that allows it again."""
    for _ in range(2):
        docker("stop", shop.box("lone"))
        assert shop.inv("fix", "lone").code == 0
    docker("stop", shop.box("lone"))
    before = shop.marks()
    done = shop.inv("fix", "lone")
    assert done.code == 5, done.out
    assert done.out.count("level 1, cured") == 2
    assert "invoke budget.reset lone" in done.said
    assert shop.marks() == before
    reset = shop.inv("budget.reset", "lone", "--why", "a new disk")
    assert reset.code == 0
    assert "2 earlier attempts" in reset.said
    again = shop.inv("fix", "lone")
    assert again.code == 0, again.out
    shown = shop.inv("history")
    assert "budget.reset" in shown.out


def test_what_flaps_leaves_level_one(shop) -> None:
    """Up and down in the last hour: the plan begins at level 2 and says why."""
    docker("stop", shop.box("lone"))
    node = ["localhost", shop.name, "lone"]
    row = {"at": node, "state": "running", "health": "healthy", "verdict": "ok"}
    bad = {"id": "x", "symptom": "redis.stopped", "at": node, "severity": "critical"}
    with open_journal(state_folder(os.environ), redact=str) as journal:
        for at in range(12):
            journal.begin(f"20260101T000000Z-{at:06x}", "fix", who="ada")
            data = {"services": [row], "findings": [bad] if at % 2 else [], "gaps": []}
            journal.event(f"20260101T000000Z-{at:06x}", "diagnosed", data=data)
    done = shop.inv("fix", "lone", "--plan")
    assert "flapping" in done.out
    assert "level 2" in done.said


def by_hand(stack: str, *, touches: bool) -> None:
    """Write into the journal that steps were called by hand as often as one may."""
    data = {"writes": True, "touches": touches, "level": 0, "climb": "1"}
    with open_journal(state_folder(os.environ), redact=str) as journal:
        for at in range(5):
            run = f"20260101T000000Z-{at:06x}"
            journal.begin(run, "run", who="ada")
            data |= {"at": ["localhost", stack, None]}
            journal.event(run, "intent", data=data, action="1.1.1")


def test_commands_by_hand_use_up_no_budget(shop) -> None:
    """Nobody noticed them: the fault is repaired as if they had not been."""
    docker("stop", shop.box("lone"))
    by_hand(shop.name, touches=False)
    done = shop.inv("fix", "lone", "--plan")
    assert "level 1, automatic" in done.said, done.out


def test_what_is_held_is_told_from_its_lowest_level_on(shop) -> None:
    """Two levels are held for one reason: the hand-off says where that began."""
    docker("stop", shop.box("lone"))
    by_hand(shop.name, touches=True)
    done = shop.inv("fix", "lone", "--plan")
    assert "level 3, hand-off" in done.said, done.out
    assert "level 1 was held" in " ".join(done.out.split())


# ------------------------------------------------------------------------ locks


def test_a_held_lock_is_told_and_nothing_is_done(shop, told) -> None:
    """Who, since when and in which run, as the holder wrote it."""
    docker("stop", shop.box("lone"))
    host = Host("localhost")
    name = f"{shop.name}.lone"
    lock = HostLock(LocalTransport(host), host, (name,), "ada", run="20260101T0-aaaaaa")
    assert lock.acquire(1.0) is None
    try:
        done = shop.inv("fix", "--format", "json")
    finally:
        lock.release()
    assert done.code == 5
    reason = told("busy")[0]["reason"]["en"]
    assert reason.startswith(f"busy: {name} on localhost is held by ada since 2")
    assert reason.endswith("run 20260101T0-aaaaaa")
    assert not shop.inspect("lone")["State"]["Running"]
    free = shop.inv("fix")
    assert free.code == 0, free.out


def test_a_network_is_not_mended_by_two_at_once(shop) -> None:
    """What changes a service without touching its container needs its lock, too."""
    docker("network", "disconnect", f"{shop.name}_default", shop.box("lone"))
    host = Host("localhost")
    name = f"{shop.name}.lone"
    lock = HostLock(LocalTransport(host), host, (name,), "ada", run="r")
    assert lock.acquire(1.0) is None
    try:
        done = shop.inv("fix")
    finally:
        lock.release()
        docker(
            "network",
            "connect",
            "--alias",
            "lone",
            f"{shop.name}_default",
            shop.box("lone"),
        )
    assert done.code == 5, done.out
    assert "held by ada" in done.said


def test_two_at_once_start_it_once(shop) -> None:
    """One acts; the other is told so, or finds it done."""
    docker("stop", shop.box("lone"))
    before = shop.starts("lone")
    both = [shop.start("fix") for _ in range(2)]
    ends = [process.communicate(timeout=150) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 5]), ends
    assert shop.starts("lone") == before + 1


# ------------------------------------------------------------------------ holds


def test_a_hold_is_heeded_until_it_is_started(shop, state) -> None:
    """No fault while it is held, for any user; `start` ends it."""
    state.mkdir()
    state.chmod(0o2775)
    done = shop.inv("stop", "lone", "--hold", "--yes")
    assert done.code == 0, done.out
    assert not shop.inspect("lone")["State"]["Running"]
    looked = shop.inv("diagnose", "--format", "json")
    assert looked.code == 0, looked.out
    left = shop.inv("fix")
    assert left.code == 0
    assert not shop.inspect("lone")["State"]["Running"]
    assert json.loads((state / "holds.json").read_text()) == [
        ["localhost", shop.name, "lone"]
    ]
    assert (state / "holds.json").stat().st_mode & 0o777 == 0o664
    started = shop.inv("start", "lone")
    assert started.code == 0, started.out
    assert shop.inspect("lone")["State"]["Running"]
    assert json.loads((state / "holds.json").read_text()) == []
    docker("stop", shop.box("lone"))
    assert shop.inv("diagnose", "--format", "json").code == 2


# ------------------------------------------------------------------- a full disk


@pytest.mark.parametrize("blocks", [1, 32, 80])
def test_a_full_disk_touches_nothing(shop, blocks) -> None:
    """What cannot be journalled is not done; one line says why."""
    docker("stop", shop.box("lone"))
    before = shop.marks()
    done = shop.inv("fix", shell=f'ulimit -f {blocks}; "$@"')
    assert done.code == 1, done.out
    assert "escalade: " in done.err
    assert shop.marks() == before
