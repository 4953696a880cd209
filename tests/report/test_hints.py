"""What is said where there is nothing to diagnose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from escalade.report.look import Look
from escalade.report.plain import render
from escalade.text import LANGS


@pytest.mark.parametrize("lang", LANGS)
def test_no_stack_lists_projects(lang, cases):
    """The Compose projects that can be seen are named, with the command for one."""
    text = render(cases["no-stack"](), Look(lang=lang))
    assert "blog, shop" in text
    assert "invoke diagnose --stack blog" in text


def test_no_stack_at_all(cases):
    """Without any project, the two ways to see the product at work are told."""
    bare = replace(cases["no-stack"](), stacks=())
    text = render(bare, Look(lang="fr", program="escalade"))
    assert "Aucun projet Compose" in text
    assert "escalade demo.up" in text


@pytest.mark.parametrize("lang", LANGS)
def test_no_engine(lang, cases):
    """Without an Engine, both ways are told beside its cause."""
    text = render(cases["no-engine"](), Look(lang=lang))
    assert "./inv demo.up" in text
    assert "./inv diagnose --from CASE" in text


def test_saved_evidence_proposes_nothing_live(cases):
    """A report on saved evidence proposes no command that needs the hosts."""
    assert "Next:" in render(cases["one-root"](), Look())
    assert "Next:" not in render(cases["one-root"](), Look(live=False))
    assert "demo.up" not in render(cases["no-engine"](), Look(live=False))
