"""Which steps of a ladder are chosen by their tags."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Step
from escalade.runbooks.book import Book

__all__ = ["check_tags", "tagged"]


def check_tags(book: Book, *words: Iterable[str]) -> None:
    """Raise `UsageError` for a tag that no step of the book has, with the nearest."""
    known = {tag for step in _all(_steps(book)) for tag in step.tags}
    for word in (word for some in words for word in some):
        if word not in known:
            said = nearest(word, sorted(known)) or "; no step of the runbooks has it"
            raise UsageError(f"no tag {word!r}{said}")


def tagged(
    steps: Iterable[Step], tags: Iterable[str], skip: Iterable[str]
) -> tuple[Step, ...]:
    """Return the steps that have one of `tags` (all, where none is said) and none of `skip`.

    A group is chosen whole by a tag of its own, else those of its steps that have one.
    """
    wanted, unwanted = frozenset(tags), frozenset(skip)
    return tuple(_chosen(steps, wanted, unwanted, whole=not wanted))


def _chosen(
    steps: Iterable[Step],
    wanted: frozenset[str],
    unwanted: frozenset[str],
    *,
    whole: bool,
) -> Iterator[Step]:
    """Yield what is left of some steps; with `whole` no tag has to choose them."""
    for step in steps:
        own = frozenset(step.tags)
        if own & unwanted:
            continue
        here = whole or bool(own & wanted)
        group = tuple(_chosen(step.group, wanted, unwanted, whole=here))
        if group or (here and not step.group):
            yield replace(step, group=group)


def _steps(book: Book) -> Iterator[Step]:
    """Yield the steps of all ladders."""
    for runbook in book.runbooks:
        for ladder in runbook.ladders.values():
            for steps in ladder.levels.values():
                yield from steps


def _all(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield steps and those of their groups."""
    for step in steps:
        yield step
        yield from _all(step.group)
