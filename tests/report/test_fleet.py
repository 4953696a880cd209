"""A fleet's report: one block a cause, the same in text, JSON and Markdown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade import paths
from escalade.model import HostState
from escalade.report.fleet import blocks
from escalade.report.fleet import healthy
from escalade.report.fleet import some
from escalade.report.json_ import diagnosis_json
from escalade.report.look import Look
from escalade.report.markdown import render as markdown
from escalade.report.plain import render
from escalade.report.schema import schema


def test_a_root_of_seven_hosts_is_one_block(cases):
    """Eleven roots of forty hosts come to three blocks that explain the same."""
    diagnosis = cases["crowd"]()
    told = blocks(diagnosis)
    assert [len(b.spread.hosts) if b.spread else 1 for b in told] == [7, 3, 1]
    explained = sum(len(root.explains) for root in diagnosis.roots)
    assert sum(block.explains for block in told) == explained


def test_few_hosts_are_told_one_by_one(cases):
    """Up to three hosts, every root has a block of its own."""
    crowd = cases["crowd"]()
    few = replace(crowd, hosts=crowd.hosts[:3])
    assert len(blocks(few)) == len(crowd.roots)


def test_all_well_is_one_line(cases):
    """Forty healthy hosts are one line."""
    hosts = tuple(HostState(f"web{n}", reachable=True) for n in range(40))
    text = render(replace(cases["healthy"](), hosts=hosts), Look())
    assert "✓ 40 hosts healthy: web0" in text
    assert len(text.splitlines()) == 3


def test_verbose_shows_every_service(cases):
    """Verbose folds no host away."""
    text = render(cases["crowd"](), Look(verbose=True))
    assert "web40 · eloquence" in text
    assert text.count("invoke fix redis.stopped") == 1


def test_who_is_healthy(cases):
    """A host that was not reached, has a cause or a hiding gap is not healthy."""
    well = healthy(cases["crowd"]())
    assert len(well) == 29
    assert {"web1", "web20", "web31"}.isdisjoint(well)


def test_json_tells_the_same(cases):
    """`fleet` holds each spread; it keeps to the schema."""
    jsonschema = pytest.importorskip("jsonschema")
    told = diagnosis_json(cases["crowd"]())
    jsonschema.validate(told, schema())
    redis, jump = told["fleet"]
    assert (redis["symptom"], redis["count"], redis["of"]) == ("redis.stopped", 7, 40)
    assert jump["shared"] == "gateway"
    assert set(redis["findings"]) <= {root["id"] for root in told["roots"]}


def test_markdown_tells_the_same(cases):
    """The ticket names the spreads before the roots."""
    text = markdown(cases["crowd"](), paths.templates(), lang="fr")
    assert "## Sur plusieurs hôtes" in text
    assert "7/40 hôtes: web1" in text
    assert text.index("Sur plusieurs") < text.index("## 1.")


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ""), (1, "h0"), (5, "h0, h1, h2, h3, h4"), (6, "h0, h1, h2, h3, +2")],
)
def test_some_names(count, expected):
    """A few names, and how many more there are, never `+1`."""
    assert some(f"h{n}" for n in range(count)) == expected
