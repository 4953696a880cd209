"""Plans as values: from a diagnosis, or from steps that an operator called by hand.

Pure: the same diagnosis, scenes, runbooks and wish make the same plan, digest included.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Node
from escalade.model import Step
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Plan
from escalade.plans import PlannedStep
from escalade.plans import flat
from escalade.remedy.choose import HAND_OFF
from escalade.remedy.choose import SURE
from escalade.remedy.choose import Due
from escalade.remedy.choose import Wish
from escalade.remedy.choose import chosen
from escalade.remedy.choose import due
from escalade.remedy.digest import digest
from escalade.remedy.ladder import LAST
from escalade.remedy.render import typed_arguments
from escalade.remedy.step import StepKind
from escalade.remedy.tagged import tagged
from escalade.remedy.unfold import Place
from escalade.remedy.unfold import numbered
from escalade.remedy.unfold import rebuilt
from escalade.remedy.unfold import slots_of
from escalade.remedy.unfold import unfolded
from escalade.remedy.unseen import Unseen
from escalade.remedy.unseen import refused
from escalade.remedy.verify import ripe_s
from escalade.remedy.verify import touched
from escalade.runbooks.book import Book
from escalade.text import NO_TEXT
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.remedy.scene import Scene

__all__ = ["Called", "Wish", "names_of", "plan_for", "plan_steps", "steps_due"]

Scenes = Mapping[str, "Scene"]


@dataclass(frozen=True, slots=True)
class Called:
    """A step called by hand: its name and its arguments, typed or as text.

    `step` is the whole of it where more is said: a job's, with its conditions.
    """

    name: str
    args: Mapping[str, object] = field(default_factory=dict)
    step: Step | None = None


def names_of(steps: Iterable[Step]) -> Iterator[str]:
    """Yield the names of steps and of all below them."""
    for step in steps:
        yield step.name
        handlers = (*step.on_failed, *step.on_unreachable, *step.on_timeout)
        yield from names_of((*step.group, *handlers, *step.always))


def steps_due(
    diagnosis: Diagnosis, scenes: Scenes, book: Book, wish: Wish
) -> frozenset[str]:
    """Return the names of the steps that are due for the roots of a round.

    Raises `UsageError` as `plan_for` does.
    """
    roots = chosen(diagnosis, scenes, book, wish)
    levels = (due(root, book, wish, scenes.get(root.node.host)) for root in roots)
    return frozenset(name for what in levels for name in names_of(what.steps))


def plan_for(
    diagnosis: Diagnosis,
    scenes: Scenes,
    book: Book,
    catalog: Mapping[str, StepKind],
    wish: Wish,
) -> Plan:
    """Return the plan of one round: a climb for each root that is to be acted on.

    `scenes` are by host name. Raises `UsageError` for a `wish.only` that names nothing.
    """
    climbs: list[Climb] = []
    for root in chosen(diagnosis, scenes, book, wish):
        scene = scenes.get(root.node.host)
        place = Place(
            node=root.node,
            scene=scene,
            catalog=catalog,
            tasks=wish.user_tasks,
            slots=slots_of(root.node, root.symptom, scene, root.replicas),
            replicas=_some(root, scene),
        )
        climb = _climb(root, due(root, book, wish, place.scene), place, wish)
        climbs.append(replace(climb, ripe_s=_ripe_s(root, book)))
    return _plan(_alone(climbs), scenes, wish)


def plan_steps(
    calls: Sequence[Called],
    nodes: Sequence[Node],
    scenes: Scenes,
    catalog: Mapping[str, StepKind],
    wish: Wish,
    *,
    unseen: Mapping[str, Unseen] | None = None,
) -> Plan:
    """Return the plan of steps called by hand: one climb a node, ladder None, level 0.

    Raises `UsageError` for an unknown step or argument; what cannot be planned at a node
    is its step's `trouble`. `unseen` are hosts that could not be looked at.
    """
    for call in calls:
        if call.step is not None:
            continue
        kind = catalog.get(call.name)
        if kind is None:
            raise UsageError(f"no step {call.name!r}{nearest(call.name, catalog)}")
        typed_arguments(kind, call.args)
    steps = [call.step or Step(call.name, call.args) for call in calls]
    names = ", ".join(call.name for call in calls)
    climbs = []
    whole = all(not c.step and catalog[c.name].scope == "host" for c in calls)
    for at in nodes:
        node = Node(at.host) if whole else at
        scene = scenes.get(node.host)
        place = Place(node, scene, catalog, wish.user_tasks, slots_of(node, "", scene))
        lost = (unseen or {}).get(node.host)
        # A job says itself what follows where a host cannot be reached.
        planned = tuple(
            step if call.step else refused(step, lost)
            for call, step in zip(calls, unfolded(steps, place), strict=True)
        )
        climbs.append(
            Climb(
                id="",
                node=node,
                symptom="",
                finding="",
                title=Text(names, names),
                ladder=None,
                level=0,
                steps=planned,
                reason=_widened(at) if node != at else NO_TEXT,
            )
        )
    return _plan(climbs, scenes, wish)


def _widened(at: Node) -> Text:
    """Return that a step is about a whole host, though a stack was named."""
    return _WHOLE.fill({"host": at.host, "stack": str(at.stack)})


# --------------------------------------------------------------------- climbs


def _some(root: Finding, scene: Scene | None) -> tuple[str, ...]:
    """Return the containers that a root is about, none where it is about all."""
    boxes = scene.boxes(root.node) if scene is not None else ()
    return root.replicas if len(root.replicas) < len(boxes) else ()


def _climb(root: Finding, what: Due, place: Place, wish: Wish) -> Climb:
    """Return the climb of one root."""
    if what.ladder and (wish.tags or wish.skip_tags):
        chosen_ = tagged(what.steps, wish.tags, wish.skip_tags)
        reason = what.reason if chosen_ else _UNTAGGED.fill({"n": str(what.level)})
        what = what._replace(steps=chosen_, reason=reason)
    steps = unfolded(what.steps, place)
    doubt = root.confidence.number < SURE
    if doubt and any(not action.reads for action in _actions(steps)):
        number = f"{root.confidence.number:g}"
        reason = _UNSURE.fill({"sure": number, "least": f"{SURE:g}"})
        what = Due("handoff", LAST, HAND_OFF, reason)
        steps = unfolded(what.steps, place)
    reason = what.reason
    if what.level > wish.max_level:
        steps, reason = (), _CAPPED.fill({"n": str(wish.max_level)})
    troubles = [step for top in steps for step in _members(top) if step.trouble]
    if troubles:
        # Half a level is none: nothing of it runs, nor what would handle its failure.
        bare = [
            replace(PlannedStep("", s.name, s.node), trouble=s.trouble) for s in steps
        ]
        steps = tuple(bare)
        reason = _cannot(what.level, troubles)
    return Climb(
        id="",
        node=root.node,
        symptom=root.symptom,
        finding=root.id,
        title=root.title,
        ladder=what.ladder.name if what.ladder else None,
        level=what.level,
        steps=steps,
        remedy=what.remedy,
        advice=root.remedy.advice,
        reason=reason,
        verify=what.ladder.verify if what.ladder else (),
    )


def _ripe_s(root: Finding, book: Book) -> float:
    """Return the uptime below which a root's symptom never holds."""
    symptoms = (s for s in book.symptoms if s.id == root.symptom)
    return next((ripe_s(symptom) for symptom in symptoms), 0.0)


