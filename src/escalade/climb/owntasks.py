"""A task of the operator's own as an action of a plan."""

from __future__ import annotations

import time

from escalade.climb.gear import Gear
from escalade.model import Host
from escalade.plans import Action
from escalade.plans import Did
from escalade.plans import UserTask
from escalade.remedy.usertasks import Terms
from escalade.remedy.usertasks import run_task
from escalade.run import password_of
from escalade.run import reached
from escalade.shapes import shaped

__all__ = ["run_own"]


def run_own(
    gear: Gear, host: Host, action: Action, attempt: int, timeout_s: float
) -> Did:
    """Run the task that an action names, with the host as its context."""
    begun, started = time.monotonic(), time.time()
    words = action.do.words if isinstance(action.do, UserTask) else ()
    terms = Terms(
        timeout_s=min(timeout_s, action.timeout_s),
        # The mark at the end keeps attempt 1 apart from attempt 10.
        tag=f"{gear.run}/{action.id}/{attempt}/",
        stop=gear.road.stop,
        redact=shaped,
        say=lambda line: gear.desk.says(action, line),
        password=password_of(host, gear.road.settings),
    )
    with reached(gear.road, host) as transport:
        ran = run_task(words, transport, terms, folder=gear.tasks_folder)
    return Did(
        action.id,
        ran.ended,
        attempt,
        started,
        time.monotonic() - begun,
        code=ran.code,
        reason=ran.reason,
        output=ran.output,
        orphan=ran.orphan,
    )
