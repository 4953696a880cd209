"""Who watches a run at a terminal: plan, question, lines as they come; or nobody."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from escalade.model import Diagnosis
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Plan
from escalade.plans import Verified
from escalade.report.look import Look
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.report.lines import Line

__all__ = ["Quiet", "Spoken", "is_terminal"]

_ASK = Text("Carry it out? [y/N] ", "L'exécuter ? [o/N] ")
_YES = ("y", "yes", "o", "oui")


def is_terminal() -> bool:
    """Whether somebody can be asked: both ways lead to a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _forget_typed() -> None:
    """Drop what waits to be read from the terminal."""
    import termios

    with suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


class Quiet:
    """Says nothing and agrees to nothing: for programs."""

    def looked(self, diagnosis: Diagnosis) -> None:
        """Say nothing."""

    def planned(self, plan: Plan, diagnosis: Diagnosis) -> None:
        """Say nothing."""

    def agrees(self, plan: Plan) -> bool:
        """Agree to nothing."""
        del plan
        return False

    def begins(self, action: Action) -> None:
        """Say nothing."""

    def says(self, action: Action, line: str) -> None:
        """Say nothing."""

    def did(self, action: Action, did: Did) -> None:
        """Say nothing."""

    def verified(self, climb: Climb, found: Verified) -> None:
        """Say nothing."""

    def escalated(self, reason: Text) -> None:
        """Say nothing."""

    def notes(self, text: Text) -> None:
        """Say nothing."""


class Spoken(Quiet):
    """Prints what happens on stdout, whole lines of several hosts one after another."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._lock = threading.Lock()

    def planned(self, plan: Plan, diagnosis: Diagnosis) -> None:
        """Print a plan."""
        del diagnosis
        from escalade.report.fixplan import plan_lines
        from escalade.report.lines import EMPTY

        self._print((*plan_lines(plan, self._look), EMPTY))

    def agrees(self, plan: Plan) -> bool:
        """Ask on the terminal; what was typed before the question is no answer."""
        del plan
        with self._lock:
            _forget_typed()
            # Not by input(): its question goes to stderr, which may be a file.
            sys.stdout.write(_ASK.pick(self._look.lang))
            sys.stdout.flush()
            try:
                answer = sys.stdin.readline()
            except (OSError, UnicodeDecodeError):
                return False
        return answer.strip().lower() in _YES

    def says(self, action: Action, line: str) -> None:
        """Print what an action writes, with the host before it."""
        if not self._look.verbose:
            return
        from escalade.report.lines import line as line_of
        from escalade.report.lines import span

        self._print([line_of(span(f"  {action.host} │ ", "dim"), span(line))])

    def did(self, action: Action, did: Did) -> None:
        """Print how an action ended."""
        from escalade.report.fixlive import did_lines

        self._print(did_lines(did, action, self._look))

    def verified(self, climb: Climb, found: Verified) -> None:
        """Print what verification said."""
        from escalade.report.fixlive import verified_lines

        self._print(verified_lines(found, climb, self._look))

    def escalated(self, reason: Text) -> None:
        """Print why a level is left."""
        from escalade.report.fixlive import escalation_lines

        self._print(escalation_lines(reason, self._look))

    def notes(self, text: Text) -> None:
        """Print a sentence."""
        from escalade.report.lines import line as line_of
        from escalade.report.lines import span

        self._print([line_of(span(text.pick(self._look.lang), "dim"))])

    def _print(self, lines: Iterable[Line]) -> None:
        """Print lines, none of another thread between them."""
        from escalade.report.terminal import write

        with self._lock:
            write(lines, self._look)
