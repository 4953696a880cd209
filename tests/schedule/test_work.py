"""One turn of a job, from the timer's call to the journal: no host is ever reached."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from escalade import paths
from escalade.errors import UsageError
from escalade.journal import store
from escalade.journal.events import Event
from escalade.journal.place import state_folder
from escalade.report.progress import Silent
from escalade.run import Road
from escalade.schedule.jobs import Budget
from escalade.schedule.jobs import Job
from escalade.schedule.jobs import Window
from escalade.schedule.lock import held
from escalade.schedule.work import Done
from escalade.schedule.work import Means
from escalade.schedule.work import run_job
from escalade.schedule.work import scope
from escalade.settings import Settings
from escalade.tasks.fixdesk import Quiet
from tests.schedule.made import job
from tests.schedule.made import utc

DAY = "2026-11-25T"
# Such a run begins, and ends before anybody is asked anything.
NOWHERE = ("nobody",)


@dataclass
class World:
    """A state folder of its own, and a clock that goes when it is told to."""

    folder: Path
    now: float = 0.0
    runs: int = 0
    after: Callable[[], None] = field(default=lambda: None)

    def at(self, clock: str) -> None:
        """Set the clock: `03:00:05`."""
        self.now = utc(DAY + clock).timestamp()

    def means(self, **more: object) -> Means:
        """Return the means of a run that a timer calls."""
        self.runs += 1
        ours = Settings(
            "en", (paths.runbooks(),), ("web1,web2,db1",), state=self.folder
        )
        stop = Waiting(self)
        road = Road(ours, f"20261125T000000Z-{self.runs:06}", self.now, Silent(), stop)
        return replace(Means(road, Quiet(), self.folder, timed=True), **more)

    def turn(self, one: Job, **more: object) -> Done:
        """Give a job its turn; one that ran tried, and found no host."""
        done = Done(1)
        with suppress(UsageError):
            done = run_job(replace(one, limit=NOWHERE), self.means(**more))
        return done

    def turns(self) -> list[Event]:
        """Return the turns that the journal has."""
        place = state_folder({}, chosen=self.folder)
        with store.open_journal(place, redact=str) as journal:
            return list(journal.scheduled("job"))

    def waits(self, one: Job, *, until: str) -> Done:
        """Let a timer's turn find the job under way, which ends at a time."""
        place = state_folder({}, chosen=self.folder)
        under_way = held(place, "job", wait_s=0.0, stop=threading.Event())
        assert under_way.__enter__()

        def ends() -> None:
            self.at(until)
            under_way.__exit__(None, None, None)
            self.after = lambda: None

        self.after = ends
        return self.turn(one)


class Waiting(threading.Event):
    """Whoever waits with it waits no time: something happens meanwhile."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def wait(self, timeout: float | None = None) -> bool:
        """Let it happen."""
        del timeout
        self.world.after()
        return False


@pytest.fixture
def world(tmp_path, monkeypatch) -> World:
    """Return a world whose journal goes by its clock."""
    made = World(tmp_path / "state")
    made.at("03:00:05")
    told = partial(store.open_journal, clock=lambda: made.now)
    monkeypatch.setattr(store, "open_journal", told)
    return made


# ---------------------------------------------------------------------- turns


def test_a_turn_that_waited_behind_a_run_comes(world) -> None:
    """However late it is by then: it was due when it was called."""
    world.waits(job(overlap="queue"), until="03:40:00")
    (turn,) = world.turns()
    assert turn.data["due"] == utc("2026-11-25T03:00:00").timestamp()
    assert (turn.data["skipped"], turn.data["called"]) == (False, "run")


def test_a_turn_that_waited_takes_nobody_elses(world) -> None:
    """It begins after the next one's time, whose timer calls a second later."""
    hourly = job("0 * * * *", overlap="queue")
    world.waits(hourly, until="04:00:01")
    world.at("04:00:02")
    world.turn(hourly)
    assert [turn.data["due"] for turn in world.turns()] == [
        utc("2026-11-25T03:00:00").timestamp(),
        utc("2026-11-25T04:00:00").timestamp(),
    ]


def test_two_timers_that_wait_for_one_time_run_once(world) -> None:
    """The second finds that the first has had the turn meanwhile."""
    queued = job(overlap="queue")
    place = state_folder({}, chosen=world.folder)
    under_way = held(place, "job", wait_s=0.0, stop=threading.Event())
    assert under_way.__enter__()

    def first() -> None:
        world.after = lambda: None
        under_way.__exit__(None, None, None)
        world.turn(queued)

    world.after = first
    done = world.turn(queued)
    assert done.note is not None
    assert "already ran" in done.note.en
    assert len(world.turns()) == 1


def test_a_run_by_hand_stands_for_the_turn_that_came_before_it(world) -> None:
    """Whoever ran it after its time need not have it once more."""
    world.turn(job(), timed=False)
    world.at("03:01:00")
    done = world.turn(job())
    assert done.note is not None
    assert "already ran" in done.note.en


# --------------------------------------------------------- windows and budgets


@pytest.mark.parametrize(("until", "code"), [("03:29:59", 1), ("03:30:00", 5)])
def test_the_window_is_judged_when_the_run_would_begin(world, until, code) -> None:
    """It may close while the run is put off by chance."""
    one = job(jitter_s=3600.0, window=Window(150, 210, "UTC"))
    world.after = lambda: world.at(until)
    assert world.turn(one, jittered=True).code == code
    (turn,) = world.turns()
    assert turn.data["refused"] is (code != 1)


def test_a_budget_is_spent_by_timers_alone(world) -> None:
    """A run by hand is the operator's own: it neither counts nor is refused."""
    daily = job("* * * * *", budget=Budget(1, 3600.0))
    world.turn(daily, timed=False)
    world.at("03:01:00")
    assert world.turn(daily).code == 1
    world.at("03:02:00")
    spent = world.turn(daily)
    assert (spent.code, spent.note is not None) == (5, True)
    assert world.turn(daily, timed=False).code == 1
    called = [turn.data["called"] for turn in world.turns()]
    assert called == ["by-hand", "run", "run", "by-hand"]


# ---------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("own", "flag", "expected"),
    [
        (("web*",), (), ("web*",)),
        ((), ("web1",), ("web1",)),
        (("web*",), ("web2", "db1"), ("web2",)),
        (("all",), ("!web1",), ("web2", "db1")),
        (("web1", "db1", "!db1"), ("web1:db1",), ("web1",)),
    ],
)
def test_a_flag_narrows_the_hosts_of_a_job(world, own, flag, expected) -> None:
    """A host is worked on that both the job and the flag pick."""
    means = world.means(limit=flag)
    means = replace(
        means,
        road=replace(means.road, settings=replace(means.road.settings, limit=flag)),
    )
    assert scope(job(limit=own), means).limit == expected


def test_a_flag_narrows_the_stacks_of_a_job(world) -> None:
    """As it does its hosts; without a flag they are the job's own."""
    one = job(stacks=("shop", "blog"))
    assert scope(one, world.means()).stacks == ("shop", "blog")
    assert scope(one, world.means(stacks=("blog", "wiki"))).stacks == ("blog",)


def test_a_flag_that_leaves_a_job_nothing_is_told(world) -> None:
    """Nothing is what is left, not everything."""
    with pytest.raises(UsageError, match="--limit db1: none of the job's hosts"):
        scope(job(limit=("web*",)), world.means(limit=("db1",)))
    with pytest.raises(UsageError, match="--stack wiki: none of the job's stacks"):
        scope(job(stacks=("shop",)), world.means(stacks=("wiki",)))
