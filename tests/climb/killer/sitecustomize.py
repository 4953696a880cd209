"""Loaded at Python's start: the controller dies at one event that it journals.

KILL is `before` or `after`, the event's kind and which one of that kind: it is as if
`kill -9` had come exactly then.
"""

from __future__ import annotations

import os
import signal

from escalade.journal.store import Journal

WHEN, KIND, WHICH = os.environ["KILL"].split()
_written = Journal.event
_seen = [0]


def event(self, run, kind, **facts):
    """Write an event, or die of it."""
    _seen[0] += kind == KIND
    due = kind == KIND and _seen[0] == int(WHICH)
    if due and WHEN == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    _written(self, run, kind, **facts)
    if due:
        os.kill(os.getpid(), signal.SIGKILL)


Journal.event = event
