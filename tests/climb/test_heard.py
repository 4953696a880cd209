"""Who told of a finding must have spoken since: on the recorded failing model service."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from escalade.climb.heard import silent
from escalade.model import Node
from escalade.model import Run
from escalade.run import judge
from tests.remedy import toys
from tests.remedy.scenes import book
from tests.remedy.scenes import changed
from tests.remedy.scenes import scene_of
from tests.remedy.scenes import snapshot

AGENT = "eloquence-multiagent"
SEEN = snapshot("lm-02")
HERE, STACK = SEEN.hosts[0].host, "eloquence"
MODEL = Node(HERE, STACK, "mistral-conversation")
BEFORE = judge(SEEN, book(), Run("test", SEEN.recorded, 0.0))
(FAILING,) = [f for f in BEFORE.findings if f.symptom == "llm.failing"]
LINES = [
    float(record["time"])
    for piece in SEEN.evidence
    if (piece.address.probe, piece.address.service) == ("log", AGENT)
    for record in piece.readings
    if record.get("time") is not None
]


def who(seen, *, finding: str = FAILING.id, before=BEFORE, node=MODEL):
    """Return who is silent by a look."""
    sight = SimpleNamespace(snapshot=seen, scenes={HERE: scene_of(seen)})
    return silent(sight, toys.climb(finding=finding, node=node), before)


def restarted(at: float):
    """Return the recording with the model service started at a time."""
    return changed("lm-02", "mistral-conversation", started_at=at)


def test_a_caller_that_wrote_nothing_since_the_start_is_silent():
    """It told of the failure before, and has called nobody since."""
    assert who(restarted(max(LINES) + 1)) == (AGENT,)


def test_a_caller_that_wrote_since_is_heard():
    """Whatever it wrote: had it failed again, it would have said so."""
    assert who(restarted(max(LINES) - 0.001)) == ()


def test_what_was_seen_otherwise_needs_nobody_to_speak():
    """A probe is asked anew; and another finding is no business of theirs."""
    seen = restarted(max(LINES) + 1)
    asked = replace(FAILING.why[0], probe="http")
    mixed = replace(FAILING, why=(*FAILING.why, asked))
    assert who(seen, before=replace(BEFORE, findings=(mixed,))) == ()
    assert who(seen, finding="llm.other@x") == ()


def test_a_log_of_the_service_itself_needs_no_caller():
    """It begins anew with the service."""
    agent = Node(HERE, STACK, AGENT)
    seen = changed("lm-02", AGENT, started_at=max(LINES) + 1)
    assert who(seen, node=agent) == ()
