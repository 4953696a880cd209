"""What acting on one host comes to: perform, collect, look again, and remember."""

from __future__ import annotations

import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from escalade.climb.chronicle import Entry
from escalade.climb.chronicle import Message
from escalade.climb.gear import Gear
from escalade.climb.looks import Sight
from escalade.climb.remembering import remember_project
from escalade.journal import holds
from escalade.journal.recorder import ClimbRecorder
from escalade.model import Condition
from escalade.model import Evidence
from escalade.model import Host
from escalade.model import Node
from escalade.model import Truth
from escalade.plans import Action
from escalade.plans import Climb
from escalade.plans import Collect
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import Plan
from escalade.plans import UserTask
from escalade.remedy.perform import Performer
from escalade.run import transport_for

if TYPE_CHECKING:
    from escalade.collect import Kept
    from escalade.collect import Story
    from escalade.redact import Redactor

__all__ = ["Deeds", "Turn"]

FRESH_S = 1.5
"""Seconds for which a look is news enough for the next condition."""
SHOWN = 60_000
"""Characters of a collection that are shown to whoever called it by hand."""
PAGES = ("logs", "network", "resources")
"""Collections that people read as they are."""
_HOLDS = ("hold", "unhold")


class Deeds:
    """Acts on one host for one run."""

    def __init__(self, gear: Gear, host: Host, sight: Sight) -> None:
        self.gear = gear
        self.host = host
        self._sight = sight
        self._dirty = False
        self._registered: dict[str, Evidence] = {}
        self._inspects: Mapping[tuple[str, str], Mapping[str, Any]] = {}
        self._redactor: Redactor | None = None
        pool = gear.road.pool
        transport = pool.of(host) if pool else transport_for(host, gear.road.settings)
        self._performer = Performer(
            host,
            transport,
            stop=gear.road.stop,
            redact=self.redact,
            tag=gear.run,
            again=(lambda: pool.of(host)) if pool else None,
        )

    def close(self) -> None:
        """Let go of the Engine."""
        self._performer.close()

    @property
    def redactor(self) -> Redactor:
        """Return what knows the secrets of what is touched."""
        if self._redactor is None:
            from escalade.collect.records import redactor_of

            self._redactor = redactor_of(self._inspects.values())
        return self._redactor

    def redact(self, text: str) -> str:
        """Return a text without known secrets, nor any that look so."""
        return self.redactor.text(text)

    # ------------------------------------------------------------ evidence first

    def save_before(self, nodes: Sequence[Node]) -> None:
        """Keep what is there now of what is about to be touched.

        Raises OSError where it cannot be kept: then nothing is touched.
        """
        from escalade.collect import read_inspects
        from escalade.collect import save_before

        scene = self._sight.scenes[self.host.name]
        boxes = [box.name for node in nodes for box in scene.boxes(node)]
        engine = self._performer.engine
        self._inspects = read_inspects(engine, self.host.name, boxes)
        self._redactor = None
        files = save_before(
            self.gear.folder,
            self._sight.snapshot,
            nodes,
            self._inspects,
            lang=self.gear.road.settings.lang,
        )
        self.gear.chronicle.keep(files)
        self.gear.note("saved", {"files": list(files)}, node=Node(self.host.name))

    # ------------------------------------------------------------------- looking

    def truth(self, condition: Condition, node: Node) -> Truth:
        """Return whether a condition holds now, by a look newer than the last action."""
        sight = self._fresh(node)
        evidence = (*sight.snapshot.evidence, *self._registered.values())
        told = replace(sight.snapshot, evidence=evidence)
        watch = self.gear.watch
        return watch.truth(replace(sight, snapshot=told), condition, node)

    def _fresh(self, node: Node) -> Sight:
        """Return a sight that is newer than the last action, and not old."""
        old = time.time() - self._sight.snapshot.recorded > FRESH_S
        if self._dirty or old:
            stacks = (node.stack,) if node.stack else ()
            self._sight = self.gear.watch.look((self.host,), stacks)
            self._dirty = False
        return self._sight

    def settled(self, action: Action, group: str) -> Truth:
        """Tell whether an action that was under way has happened; what runs is ended."""
        if isinstance(action.do, Collect):
            return Truth.FALSE
        self._dirty = True
        return self._performer.settled(action, group).truth

    def register(self, name: str, did: Did) -> None:
        """Let conditions see how a step ended."""
        from escalade.evidence.registered import piece

        self._registered[name] = piece(self.host.name, name, (did,))

    # -------------------------------------------------------------------- acting

    def perform(
        self, turn: Turn, action: Action, attempt: int, timeout_s: float
    ) -> Did:
        """Do one action, whatever it is."""
        self.gear.desk.begins(action)
        if isinstance(action.do, Collect):
            return self._collect(turn, action, attempt)
        self._dirty = True
        place, scene = self.gear.journal.place, self._sight.scenes[self.host.name]
        remember_project(place, scene, action)
        if isinstance(action.do, UserTask):
            from escalade.climb.owntasks import run_own

            return run_own(self.gear, self.host, action, attempt, timeout_s)
        return self._performer.perform(
            action,
            attempt,
            timeout_s=timeout_s,
            started=lambda group: turn.recorder.group(action, group),
            say=lambda line: self.gear.desk.says(action, line),
        )

    def _collect(self, turn: Turn, action: Action, attempt: int) -> Did:
        """Collect something, or write a hold down."""
        begun = time.monotonic()
        did = Did(action.id, Ended.DONE, attempt, time.time())
        do = action.do
        if isinstance(do, Collect) and do.what in _HOLDS:
            self._hold(action, free=do.what == "unhold")
            return replace(did, took_s=time.monotonic() - begun)
        kept = self._kept(turn, action, self._fresh(action.node))
        shown = not turn.climb.finding and isinstance(do, Collect) and do.what in PAGES
        return replace(
            did,
            ended=Ended.FAILED if kept.trouble else Ended.DONE,
            reason=kept.trouble,
            # Who called it by hand wants to read it.
            output=kept.text[:SHOWN] if shown else "",
            kept=kept.files,
            took_s=time.monotonic() - begun,
        )

    def hand_over(self, turn: Turn, action: Action) -> tuple[str, ...]:
        """Write the message of a climb whose own steps left none; return its files.

        No host has to answer for it.
        """
        from escalade.collect import read_inspects

        scene = self._sight.scenes[self.host.name]
        boxes = [box.name for box in scene.boxes(action.node)]
        engine = self._performer.engine
        self._inspects = read_inspects(engine, self.host.name, boxes)
        self._redactor = None
        return self._kept(turn, action, self._sight).files

    def _kept(self, turn: Turn, action: Action, sight: Sight) -> Kept:
        """Return what an action collected; a message is remembered as one."""
        from escalade.collect import Collector

        lang = self.gear.road.settings.lang
        kept = Collector(self.gear.folder, lang, redactor=self.redactor).collect(
            action,
            snapshot=sight.snapshot,
            scene=sight.scenes[self.host.name],
            story=self._story(turn),
        )
        self.gear.chronicle.keep(kept.files)
        if isinstance(action.do, Collect) and action.do.what == "handoff":
            to = str(dict(action.do.args).get("to") or "")
            file = kept.files[0] if kept.files else ""
            message = Message(kept.text, file, to, turn.climb)
            self.gear.chronicle.hand_off(message)
        return kept

    def _hold(self, action: Action, *, free: bool) -> None:
        """Write down that a service is meant to be stopped, or no longer is."""
        self.gear.note("unheld" if free else "held", {}, node=action.node)
        home = self.gear.journal.place.folder
        nodes = (action.node,)
        holds.change(home, hold=() if free else nodes, free=nodes if free else ())

    def _story(self, turn: Turn) -> Story:
        """Return what the next person must know of a climb."""
        from escalade.collect import Deed
        from escalade.collect import Story
        from escalade.remedy.plancodec import dump

        climb, chronicle = turn.climb, self.gear.chronicle
        root = chronicle.root(climb.finding)
        deeds = tuple(
            Deed(
                e.action.host,
                e.action.command,
                e.did.ended,
                e.did.reason,
                e.climb.level,
            )
            for e in chronicle.about(climb)
            if not e.action.reads
        )
        return Story(
            run=self.gear.run,
            title=climb.title,
            node=climb.node,
            symptom=climb.symptom,
            why=root.why if root else (),
            advice=climb.advice,
            level=climb.level,
            done=deeds,
            reason=climb.reason,
            since=root.since if root else None,
            explains=chronicle.explained(climb.finding),
            kept=tuple(chronicle.files),
            plan=dump(turn.plan),
            inspects={name: record for (_, name), record in self._inspects.items()},
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One climb's turn on a host: performs through `deeds`, writes through `recorder`."""

    deeds: Deeds
    climb: Climb
    recorder: ClimbRecorder
    plan: Plan

    def perform(self, action: Action, attempt: int, timeout_s: float) -> Did:
        """Do one action."""
        return self.deeds.perform(self, action, attempt, timeout_s)

    def intent(self, action: Action, attempt: int) -> None:
        """Keep that an action is about to be done."""
        self.recorder.intent(action, attempt)

    def result(self, did: Did) -> None:
        """Keep how an action ended, and tell it."""
        action = next((a for a in self.plan.actions if a.id == did.action), None)
        if action is not None:
            self.deeds.gear.chronicle.add(Entry(self.climb, action, did))
            self.deeds.gear.desk.did(action, did)
        self.recorder.result(did)

    def registered(self, name: str, did: Did) -> None:
        """Let conditions see how a step ended."""
        self.deeds.register(name, did)
