"""The JSON of `fix` keeps its promise: escalade.fix/1."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from escalade.report.fixjson import dumps
from escalade.report.fixjson import fix_json
from escalade.report.fixjson import schema
from escalade.report.json_ import diagnosis_json
from escalade.report.schema import schema as diagnosis_schema
from tests.report import stories
from tests.report.stories import STORIES

jsonschema = pytest.importorskip("jsonschema")
referencing = pytest.importorskip("referencing")
REGISTRY = referencing.Registry().with_resource(
    "urn:escalade:diagnosis:1", referencing.Resource.from_contents(diagnosis_schema())
)
VALIDATOR = jsonschema.Draft202012Validator(
    schema(),
    registry=REGISTRY,
    format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
)


@pytest.mark.parametrize("name", STORIES)
def test_every_story_is_valid(name, cases):
    """Each kind of run has the promised names and types, in ASCII."""
    text = dumps(STORIES[name](cases), lang="fr")
    assert text.isascii()
    VALIDATOR.validate(json.loads(text))


@pytest.mark.parametrize("name", sorted(schema()["required"]))
def test_every_promised_name_is_asked_for(name, cases):
    """Without a promised name, the JSON is not valid."""
    document = fix_json(stories.handed_off(cases))
    VALIDATOR.validate(document)
    del document[name]
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "escalade.fix/2"),
        (("outcome",), "fine"),
        (("level",), "1"),
        (("plan", "actions", 0, "risk"), "mild"),
        (("plan", "actions", 0, "undo"), 5),
        (("ran", 0, "ended"), "well"),
        (("roots", 0, "outcome"), "fine"),
        (("restarted", 0, "host"), None),
        (("before",), None),
        (("handoff",), "text"),
    ],
)
def test_schema_knows_the_types(path, value, cases):
    """A wrong type or word is not valid."""
    document = copy.deepcopy(json.loads(dumps(stories.handed_off(cases))))
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    assert not VALIDATOR.is_valid(document)


def test_values(cases):
    """A cured run says what was planned, what ran, and how each root ended."""
    story = stories.cured(cases)
    told = fix_json(story)
    assert (told["outcome"], told["exit"], told["level"]) == ("cured", 0, 1)
    assert told["verdict"] == "healthy"
    assert told["before"] == diagnosis_json(story.before)
    redis = {"host": "localhost", "stack": "eloquence", "service": "redis"}
    assert told["restarted"] == [redis]
    action = told["plan"]["actions"][1]
    assert action == {
        "id": "1.1.2.1",
        **redis,
        "step": "start",
        "command": "docker start eloquence-redis-1",
        "risk": "safe",
        "changes": True,
        "undo": "docker stop eloquence-redis-1",
        "why": "redis is not running",
        "level": 1,
        "root": "redis.stopped",
    }
    assert [row["command"] for row in told["ran"]][1] == action["command"]
    root = told["roots"][0]
    assert (root["symptom"], root["outcome"]) == ("redis.stopped", "cured")
    assert (told["handoff"], told["refused"]) == (None, None)


def test_rounds(cases):
    """`plan` holds what all rounds planned, `plans` each; roots their newest level."""
    told = fix_json(stories.handed_off(cases))
    ids = [row["id"] for row in told["plan"]["actions"]]
    assert ids == [row["id"] for one in told["plans"] for row in one["actions"]]
    assert len(set(ids)) == len(ids)
    assert told["plan"]["digest"] == told["plans"][-1]["digest"]
    assert told["plan"]["risk"] == "disruptive"
    assert [root["level"] for root in told["roots"]] == [3]
    assert told["handoff"]["to"] == "on-call"
    assert [row["orphan"] for row in told["ran"] if row["orphan"]]


def test_nothing_ran(cases):
    """A plan that was only shown has no outcome, and nothing was restarted."""
    told = fix_json(stories.dry(cases))
    assert (told["outcome"], told["ran"], told["restarted"]) == (None, [], [])
    assert (told["dry"], told["after"], told["level"]) == (True, None, 0)


def test_troubles(cases):
    """A step that could not be planned is told with its reason."""
    rows = fix_json(stories.waits(cases))["plan"]["troubles"]
    assert [row["step"] for row in rows] == ["start"]


def test_every_promised_name_is_documented():
    """docs/json.md names everything that the schema knows."""
    text = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    known = schema()
    objects = [known, known["properties"]["plan"], *known["$defs"].values()]
    names = {name for each in objects for name in each["properties"]}
    assert {name for name in names if f"`{name}" not in text} == set()


def test_every_message_is_told(cases):
    """`handoffs` has them all, `handoff` the last; `kept` has the bundles."""
    story = stories.passed_on(cases)
    told = fix_json(story)
    files = [row["file"] for row in told["handoffs"]]
    assert files == [each.file for each in story.handoffs]
    assert told["handoff"] == told["handoffs"][-1]
    assert told["handoff"]["service"] == "token-service"
    assert told["kept"] == list(story.kept)


def test_a_step_by_hand_has_no_outcome(cases):
    """It cures nothing: `ran` tells how it went."""
    told = fix_json(stories.not_done(cases))
    assert (told["outcome"], told["roots"][0]["outcome"]) == (None, None)
    assert [row["ended"] for row in told["ran"]] == ["failed"]
