"""The message that the next person reads: cause, what was done, evidence, what to do.

The template is templates/handoff.md.j2; every value in it is data and never a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from escalade.collect.story import Deed
from escalade.collect.story import Story
from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.report.safe import clean
from escalade.report.times import rfc3339
from escalade.report.words import PEOPLE
from escalade.text import Lang
from escalade.text import Text

__all__ = ["handoff_page"]

WORDS = {
    "handoff": Text("Hand-off:", "Passage de relais :"),
    "to": Text("To", "À"),
    "run": Text("Run", "Exécution"),
    "on": Text("on", "sur"),
    "stack": Text("stack", "pile"),
    "since": Text("since", "depuis"),
    "cause": Text("Cause", "Cause"),
    "suffers": Text("It also stops:", "Cela arrête aussi :"),
    "reason": Text("Why you:", "Pourquoi vous :"),
    "evidence": Text("Evidence", "Preuves"),
    "last": Text("The last lines of its log:", "Les dernières lignes de son journal :"),
    "none": Text("none was recorded", "aucune n'a été relevée"),
    "done": Text("What was done", "Ce qui a été fait"),
    "nothing": Text("nothing was changed", "rien n'a été changé"),
    "level": Text("level", "niveau"),
    "todo": Text("What to do", "Ce qu'il faut faire"),
    "ask": Text(
        "No exact edit is known. Read the evidence, then the pages below.",
        "Aucune modification exacte n'est connue. Lisez les preuves, puis les pages ci-dessous.",
    ),
    "read": Text("Documentation", "Documentation"),
    "files": Text("Files of this run", "Fichiers de cette exécution"),
    "look": Text("Look again with", "Regarder à nouveau avec"),
}
ENDINGS = {
    Ended.DONE: Text("done", "fait"),
    Ended.SKIPPED: Text("not needed", "pas nécessaire"),
    Ended.FAILED: Text("failed", "a échoué"),
    Ended.TIMEOUT: Text("not done in time", "pas fait à temps"),
    Ended.UNREACHABLE: Text("host lost", "hôte perdu"),
    Ended.INTERRUPTED: Text("interrupted", "interrompu"),
    Ended.UNKNOWN: Text("not known how it ended", "fin inconnue"),
}
OUTCOMES = {
    Outcome.CURED: Text("then it was cured", "puis c'était réparé"),
    Outcome.PERSISTS: Text("it is still there", "cela persiste"),
    Outcome.WORSE: Text("it got worse", "cela a empiré"),
    Outcome.UNKNOWN: Text(
        "nobody can tell whether it helped", "impossible de dire si cela a aidé"
    ),
}
_SPECIAL = re.compile(r"[\\`*\[\]<>|]|(?<!\w)_|_(?!\w)|^#")
"""What Markdown would format; an underscore inside a word it leaves alone."""


def _md(value: object) -> str:
    """Return a value as text in which Markdown finds nothing to format."""
    return _SPECIAL.sub(r"\\\g<0>", clean(str(value)))


def _code(value: object) -> str:
    """Return a value as inline code; a backtick in it cannot end it."""
    return "`" + clean(str(value)).replace("`", "'") + "`"


def _link(value: object) -> str:
    """Return a web address as a link, anything else as text."""
    text = clean(str(value))
    plain = text.startswith(("https://", "http://")) and not set(text) & set(" <>`\"'")
    return f"<{text}>" if plain else _md(text)


def _deed(deed: Deed, lang: Lang) -> dict[str, Any]:
    """Return one action as the template reads it."""
    return {
        "host": deed.host,
        "command": deed.command,
        "ended": ENDINGS[deed.ended].pick(lang),
        "reason": deed.reason,
        "level": deed.level,
    }


def handoff_page(
    story: Story,
    folder: Path,
    *,
    to: str,
    see: Iterable[str],
    last: Iterable[str],
    redact: Callable[[str], str],
    lang: Lang,
) -> str:
    """Return the message as Markdown that is readable as it stands.

    `folder` holds the template, `to` says who reads it, `see` what to read, and `last` is
    what the service wrote last; each value passes `redact` before it is set.
    """
    from jinja2 import FileSystemLoader
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    env = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "md": lambda value: _md(redact(str(value))),
        "code": lambda value: _code(redact(str(value))),
        "link": _link,
    }
    return env.get_template("handoff.md.j2").render(
        words={name: text.pick(lang) for name, text in WORDS.items()},
        to=PEOPLE[to].pick(lang) if to in PEOPLE else to,
        see=list(dict.fromkeys(see)),
        last=list(last),
        s=_story(story, lang),
    )


def _story(story: Story, lang: Lang) -> dict[str, Any]:
    """Return the story as the template reads it."""
    outcome = OUTCOMES[story.outcome].pick(lang) if story.outcome else ""
    return {
        "run": story.run,
        "title": story.title.pick(lang),
        "host": story.node.host,
        "stack": story.node.stack,
        "service": story.node.service,
        "symptom": story.symptom,
        "since": rfc3339(story.since or 0.0),
        "level": story.level,
        "explains": story.explains,
        "reason": story.reason.pick(lang),
        "why": [
            {
                "probe": cite.probe,
                "target": cite.target,
                "time": rfc3339(cite.time) or "",
                "excerpt": cite.excerpt,
            }
            for cite in story.why
        ],
        "done": [_deed(deed, lang) for deed in story.done],
        "outcome": outcome,
        "advice": story.advice.pick(lang) if story.advice else "",
        "files": story.kept,
    }
