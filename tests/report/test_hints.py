"""What is said where there is nothing to diagnose."""

from __future__ import annotations

import pytest

from escalade.report.hints import engine_cause
from escalade.report.hints import no_engine
from escalade.report.hints import no_stack
from escalade.report.look import Look
from escalade.report.plain import plain
from escalade.report.plain import render
from escalade.text import LANGS


def said(lines, look):
    """Return lines as text."""
    return plain(lines, look)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "cause",
    ["not-installed", "not-running", "no-permission", "timeout", "error", None, "odd"],
)
def test_no_engine(cause, lang):
    """Whatever the cause, both ways to see the product at work are told."""
    look = Look(lang=lang)
    text = said(no_engine("web1", cause, look, cases=("redis-stopped",)), look)
    assert "web1" in text
    assert "./inv demo.up" in text
    assert "./inv diagnose --from CASE" in text
    assert "redis-stopped" in text


def test_causes_are_told_apart():
    """Each cause has words and a first step of its own."""
    look = Look()
    causes = ("not-installed", "not-running", "no-permission", "timeout", "error")
    told = {said(no_engine("h", cause, look), look) for cause in causes}
    assert len(told) == len(causes)
    assert "systemctl start docker" in said(no_engine("h", "not-running", look), look)
    assert "usermod -aG docker" in said(no_engine("h", "no-permission", look), look)


def test_engine_cause(cases):
    """The cause is read from the evidence of the finding."""
    found = cases["no-engine"]().findings[0]
    assert engine_cause(found) == "not-installed"
    assert engine_cause(cases["one-root"]().findings[0]) is None


def test_no_stack_lists_projects():
    """The Compose projects that can be seen are named, with the command for one."""
    look = Look()
    text = said(no_stack(("blog", "shop"), look, asked="eloquence"), look)
    assert "There is no stack eloquence here." in text
    assert "blog, shop" in text
    assert "invoke diagnose --stack blog" in text


def test_no_stack_at_all():
    """Without any project, the two ways are told."""
    look = Look(lang="fr", program="escalade")
    text = said(no_stack((), look), look)
    assert "Aucun projet Compose" in text
    assert "escalade demo.up" in text


def test_saved_evidence_proposes_nothing_live(cases):
    """A report on saved evidence proposes no command that needs the hosts."""
    assert "Next:" in render(cases["one-root"](), Look())
    assert "Next:" not in render(cases["one-root"](), Look(live=False))
    assert "demo.up" not in render(cases["no-engine"](), Look(live=False))
