"""Which roots are acted on, in which order, and at which level."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import NamedTuple

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Ladder
from escalade.model import Node
from escalade.model import Step
from escalade.plans import Risk
from escalade.remedy.ladder import LAST
from escalade.remedy.tagged import check_tags
from escalade.runbooks.book import Book
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.remedy.scene import Scene

__all__ = ["HAND_OFF", "SURE", "Due", "Wish", "chosen", "due"]

SURE = 0.8
"""Confidence from which a remedy that changes something is proposed (findings.md 4.2)."""
HAND_OFF = (Step("bundle"), Step("handoff"))
"""The steps of a level 3 that no ladder has."""
AS_DECLARED = (Step("logs", {"lines": 100}), Step("restart"))
"""A restart makes a container anew where its definition changed."""
_ACTIONS = ("wait", "none", "handoff")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is asked for.

    `made` is the clock (epoch seconds). `levels` says, by finding id, which level is due
    and `reasons` why (a root without an entry begins where its symptom says). `only` are
    symptom ids, runbook names or services; empty means every root. `level` is the level
    asked for by hand; above `max_level` nothing is planned. `extra` are further facts that
    the plan rests on (book digest, package and user task hashes). `user_tasks` are the
    operator's own tasks that a runbook may name as steps, with the risk they declare.
    `findings` are the roots that may be acted on, by id; None means all of them. `tags`
    and `skip_tags` choose among the steps of the ladders.
    """

    run: str
    round: int = 1
    made: float = 0.0
    levels: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, Text] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    level: int | None = None
    max_level: int = LAST
    extra: Mapping[str, str] = field(default_factory=dict)
    user_tasks: Mapping[str, Risk] = field(default_factory=dict)
    findings: frozenset[str] | None = None
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()


class Due(NamedTuple):
    """What is due for one root: `remedy` as of a climb, its level, steps and reason."""

    remedy: str
    level: int
    steps: tuple[Step, ...]
    reason: Text
    ladder: Ladder | None = None


# --------------------------------------------------------------------- roots


def chosen(
    diagnosis: Diagnosis, scenes: Mapping[str, Scene], book: Book, wish: Wish
) -> tuple[Finding, ...]:
    """Return the roots to act on, in order: what others depend on comes first.

    Weaknesses that stood before any incident are told, not acted on. Raises `UsageError`
    where `wish.only` names nothing that is known.
    """
    _check(diagnosis, book, wish.only)
    if wish.tags or wish.skip_tags:
        check_tags(book, wish.tags, wish.skip_tags)
    roots = [r for r in diagnosis.roots if not r.standing]
    if wish.findings is not None:
        roots = [r for r in roots if r.id in wish.findings]
    if wish.only and wish.round == 1:
        told = {f.id: f for f in diagnosis.findings}
        roots = [r for r in roots if _meant(r, told, wish.only)]
    return _ordered(roots, scenes)


def _check(diagnosis: Diagnosis, book: Book, only: Sequence[str]) -> None:
    """Refuse a word that names no symptom, runbook or service."""
    services = {row.node.service for row in diagnosis.services}
    services |= {f.node.service for f in diagnosis.findings}
    known = {symptom.id for symptom in book.symptoms}
    known |= {runbook.name for runbook in book.runbooks} | {"generic.suspected"}
    known |= {name for name in services if name}
    for word in only:
        if word not in known:
            hint = nearest(word, sorted(known)) or "; see invoke runbook.list"
            raise UsageError(f"no symptom, runbook or service {word!r}{hint}")


def _meant(root: Finding, told: Mapping[str, Finding], only: Sequence[str]) -> bool:
    """Whether one of the words means a root, or a finding that it explains."""
    group = [root, *(told[i] for i in root.explains if i in told)]
    return any(
        word in (f.symptom, f.symptom.partition(".")[0], f.node.service)
        for f in group
        for word in only
    )


def _ordered(
    roots: Sequence[Finding], scenes: Mapping[str, Scene]
) -> tuple[Finding, ...]:
    """Return roots host by host, the host's own first, each stack in its order."""
    groups: dict[str, dict[str | None, list[Finding]]] = {}
    for root in roots:
        stacks = groups.setdefault(root.node.host, {})
        stacks.setdefault(root.node.stack, []).append(root)
    out: list[Finding] = []
    for host, stacks in groups.items():
        for stack in sorted(stacks, key=lambda name: name is not None):
            out += _in_stack(stacks[stack], scenes.get(host))
    return tuple(out)


