"""What an operator's own task says of itself: `@risk("safe")` beside `@task`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["risk"]

T = TypeVar("T")
_WORDS = ("safe", "disruptive", "destructive")


def risk(word: str) -> Callable[[T], T]:
    """Return a decorator that declares what a task can break, below or above `@task`.

    Without it a task counts as disruptive. Raises ValueError for another word.
    """
    if word not in _WORDS:
        raise ValueError(f"risk is one of {', '.join(_WORDS)}, not {word!r}")

    def declared(task: T) -> T:
        setattr(getattr(task, "body", task), "escalade_risk", word)  # noqa: B010 -- any object
        return task

    return declared
