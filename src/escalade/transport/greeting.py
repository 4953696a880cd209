"""Whether a host's login shell does what it is told: our first line says a word first.

A shell that is none (nologin), a profile that ends it and one that prints would spoil
every answer; the word costs no round trip and tells all three.
"""

from __future__ import annotations

from collections.abc import Callable

from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.outputs import Ending
from escalade.transport.outputs import Kept
from escalade.transport.outputs import Pieces
from escalade.transport.outputs import one_line

__all__ = ["greeting", "heard"]

WORD = b"escalade-shell\n"
_MOST = 4096
_NO_TIMEOUT = (126, 127)
_BOUND = (124, 137)


def greeting(line: str) -> str:
    """Return a line that says the word before anything else."""
    return f"echo {WORD.decode().strip()}\n{line}"


def heard(pieces: Pieces, name: str, judge: Callable[[Output | None], None]) -> Pieces:
    """Pass on what a line that greets writes, without the word.

    `judge` is told once: None where the shell is well, else what is wrong with it, which
    is how the line then ends. It is told nothing where that cannot be known. `name` is
    the host's.
    """
    before, errors = b"", Kept(_MOST)
    try:
        while True:
            try:
                is_error, data = next(pieces)
            except StopIteration as stop:
                ending: Ending = stop.value
                broken = _broken(ending, before + errors.value, errors.value, name)
                if broken is None:
                    return ending
                judge(broken)
                return Ending(output=broken)
            if is_error:
                errors.add(data)
                yield is_error, data
                continue
            before += data
            at = before.find(WORD)
            if at < 0 and len(before) < _MOST:
                continue
            if at:
                said = one_line(before[: at if at > 0 else _MOST], 80)
                reason = f"{name}: its login shell prints before our command: {said}"
                broken = Output(Status.UNREACHABLE, reason=reason, cause="shell")
                judge(broken)
                return Ending(output=broken)
            judge(None)
            if before[len(WORD) :]:
                yield False, before[len(WORD) :]
            return (yield from pieces)
    finally:
        pieces.close()


def _broken(ending: Ending, said: bytes, errors: bytes, name: str) -> Output | None:
    """Return what is wrong with a shell whose line ended without the word."""
    if ending.output is not None or ending.expired or ending.code in (None, *_BOUND):
        return None
    # The word comes from inside `timeout`: without one, nothing was said.
    if ending.code in _NO_TIMEOUT and b"timeout" in errors:
        return None
    told = one_line(said, 80) or "nothing"
    reason = (
        f"{name}: its login shell ended with {ending.code} before our command: {told}"
    )
    return Output(Status.UNREACHABLE, reason=reason, cause="shell")
