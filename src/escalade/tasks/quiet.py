"""No secret in what libraries say: their log records, and tracebacks on the way out."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

__all__ = ["LIBRARIES", "Redacting", "hush", "without_secrets"]

LIBRARIES = (
    "docker",
    "fabric",
    "invoke",
    "paramiko",
    "peewee",
    "requests",
    "urllib3",
)
"""Whose records are cleaned, those of their parts (`paramiko.transport`) too."""

_Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def without_secrets(text: str) -> str:
    """Return a text without what looks like a secret."""
    # Loaded when there is something to say: most runs are silent.
    from escalade.shapes import shaped

    return shaped(text)


class Redacting(logging.Filter):
    """Takes secrets out of a record: message, traceback and all. It keeps every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            # Arguments that do not fit; what handlers would say of it shows them all.
            text = str(record.msg)
        record.msg, record.args = without_secrets(text), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = without_secrets(
                logging.Formatter().formatException(record.exc_info)
            )
        if record.stack_info:
            record.stack_info = without_secrets(record.stack_info)
        return True


def hush() -> None:
    """Clean what libraries log and what Python prints of an exception, from now on.

    A second call changes nothing.
    """
    if getattr(sys.excepthook, "hushed", False):
        return
    # Filters of a logger do not see its children's records; every record is made here.
    made, cleaning = logging.getLogRecordFactory(), Redacting()

    def make(*args: object, **kwargs: object) -> logging.LogRecord:
        record = made(*args, **kwargs)
        if record.name.partition(".")[0] in LIBRARIES:
            cleaning.filter(record)
        return record

    logging.setLogRecordFactory(make)
    sys.excepthook = _hushed(sys.excepthook)
    threading.excepthook = _hushed_thread(threading.excepthook)


def _hushed(before: _Hook) -> _Hook:
    """Return a hook that prints what another one would, without secrets."""

    def hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        _through(lambda: before(kind, error, trace))

    hook.hushed = True  # type: ignore[attr-defined]
    return hook


def _hushed_thread(
    before: Callable[[threading.ExceptHookArgs], object],
) -> Callable[[threading.ExceptHookArgs], object]:
    """Return a hook for threads that prints what another one would, without secrets."""

    def hook(args: threading.ExceptHookArgs) -> None:
        _through(lambda: before(args))

    return hook


def _through(call: Callable[[], object]) -> None:
    """Make a call and print without secrets what it wrote on stderr."""
    real, held = sys.stderr, io.StringIO()
    sys.stderr = held
    try:
        call()
    finally:
        sys.stderr = real
        text = held.getvalue()
        if text and real is not None:
            real.write(without_secrets(text))
            real.flush()
