"""The nouns of maintenance: a job, its schedule, its window. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

from escalade.model import Runbook
from escalade.model import Step
from escalade.plans import Risk
from escalade.text import Text

__all__ = ["ALL_DAYS", "DAYS", "Budget", "Cron", "Every", "Guard", "Job", "Window"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAYS = frozenset(range(7))
"""Days of the week by number: Monday is 0, as in `datetime.weekday`."""


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields of cron, read by the clocks of a time zone (an IANA name)."""

    expression: str
    zone: str

    def __str__(self) -> str:
        """Return the expression as the file has it."""
        return self.expression


@dataclass(frozen=True, slots=True)
class Every:
    """An interval that divides a day, counted from midnight UTC.

    `zone` is the time zone in which its times are told.
    """

    seconds: int
    zone: str

    def __str__(self) -> str:
        """Return `every 6h`."""
        for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
            if self.seconds % size == 0:
                return f"every {self.seconds // size}{unit}"
        return f"every {self.seconds}s"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours in which something may be done: `start` to `end`, minutes after midnight.

    Where `end` is not after `start`, it is the next day's: `days` (Monday is 0) are those
    on which the window opens. `zone` is an IANA name.
    """

    start: int
    end: int
    zone: str
    days: frozenset[int] = ALL_DAYS


@dataclass(frozen=True, slots=True)
class Guard:
    """Windows outside of which nothing disruptive is done to some stacks or hosts.

    `stacks` holds shell patterns, `hosts` patterns of the inventory, or what
    `windows.named` makes of them: names; empty means all. `source` is file:line.
    """

    windows: tuple[Window, ...]
    stacks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    title: Text | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many runs of a job may begin within so many seconds."""

    runs: int
    within_s: float


@dataclass(frozen=True, slots=True)
class Job:
    """One maintenance file.

    A job carries out `steps`; or it looks, with its own `runbook` or with all that are in
    force, and with `fix` it also cures what it found. `jitter_s` is the most that a run
    is put off by chance, `late_s` how late a missed one is still made up for (with
    `missed` "once"). `overlap` is skip or queue. `risk` is the highest that runs without a
    person's word. `notify` are Apprise URLs or tags, `notify_when` is trouble or always.
    """

    name: str
    title: Text
    schedule: Cron | Every
    steps: tuple[Step, ...] = ()
    fix: bool = False
    runbook: Runbook | None = None
    enabled: bool = True
    jitter_s: float = 0.0
    window: Window | None = None
    missed: str = "skip"
    late_s: float = 3600.0
    overlap: str = "skip"
    budget: Budget | None = None
    limit: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    risk: Risk = Risk.SAFE
    notify: tuple[str, ...] = ()
    notify_when: str = "trouble"
    prometheus: str = ""
    source: str = ""
    digest: str = field(default="", compare=False)

    @property
    def does(self) -> str:
        """Return what it does in one word: steps, fix or diagnose."""
        return "steps" if self.steps else "fix" if self.fix else "diagnose"