def _actions(steps: Iterable[PlannedStep]) -> list[Action]:
    """Return every action of steps, those of groups and handlers included."""
    return [a for top in steps for step in flat(top) for a in step.actions]


def _members(step: PlannedStep) -> tuple[PlannedStep, ...]:
    """Return a step and those of its group, without the handlers, which may be needless."""
    return (step, *(inner for each in step.group for inner in _members(each)))


def _cannot(level: int, troubles: Sequence[PlannedStep]) -> Text:
    """Return that a level cannot run, and why."""
    why = "; ".join(f"{step.name}: {step.trouble}" for step in troubles)
    return _CANNOT.fill({"n": str(level), "why": why})


# ----------------------------------------------------------- one after another


def _alone(climbs: Sequence[Climb]) -> list[Climb]:
    """Return climbs in which no service is touched by two of them.

    What an earlier climb does to a service, a later one does not do once more.
    """
    taken: dict[Node, Node] = {}
    out: list[Climb] = []
    for climb in climbs:
        dropped: dict[Node, Node] = {}
        steps = tuple(_without(step, taken, dropped) for step in climb.steps)
        if dropped:
            said = [_TWICE.fill(_names(n, by)) for n, by in dropped.items()]
            reason = _sentences([climb.reason, *said])
            climb = replace(climb, steps=steps, reason=reason)  # noqa: PLW2901
        out.append(climb)
        for node in touched(climb):
            taken.setdefault(node, climb.node)
    return out


