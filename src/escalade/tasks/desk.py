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
from escalade.settings import Settings
from escalade.settings import settings_from

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.report.look import Look
    from escalade.report.progress import Progress
    from escalade.run import Road

__all__ = ["FORMATS", "HELP", "finish", "look_for", "road_for", "settings_for", "told"]

FORMATS = ("text", "json", "markdown")
INTERRUPTED = 130

HELP = {
    "limit": "hosts to look at: Ansible patterns (web:!web3); repeatable",
    "inventory": "inventory file or folder in Ansible's YAML; repeatable",
    "stack": "Compose project to look at; repeatable; all without it",
    "format": "text (for people) or json (for programs)",
    "lang": "en or fr; the locale decides without it",
    "forks": "hosts worked on at the same time",
}
"""What the flags mean that several tasks share."""


@contextmanager
def told() -> Iterator[None]:
    """Turn bad input into one line and exit 1, and Ctrl-C into exit 130."""
    try:
        yield
    except EscaladeError as error:
        raise Exit(f"escalade: {error}", code=1) from error
    except BrokenPipeError as error:
        raise Exit(code=0) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Exit(f"escalade: {where}{error.strerror or error}", code=1) from error
    except KeyboardInterrupt as error:
        raise Exit("escalade: interrupted", code=INTERRUPTED) from error


def settings_for(context: Context, flags: Mapping[str, object]) -> Settings:
    """Return the settings of a task from its configuration and flags."""
    return settings_from(context.config, flags)


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
    sys.stdout.flush()
    if code:
        raise Exit(code=code)
