"""The JSON keeps its promise, whatever a diagnosis holds."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from escalade.model import Cite
from escalade.model import Confidence
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import HostState
from escalade.model import Kind
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import ServiceState
from escalade.model import Severity
from escalade.model import Verdict
from escalade.report.json_ import diagnosis_json
from escalade.report.json_ import dumps
from escalade.report.schema import schema
from escalade.text import LANGS
from escalade.text import Text

jsonschema = pytest.importorskip("jsonschema")
VALIDATOR = jsonschema.Draft202012Validator(
    schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)

NAMES = st.text(min_size=1, max_size=8)
WORDS = st.text(max_size=12)
TIMES = st.floats(-10, 4e9) | st.just(float("nan")) | st.just(1e300)
NODES = st.builds(Node, NAMES, st.none() | NAMES, st.none() | NAMES)
TEXTS = st.builds(Text, WORDS, WORDS)
CITES = st.builds(Cite, WORDS, WORDS, TIMES, WORDS)
REMEDIES = st.builds(
    Remedy,
    st.none() | NAMES,
    st.none() | st.integers(1, 3),
    st.lists(WORDS, max_size=2).map(tuple) | st.sampled_from([("wait",), ("handoff",)]),
    st.none() | TEXTS,
)


@st.composite
def findings(draw):
    """Return a few findings, some of which explain others."""
    rows = draw(
        st.lists(
            st.builds(
                Finding,
                id=NAMES,
                symptom=st.just("redis.stopped"),
                node=NODES,
                severity=st.sampled_from(Severity),
                confidence=st.sampled_from(Confidence),
                kind=st.sampled_from(Kind),
                title=TEXTS,
                why=st.lists(CITES, max_size=2).map(tuple),
                remedy=REMEDIES,
                standing=st.booleans(),
                suspected=st.booleans(),
                caused_by=st.none() | NAMES,
                explains=st.lists(NAMES, max_size=3, unique=True).map(tuple),
            ),
            max_size=4,
        )
    )
    return tuple(rows)


DIAGNOSES = st.builds(
    Diagnosis,
    run=NAMES,
    started=TIMES,
    took_s=st.floats(0, 1e6) | st.just(float("inf")),
    mode=st.sampled_from(["quick", "full", "deep"]),
    verdict=st.sampled_from(Verdict),
    exit=st.sampled_from([0, 2, 3]),
    hosts=st.lists(
        st.builds(HostState, NAMES, st.booleans(), st.none() | NAMES, WORDS), max_size=3
    ).map(tuple),
    services=st.lists(
        st.builds(
            ServiceState,
            node=NODES,
            container=st.none() | NAMES,
            state=WORDS,
            health=st.none() | WORDS,
            verdict=WORDS,
            role=st.none() | NAMES,
            note=TEXTS,
        ),
        max_size=3,
    ).map(tuple),
    findings=findings(),
    gaps=st.lists(st.builds(Gap, NODES, WORDS, WORDS, st.booleans()), max_size=3).map(
        tuple
    ),
    not_applicable=st.lists(NAMES, max_size=2).map(tuple),
    stacks=st.lists(NAMES, max_size=2).map(tuple),
)


def test_schema_is_a_schema():
    """The published file is itself valid under draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(schema())


@given(DIAGNOSES, st.sampled_from(LANGS))
@settings(max_examples=60, deadline=None)
def test_any_diagnosis_is_valid(diagnosis, lang):
    """What is printed can be read back and is what the schema promises."""
    read = json.loads(dumps(diagnosis, lang=lang))
    VALIDATOR.validate(read)
    ids = {row["id"] for row in read["findings"]}
    assert {row["id"] for row in read["roots"]} <= ids
    assert all(row["severity"] != "info" for row in read["roots"])


@given(DIAGNOSES)
@settings(max_examples=30, deadline=None)
def test_text_is_harmless(diagnosis):
    """The printed text is ASCII without any control character but its line ends."""
    text = dumps(diagnosis)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


PROMISED = {
    "": (
        "schema run started took_s verdict exit hosts services roots not_applicable"
        " findings gaps"
    ),
    "hosts": "host reachable cause",
    "services": "host stack service container state health verdict",
    "roots": (
        "id symptom host stack service severity confidence class kind suspected title"
        " why explains remedy"
    ),
    "findings": "id caused_by symptom remedy why",
    "gaps": "host service probe reason",
}


def broken():
    """Yield the place of every promised name."""
    for place, names in PROMISED.items():
        yield from ((place, name) for name in names.split())
    yield from (("why", name) for name in ("probe", "target", "time", "excerpt"))
    yield from (("remedy", name) for name in ("ladder", "level", "steps", "advice"))


@pytest.mark.parametrize(("place", "name"), list(broken()))
def test_schema_is_strict(place, name, cases):
    """Each promised name is asked for: without it, the JSON is not valid."""
    document = diagnosis_json(cases["one-root"]())
    VALIDATOR.validate(document)
    document = copy.deepcopy(document)
    target = {
        "": lambda: document,
        "why": lambda: document["roots"][0]["why"][0],
        "remedy": lambda: document["roots"][0]["remedy"],
    }.get(place, lambda: document[place][0])()
    del target[name]
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "fine"),
        (("exit",), "2"),
        (("started",), "yesterday"),
        (("schema",), "escalade.diagnosis/2"),
        (("roots", 0, "severity"), "CRITICAL"),
        (("roots", 0, "confidence"), 1.5),
        (("roots", 0, "class"), "sure"),
        (("roots", 0, "suspected"), None),
        (("roots", 0, "explains"), "x"),
        (("roots", 0, "remedy", "level"), "1"),
        (("roots", 0, "why", 0, "time"), 5),
        (("hosts", 0, "reachable"), "yes"),
        (("services", 0, "health"), 1),
    ],
)
def test_schema_knows_the_types(path, value, cases):
    """A wrong type or word is not valid."""
    document = diagnosis_json(cases["one-root"]())
    target = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert not VALIDATOR.is_valid(document)


def test_values(cases):
    """A root says what the diagnosis says, in the asked language."""
    document = diagnosis_json(cases["one-root"](), lang="fr")
    root = document["roots"][0]
    assert document["started"] == "2026-08-21T16:49:02.250Z"
    assert (root["symptom"], root["service"]) == ("redis.stopped", "redis")
    assert (root["severity"], root["confidence"], root["class"]) == (
        "critical",
        0.95,
        "proven",
    )
    assert root["title"] == "Redis ne tourne pas"
    assert root["remedy"]["steps"] == ["restart redis"]
    assert root["remedy"]["action"] == "ladder"
    assert len(root["explains"]) == 6
    followers = [row for row in document["findings"] if row["caused_by"] == root["id"]]
    assert [row["id"] for row in followers] == root["explains"]


def test_actions(cases):
    """A remedy without a ladder says whether to wait, to hand off, or nothing."""
    rows = diagnosis_json(cases["two-causes"]())["findings"]
    actions = {row["symptom"]: row["remedy"]["action"] for row in rows}
    assert actions["generic.starting"] == "wait"
    assert actions["redis.stopped"] == "ladder"
    assert actions["agent.not-registered"] == "none"


def test_every_promised_name_is_documented():
    """docs/json.md names everything that the schema knows."""
    text = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    known = schema()
    objects = [known, *known["$defs"].values()]
    names = {name for each in objects for name in each["properties"]}
    assert {name for name in names if f"`{name}" not in text} == set()