def _in_stack(roots: list[Finding], scene: Scene | None) -> list[Finding]:
    """Return the roots of one stack: its own, then by what others depend on."""
    if scene is None or len(roots) == 1:
        return roots
    order = scene.ordered({r.node for r in roots if r.node.service})
    place: dict[Node, int] = {node: at for at, node in enumerate(order)}
    # A service that the scene does not know has nobody to wait for.
    return sorted(roots, key=lambda r: place.get(r.node, -1))


# --------------------------------------------------------------------- levels


def due(root: Finding, book: Book, wish: Wish, scene: Scene | None = None) -> Due:
    """Return which level of a root is due, and why.

    What no command cures may be cured already in the files: where the container was not
    made from what they say now, it is made anew before anybody is called.
    """
    action = _action(root)
    wished = wish.levels.get(root.id, 0)
    if action in ("wait", "none") and wished < LAST:
        return Due(action, 0, (), _WHY[action])
    ladder = _ladder(root, book)
    drift = _drift(root, scene)
    if drift is not None and max(wished, wish.level or 0) <= 1 and _skips(root, ladder):
        en, fr = (_DRIFT.fill({"what": told}) for told in (drift.en, drift.fr))
        return Due("ladder", 1, AS_DECLARED, Text(en.en, fr.fr), ladder)
    if root.suspected or action != "ladder" or ladder is None:
        reason = _SUSPECTED if root.suspected else wish.reasons.get(root.id)
        return Due("handoff", LAST, HAND_OFF, reason or _WHY["handoff"])
    start = root.remedy.level or min(ladder.levels)
    level = _level(ladder, max(start, wished), wish.level)
    reason = wish.reasons.get(root.id) or _reason(level, start)
    return Due("ladder", level, ladder.levels.get(level, HAND_OFF), reason, ladder)


def _skips(root: Finding, ladder: Ladder | None) -> bool:
    """Whether a root's remedy begins above level 1, where nothing is made anew yet."""
    return ladder is None or (root.remedy.level or min(ladder.levels)) > 1


def _drift(root: Finding, scene: Scene | None) -> Text | None:
    """Return how a root's container differs from its definition; None: it does not."""
    if scene is None or root.node.service is None or root.suspected:
        return None
    return scene.drift(root.node)


def _action(root: Finding) -> str:
    """Return `ladder`, or `wait`, `none` or `handoff` where there is none to climb."""
    if root.remedy.ladder is not None:
        return "ladder"
    word = root.remedy.steps[0] if len(root.remedy.steps) == 1 else "none"
    return word if word in _ACTIONS else "none"


def _ladder(root: Finding, book: Book) -> Ladder | None:
    """Return the ladder that a root's own symptom names."""
    name = root.symptom.partition(".")[0]
    ladders = (b.ladders for b in book.runbooks if b.name == name)
    return next((t.get(root.remedy.ladder or "") for t in ladders), None)


def _level(ladder: Ladder, least: int, asked: int | None) -> int:
    """Return the level of a ladder that is due: none below `least`.

    Above its last level is hand-off; what an operator asks for stays on the ladder.
    """
    level = max(least, asked or 0)
    above = min((n for n in ladder.levels if n >= level), default=None)
    if above is not None:
        return above
    highest = max(ladder.levels)
    return highest if least <= highest else LAST


def _reason(level: int, start: int) -> Text:
    """Return why a level that nothing was climbed to."""
    frame = _BEGINS if level == start else _ASKED
    return frame.fill({"n": str(level)})


_DRIFT = Text(
    "it was not made from its definition as that is now: {what}",
    "il n'a pas été fait d'après sa définition actuelle : {what}",
)
_BEGINS = Text("its ladder begins at level {n}", "son échelle commence au niveau {n}")
_ASKED = Text("level {n} was asked for", "le niveau {n} a été demandé")
_SUSPECTED = Text(
    "it is suspected, not seen: nothing is changed on a suspicion",
    "il est soupçonné, non observé : rien n'est modifié sur un soupçon",
)
_WHY = {
    "wait": Text("it passes by itself: wait", "cela passe de soi-même : attendre"),
    "none": Text("there is nothing to run", "il n'y a rien à lancer"),
    "handoff": Text("no command cures this", "aucune commande ne répare cela"),
}
