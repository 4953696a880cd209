"""What every task does around its one call: settings in, exit code out, no traceback."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from invoke.exceptions import Exit

from escalade.errors import EscaladeError
from escalade.errors import UsageError
from escalade.tasks.quiet import hush
from escalade.tasks.quiet import without_secrets
from escalade.tasks.reaching import said_of_hosts
from escalade.tasks.streams import Ended
from escalade.tasks.streams import ended_by_signals
from escalade.tasks.streams import steady

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.report.look import Look
    from escalade.report.progress import Progress
    from escalade.run import Road
    from escalade.settings import Settings

__all__ = [
    "FORMATS",
    "HELP",
    "ROLLING",
    "finish",
    "look_for",
    "mode",
    "road_for",
    "said",
    "settings_for",
    "told",
    "whole",
]

FORMATS = ("text", "json", "markdown")
INTERRUPTED = 130

HELP = {
    "limit": "hosts to look at: Ansible patterns (web:!web3); repeatable",
    "inventory": "file, folder, program or list of hosts in Ansible's formats; repeatable",
    "stack": "Compose project to look at; repeatable; all without it",
    "format": "text (for people) or json (for programs)",
    "lang": "en or fr; the locale decides without it",
    "forks": "hosts worked on at the same time",
}
"""What the flags mean that several tasks share."""

ROLLING = {
    "serial": "hosts at a time: a number or a share (25%); repeatable, the last repeats",
    "max_failed": "how many hosts (or which share) may fail before it stops; 0",
    "soak": "seconds to wait after a healthy batch (30s, 5m)",
    "order": "inventory, reverse, sorted, shuffle or shuffle:SEED",
    "canary": "the host that goes first, in a batch of its own",
    "run_once": "the first host alone",
    "anytime": "outside the maintenance windows, too",
}
"""What the flags mean that carry a change over many hosts."""


@contextmanager
def told() -> Iterator[None]:
    """End in one line whatever went wrong: bad input is 1, Ctrl-C 130.

    A mistake of ours is one line, too; with PYTHONDEVMODE=1 it is a traceback.
    """
    steady()
    hush()
    try:
        with ended_by_signals():
            yield
            sys.stdout.flush()
    except EscaladeError as error:
        raise _exit(str(error)) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise _exit(f"{where}{error.strerror or error}") from error
    except Ended as error:
        raise _exit(f"ended by {error}", code=error.code) from error
    except KeyboardInterrupt as error:
        raise _exit("interrupted", code=INTERRUPTED) from error
    except Exception as error:
        if sys.flags.dev_mode or isinstance(error, Exit):
            raise
        raise _exit(_mistake(error)) from error


def _exit(text: str, *, code: int = 1) -> Exit:
    """Return the end of the task: one line, no secret, no terminal obeys it; a code."""
    from escalade.report.safe import clean

    return Exit(f"escalade: {clean(without_secrets(text), 2000)}", code=code)


def _mistake(error: Exception) -> str:
    """Return what a bug report needs to know of an error that nobody foresaw."""
    from pathlib import Path
    from traceback import extract_tb

    place = extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return (
        f"internal error: {type(error).__name__}: {error} ({where}); please report it"
    )


def mode(*, quick: bool, deep: bool) -> str:
    """Return the mode that two flags ask for; empty when neither does."""
    if quick and deep:
        raise UsageError("--quick and --deep exclude each other")
    return "quick" if quick else "deep" if deep else ""


def settings_for(context: Context, flags: Mapping[str, object]) -> Settings:
    """Return the settings of a task from its configuration and flags."""
    from escalade.settings import settings_from

    return settings_from(context.config, {**flags, **said_of_hosts()})


def look_for(settings: Settings, *, verbose: bool = False, live: bool = True) -> Look:
    """Return how the report should look to whoever reads stdout."""
    from escalade.report.look import look_of

    return look_of(sys.stdout, lang=settings.lang, verbose=verbose, live=live)


def checked_format(word: str, known: Sequence[str] = FORMATS[:2]) -> str:
    """Return the format asked for, or say which there are."""
    from escalade.errors import nearest

    if word not in known:
        hint = nearest(word, known)
        raise UsageError(f"--format {word}: expected {' or '.join(known)}{hint}")
    return word


def said(flag: str, word: str | None) -> str:
    """Return what a flag says, empty where it was not given.

    One that was given an empty text (a variable that a script did not set) is wrong.
    """
    if word is not None and not word.strip():
        raise UsageError(f"{flag}: expected a text that is not empty")
    return word or ""


def whole(flag: str, word: str) -> int:
    """Return the whole number of at least 1 that a flag says.

    Invoke's own reading of numbers ends in a traceback.
    """
    digits = word.isascii() and word.isdigit() and len(word) < 10  # noqa: PLR2004
    if not digits or int(word) < 1:
        raise UsageError(f"{flag}: expected a whole number of at least 1, not {word!r}")
    return int(word)


def road_for(settings: Settings, progress: Progress) -> Road:
    """Return the road of this run, with its id and start."""
    import os

    from escalade.run import Road

    started = time.time()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(started))
    run = f"{stamp}-{os.urandom(3).hex()}"
    return Road(settings, run, started, progress, threading.Event())


def finish(code: int) -> None:
    """End the task with an exit code; 0 lets the next task run."""
    if code:
        raise Exit(code=code)
