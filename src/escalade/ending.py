"""How a run ends that no task can end well: before the first one, or in Invoke's lists."""

from __future__ import annotations

import atexit
import os
import sys
from types import TracebackType

from escalade.errors import EscaladeError

__all__ = ["end_in_one_line", "last_line"]

_CONFIG = f"invoke{os.sep}config.py"


def last_line(error: BaseException) -> str | None:
    """Return the one line to end with, None for what deserves a traceback.

    Empty for a reader that went away (`--list | head`): there is nobody to tell.
    """
    if isinstance(error, BrokenPipeError):
        return ""
    if isinstance(error, EscaladeError):
        return f"escalade: {error}"
    if _of_configuration(error):
        why = " ".join(str(error).split())
        return f"escalade: Invoke's configuration cannot be read: {why}"
    if isinstance(error, OSError) and error.filename is None:
        return f"escalade: <stdout>: {error.strerror}"
    return None


def _of_configuration(error: BaseException) -> bool:
    """Whether an error came while Invoke loaded invoke.yaml or its like."""
    from traceback import walk_tb

    codes = (frame.f_code for frame, _ in walk_tb(error.__traceback__))
    return any(
        code.co_filename.endswith(_CONFIG) and code.co_name in ("_load_file", "merge")
        for code in codes
    )


def end_in_one_line() -> None:
    """Have Python end in the last line, where there is one, instead of a traceback."""
    before = sys.excepthook

    def hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        line = last_line(error)
        if line is None:
            before(kind, error, trace)
        else:
            _tell(line)

    sys.excepthook = hook
    atexit.register(_last_flush)


def _last_flush() -> None:
    """Write what Invoke printed last: Python's own attempt would end in two lines."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        line = last_line(error)
        _tell(line or "")
        if line:
            os._exit(1)
    except ValueError:
        # Somebody closed it.
        return


def _tell(line: str) -> None:
    """Print the last line, and let what is left for a lost stdout go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if line:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
