"""How a job's end reads to people who are told of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from escalade.text import Text

if TYPE_CHECKING:
    from escalade.schedule.jobs import Job
    from escalade.schedule.work import Done

__all__ = ["EXITS", "ended_text", "ended_title"]

EXITS = {
    0: Text("all is well", "tout va bien"),
    1: Text("it could not run", "il n'a pas pu tourner"),
    2: Text("something is wrong", "quelque chose ne va pas"),
    3: Text("it could not tell", "impossible de se prononcer"),
    4: Text("handed off to a person", "transmis à une personne"),
    5: Text("it was refused", "il a été refusé"),
}
_MOST = 20


def ended_title(job: Job, code: int) -> str:
    """Return the subject, in English: who is told may read either language."""
    what = EXITS.get(code, Text(f"exit {code}", f"code {code}"))
    return f"Escalade {job.name}: {what.en} ({code})"


def ended_text(job: Job, done: Done) -> str:
    """Return what there is to say, in both languages, a line each."""
    lines = [job.title.en, job.title.fr, ""]
    if done.note is not None:
        lines += _both(done.note)
    for finding in done.diagnosis.roots[:_MOST] if done.diagnosis else ():
        title = finding.title
        lines += _both(Text(f"{title.en} ({finding.node})", title.fr))
    story = done.story
    if story is not None:
        for text in (story.refused, *(each.message for each in story.handoffs)):
            lines += _both(text) if text is not None and text.en else []
        lines += [
            f"{did.ended.value}: {did.reason}" for did in story.dids if did.reason
        ]
    return "\n".join([*lines, "", f"escalade show {done.run}"])


def _both(text: Text) -> list[str]:
    """Return a text in both languages, once where they are the same."""
    return list(dict.fromkeys((text.en, text.fr)))
