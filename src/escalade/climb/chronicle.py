"""All that a run has seen and done so far, in order: what its report and messages tell."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Plan
from escalade.plans import Verified
from escalade.report.fixstory import FixStory
from escalade.text import Text

__all__ = ["Chronicle", "Entry", "Message"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One action that was carried out, and the climb that it was part of."""

    climb: Climb
    action: Action
    did: Did


@dataclass(frozen=True, slots=True)
class Message:
    """A hand-off: its text, its file in the run's folder, whom it is for, what about."""

    text: str
    file: str
    to: str
    climb: Climb


class Chronicle:
    """Grows while a run goes on; threads of several hosts write into it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._roots: dict[str, Finding] = {}
        self._explained: dict[str, tuple[str, ...]] = {}
        self.entries: list[Entry] = []
        self.plans: list[Plan] = []
        self.verified: list[Verified] = []
        self.escalations: list[Text] = []
        self.messages: list[Message] = []
        self.files: list[str] = []
        self.cut: FixStory | None = None
        """How it stood when a signal ended it."""

    def saw(self, diagnosis: Diagnosis) -> None:
        """Remember findings as they were seen first, and what they explained then."""
        names = {f.id: f.node.service or f.node.host for f in diagnosis.findings}
        for finding in diagnosis.findings:
            self._roots.setdefault(finding.id, finding)
            told = tuple(
                dict.fromkeys(names[i] for i in finding.explains if i in names)
            )
            self._explained.setdefault(finding.id, told)

    def root(self, finding: str) -> Finding | None:
        """Return a finding as it was seen first."""
        return self._roots.get(finding)

    def explained(self, finding: str) -> tuple[str, ...]:
        """Return the services that suffered with a finding when it was seen first."""
        return self._explained.get(finding, ())

    def add(self, entry: Entry) -> None:
        """Remember how an action ended."""
        with self._lock:
            self.entries.append(entry)

    def keep(self, files: Iterable[str]) -> None:
        """Remember files of the run's folder."""
        with self._lock:
            self.files += [name for name in files if name not in self.files]

    def hand_off(self, message: Message) -> None:
        """Remember a message for the next person."""
        with self._lock:
            self.messages.append(message)

    def handed(self, climb: Climb) -> bool:
        """Whether there is a message about a climb's root."""
        key = climb.finding, climb.node
        return any((m.climb.finding, m.climb.node) == key for m in self.messages)

    def about(self, climb: Climb) -> tuple[Entry, ...]:
        """Return what was done about a climb's root so far, in all rounds."""
        return tuple(
            entry
            for entry in self.entries
            if (entry.climb.finding, entry.climb.node) == (climb.finding, climb.node)
        )