def _without(
    step: PlannedStep, taken: Mapping[Node, Node], dropped: dict[Node, Node]
) -> PlannedStep:
    """Return a step without the actions on services that are taken already."""
    kept: list[Action] = []
    for action in step.actions:
        if action.touches and all(node in taken for node in action.touches):
            dropped |= {node: taken[node] for node in action.touches}
        else:
            kept.append(action)
    return rebuilt(
        replace(step, actions=tuple(kept)),
        lambda _, below: tuple(_without(inner, taken, dropped) for inner in below),
    )


def _names(node: Node, by: Node) -> dict[str, str]:
    """Return the names that a note about a service done already is filled with."""
    return {"service": node.service or node.host, "other": by.service or by.host}


def _sentences(parts: Iterable[Text]) -> Text:
    """Return several texts as one."""
    told = [part for part in parts if part.en]
    return Text("; ".join(t.en for t in told), " ; ".join(t.fr for t in told))


# ---------------------------------------------------------------------- facts


def _plan(climbs: Sequence[Climb], scenes: Scenes, wish: Wish) -> Plan:
    """Return the numbered plan with the facts that it rests on, and its digest.

    Ids begin with the round, so that none stands for two actions of a run.
    """
    named = []
    for at, climb in enumerate(climbs, 1):
        name = f"{wish.round}.{at}"
        named.append(replace(climb, id=name, steps=numbered(climb.steps, name)))
    rests = {**_rests(climbs, scenes), **wish.extra}
    return Plan(
        run=wish.run,
        round=wish.round,
        made=wish.made,
        climbs=tuple(named),
        rests=rests,
        digest=digest(named, rests),
    )


def _rests(climbs: Sequence[Climb], scenes: Scenes) -> dict[str, str]:
    """Return the facts by name: symptoms, and what containers are made of."""
    found: dict[str, str] = {}
    for climb in climbs:
        at = climb.node
        if climb.symptom:
            place = "/".join((at.host, at.stack or "-", at.service or "-"))
            found[f"symptom {climb.symptom} at {place}"] = climb.finding
        for node in (*touched(climb), *((at,) if at.service else ())):
            scene = scenes.get(node.host)
            for box in scene.boxes(node) if scene is not None else ():
                where = f"{node.host}/{box.name}"
                found[f"container {where}"] = box.id
                found[f"image of {where}"] = box.image_id
                found[f"configuration of {where}"] = _hash(box.readings)
    return found


def _hash(record: Mapping[str, object]) -> str:
    """Return the hash of a container's Compose definition; empty where it has none."""
    return str(record.get("config_hash") or "")


_UNSURE = Text(
    "its confidence is {sure} and nothing is changed below {least}",
    "sa confiance est de {sure} et rien n'est modifié en dessous de {least}",
)
_WHOLE = Text(
    "about all of {host}: the stack {stack} does not narrow it",
    "pour tout {host} : la pile {stack} ne le restreint pas",
)
_CAPPED = Text(
    "level {n} is the highest that was allowed", "le niveau {n} est le plus haut permis"
)
_UNTAGGED = Text(
    "level {n} has no step that the tags choose",
    "le niveau {n} n'a aucune étape que les étiquettes choisissent",
)
_CANNOT = Text(
    "level {n} cannot run: {why}", "le niveau {n} ne peut pas tourner : {why}"
)
_TWICE = Text(
    "{service} is left to the climb of {other}",
    "{service} est laissé à la montée de {other}",
)
