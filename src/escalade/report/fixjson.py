"""The JSON that `fix` prints: `escalade.fix/1`, as docs/json.md has it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from escalade.model import Node
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Did
from escalade.plans import Outcome
from escalade.plans import Plan
from escalade.plans import Risk
from escalade.plans import flat
from escalade.report.fixstory import FixStory
from escalade.report.fixstory import HandedOff
from escalade.report.json_ import diagnosis_json
from escalade.report.times import rfc3339
from escalade.shapes import shaped
from escalade.text import Lang

__all__ = ["FILE", "SCHEMA", "dumps", "fix_json", "schema"]

SCHEMA = "escalade.fix/1"
"""The name and version of the promise; a promised name never changes within it."""
FILE = Path(__file__).with_name("schemas") / "escalade.fix-1.schema.json"
"""The schema of `escalade.fix/1`, as a file that other programs can take."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `escalade.fix/1`."""
    import json

    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


def dumps(story: FixStory, *, lang: Lang = "en") -> str:
    """Return the object as indented text, ASCII only."""
    import json

    return json.dumps(fix_json(story, lang=lang), indent=2, allow_nan=False)


def fix_json(story: FixStory, *, lang: Lang = "en") -> dict[str, object]:
    """Return a run as one JSON-able object, texts in the asked language."""
    after = story.after
    return {
        "schema": SCHEMA,
        "run": story.run,
        "started": rfc3339(story.started) or "1970-01-01T00:00:00.000Z",
        "took_s": _finite(story.took_s),
        "lang": lang,
        "dry": story.dry,
        "waiting_approval": story.waiting_approval,
        "verdict": story.last.verdict.value,
        "exit": story.exit,
        "outcome": story.outcome.value if story.outcome else None,
        "level": story.level,
        "restarted": [_place(node) for node in story.restarted],
        "before": diagnosis_json(story.before, lang=lang),
        "after": diagnosis_json(after, lang=lang) if after else None,
        "plan": _whole(story.plans, lang),
        "plans": [_plan(plan, lang) for plan in story.plans],
        "ran": [_did(did, story.actions.get(did.action)) for did in story.dids],
        "roots": [_root(climb, story, lang) for climb in story.climbs],
        "escalations": [text.pick(lang) for text in story.escalations],
        "handoff": _handoff(story, lang),
        "handoffs": [_message(each, lang) for each in story.handoffs],
        "kept": list(story.kept),
        "refused": story.refused.pick(lang) if story.refused else None,
    }


def _place(node: Node) -> dict[str, object]:
    """Return where something is."""
    return {"host": node.host, "stack": node.stack, "service": node.service}


# ----------------------------------------------------------------------- plans


def _whole(plans: Sequence[Plan], lang: Lang) -> dict[str, object]:
    """Return all that was planned; the digest is the last round's."""
    return {
        "digest": plans[-1].digest if plans else "",
        "risk": max((plan.risk for plan in plans), default=Risk.SAFE).word,
        "actions": [row for plan in plans for row in _actions(plan, lang)],
        "troubles": [row for plan in plans for row in _troubles(plan)],
    }


def _plan(plan: Plan, lang: Lang) -> dict[str, object]:
    """Return the plan of one round."""
    return {"round": plan.round, "made": rfc3339(plan.made), **_whole((plan,), lang)}


def _actions(plan: Plan, lang: Lang) -> Iterator[dict[str, object]]:
    """Yield the actions of a plan, in order."""
    for climb in plan.climbs:
        for step in (inner for top in climb.steps for inner in flat(top)):
            for action in step.actions:
                yield _action(action, climb, lang)


def _action(action: Action, climb: Climb, lang: Lang) -> dict[str, object]:
    """Return one action as an operator would read it."""
    return {
        "id": action.id,
        "host": action.host,
        "stack": action.node.stack,
        "service": action.node.service,
        "step": action.step,
        "command": shaped(action.command),
        "risk": action.risk.word,
        "changes": not action.reads,
        "undo": shaped(action.undo) or None,
        "why": action.why.pick(lang),
        "level": climb.level,
        "root": climb.symptom or None,
    }


def _troubles(plan: Plan) -> Iterator[dict[str, object]]:
    """Yield the steps that could not be planned, and why."""
    for step in plan.steps:
        if step.trouble:
            yield {"step": step.name, **_place(step.node), "reason": step.trouble}


# ------------------------------------------------------------------ what came


def _did(did: Did, action: Action | None) -> dict[str, object]:
    """Return how one action ended."""
    return {
        "id": did.action,
        "host": action.host if action else None,
        "command": shaped(action.command) if action else None,
        "ended": did.ended.value,
        "attempt": did.attempt,
        "started": rfc3339(did.started),
        "took_s": _finite(did.took_s),
        "code": did.code,
        "reason": did.reason,
        "output": did.output,
        "kept": list(did.kept),
        "orphan": did.orphan or None,
    }


def _root(climb: Climb, story: FixStory, lang: Lang) -> dict[str, object]:
    """Return how one root ended: at which level, and why."""
    said = story.said(climb.id)
    # A step called by hand cures nothing: its actions tell how it went.
    outcome: Outcome | None = said.outcome if said and climb.finding else None
    reason = said.reason if said and said.reason.en else climb.reason
    return {
        "id": climb.finding or None,
        "symptom": climb.symptom or None,
        "node": str(climb.node),
        **_place(climb.node),
        "title": climb.title.pick(lang),
        "remedy": climb.remedy,
        "level": climb.level,
        "outcome": outcome.value if outcome else None,
        "reason": reason.pick(lang),
        "advice": climb.advice.pick(lang) if climb.advice else None,
        "new": list(said.new) if said else [],
    }


def _handoff(story: FixStory, lang: Lang) -> dict[str, object] | None:
    """Return the last message for the next person, None where there is none."""
    return _message(story.handoffs[-1], lang) if story.handoffs else None


def _message(handed: HandedOff, lang: Lang) -> dict[str, object]:
    """Return one message, and what it is about."""
    return {
        "message": handed.message.pick(lang),
        "to": handed.to or None,
        "file": handed.file or None,
        "id": handed.finding or None,
        "symptom": handed.symptom or None,
        **_place(handed.node),
    }


def _finite(value: float) -> float:
    """Return a number that JSON can carry."""
    return round(max(value, 0.0), 3) if math.isfinite(value) else 0.0
