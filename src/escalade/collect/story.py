"""What a collection is told of the run that it belongs to: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from escalade.model import Cite
from escalade.model import Node
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = ["Deed", "Kept", "Story"]


@dataclass(frozen=True, slots=True)
class Deed:
    """One action that was carried out, as an operator would have typed it."""

    host: str
    command: str
    ended: Ended
    reason: str = ""
    level: int = 1


@dataclass(frozen=True, slots=True)
class Story:
    """One root and what was done about it so far: what the next person must know.

    `since` is when it began and `explains` the services that suffer with it, where that
    is known; `reason` says why it is handed off. `plan` and `events` are the plan and
    the journal as JSON would hold them, `inspects` the Engine's records by container: they
    hold secrets, live in memory only, and are written without any. `kept` names files of
    the run's folder.
    """

    run: str
    title: Text
    node: Node
    symptom: str = ""
    why: tuple[Cite, ...] = ()
    advice: Text | None = None
    level: int = 1
    done: tuple[Deed, ...] = ()
    outcome: Outcome | None = None
    reason: Text = NO_TEXT
    since: float | None = None
    explains: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    plan: Mapping[str, Any] | None = None
    events: tuple[Mapping[str, Any], ...] = ()
    inspects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was collected: a text for people, and the names of the files that hold it.

    `trouble` says in one line why a file could not be written; the text is there still.
    """

    text: str
    files: tuple[str, ...] = ()
    trouble: str = ""
