"""The embedded scheduler: APScheduler in the foreground, one process a run.

Times are ours (`times`); a run is the same command that a unit or a cron line calls, so
that lock, window, lateness and journal are the same, too.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from escalade.schedule.jobs import Job
from escalade.schedule.times import next_times

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

__all__ = ["Clock"]

PARTING_S = 20.0
"""Seconds that runs under way get to part when the scheduler ends."""
_MOST_AT_ONCE = 8
_PAUSE_S = 0.5

Say = Callable[[str, int], None]


class Clock:
    """Calls `command(job)` whenever a job is due; tells `say(job, code)` how it ended."""

    def __init__(
        self,
        jobs: Sequence[Job],
        command: Callable[[Job], Sequence[str]],
        say: Say,
    ) -> None:
        self._jobs = tuple(jobs)
        self._command = command
        self._say = say
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def run(self, stop: threading.Event) -> None:
        """Stay until `stop`, or an exception such as Ctrl-C; runs under way are ended.

        Those that wait for their place do not begin any more.
        """
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        scheduler = BackgroundScheduler(
            timezone="UTC", executors={"default": ThreadPoolExecutor(_MOST_AT_ONCE)}
        )
        for job in self._jobs:
            scheduler.add_job(
                self._one,
                _trigger(job),
                args=[job],
                id=job.name,
                coalesce=True,
                # Overlap and lateness are judged by the run itself.
                max_instances=_MOST_AT_ONCE,
                misfire_grace_time=None,
            )
            if job.missed == "once":
                # What was missed while nobody was there: the run itself finds out.
                scheduler.add_job(self._one, args=[job], misfire_grace_time=None)
        scheduler.start()
        try:
            while not stop.wait(_PAUSE_S):
                pass
        finally:
            with self._lock:
                self._ended = True
            scheduler.shutdown(wait=False)
            self._part()

    def _one(self, job: Job) -> None:
        """Run a job in a process of its own, to its end."""
        with self._lock:
            # What began meanwhile would be ended by nobody.
            if self._ended:
                return
            words = list(self._command(job))
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
            self._running.add(process)
        code = process.wait()
        with self._lock:
            self._running.discard(process)
        self._say(job.name, code)

    def _part(self) -> None:
        """End the runs under way, and wait for them."""
        with self._lock:
            left = list(self._running)
        until = time.monotonic() + PARTING_S
        for process in left:
            process.terminate()
        for process in left:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1.0)


def _trigger(job: Job) -> BaseTrigger:
    """Return a trigger that goes by our times."""
    from apscheduler.triggers.base import BaseTrigger

    class Due(BaseTrigger):  # type: ignore[misc,unused-ignore]
        """Fires at a job's times."""

        def get_next_fire_time(
            self, previous_fire_time: datetime | None, now: datetime
        ) -> Any:
            """Return the next time after the last one, or after now."""
            found = next_times(job.schedule, previous_fire_time or now, 1)
            return found[0] if found else None

    return Due()
