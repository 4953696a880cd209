"""The one place that writes an answer: whole, in any encoding, to a reader who may go."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from escalade.known import hidden

__all__ = ["emit"]


def emit(text: str, stream: TextIO | None = None, *, whole: bool = False) -> None:
    """Write text on a stream (stdout), `?` for what its encoding cannot carry.

    Secrets that we know are not written, unless the `whole` text was asked for. A reader that goes away (`| head`) ends the writing and nothing else. Raises
    OSError, with the stream's name, where it cannot be written (a full disk).
    """
    out = stream or sys.stdout
    text = text if whole else hidden(text)
    encoding = getattr(out, "encoding", None) or "utf-8"
    try:
        out.write(text.encode(encoding, "replace").decode(encoding))
        out.flush()
    except BrokenPipeError:
        _close_quietly(out)
    except OSError as error:
        _close_quietly(out)
        name = getattr(out, "name", None)
        raise OSError(error.errno, error.strerror, str(name or "stdout")) from error


def _close_quietly(stream: TextIO) -> None:
    """Point a lost stream to nowhere, so that Python's own last flush stays silent."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
