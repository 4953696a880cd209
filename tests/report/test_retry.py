"""The line that ends a run over many hosts runs again where something is left."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.plans import Verified
from escalade.report.look import Look
from escalade.report.plain import plain
from escalade.report.retry import command
from escalade.report.retry import left_by_fix
from escalade.report.retry import left_to_see
from escalade.report.retry import retry_lines
from tests.report.stories import cured

HERE = Path("/home/ops")
FILE = "@/var/lib/escalade/failed/r1.txt"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("invoke diagnose", f"invoke diagnose --limit {FILE}"),
        ("/usr/bin/inv diagnose", f"inv diagnose --limit {FILE}"),
        ("escalade diagnose --deep", f"escalade diagnose --deep --limit {FILE}"),
        ("invoke diagnose --limit web", f"invoke diagnose --limit {FILE}"),
        (
            "invoke diagnose --limit=web --deep",
            f"invoke diagnose --deep --limit {FILE}",
        ),
        (
            "invoke fix --limit 'web:!web3' --limit db --yes redis",
            f"invoke fix --yes redis --limit {FILE}",
        ),
        ("invoke --dry restart redis", f"invoke --dry restart redis --limit {FILE}"),
        (
            "invoke diagnose --inventory 'my hosts.yaml'",
            f"invoke diagnose --inventory 'my hosts.yaml' --limit {FILE}",
        ),
        (
            "invoke --search-root /home/ops diagnose",
            f"./inv diagnose --limit {FILE}",
        ),
        (
            "invoke --search-root /srv/escalade diagnose",
            f"/srv/escalade/inv diagnose --limit {FILE}",
        ),
        ("invoke on web 'deploy --fast'", f"invoke on {FILE} 'deploy --fast'"),
        (
            "invoke on --forks 4 --yes web 'deploy --fast'",
            f"invoke on --forks 4 --yes {FILE} 'deploy --fast'",
        ),
        (
            "invoke on --become web 'deploy --fast'",
            f"invoke on --become {FILE} 'deploy --fast'",
        ),
        (
            "invoke on --become-user ops web deploy",
            f"invoke on --become-user ops {FILE} deploy",
        ),
        (
            "invoke on --pattern web --line deploy",
            f"invoke on --pattern {FILE} --line deploy",
        ),
        ("-c on web deploy", f"invoke on {FILE} deploy"),
        # The default task was meant without its name.
        ("invoke", f"invoke diagnose --limit {FILE}"),
    ],
)
def test_the_line_with_other_hosts(typed, expected):
    """It is what was typed, with the hosts that are left in the place of the others."""
    argv = shlex.split(typed)
    task = next((w for w in ("on", "fix", "restart") if w in argv), "diagnose")
    assert command(argv, task, FILE, left=["web1"], here=HERE) == expected


@pytest.mark.parametrize("said", ["--canary web1", "--canary=web1"])
def test_a_canary_that_is_not_left_is_not_named(said):
    """It would be refused: a canary has to be among the hosts."""
    argv = shlex.split(f"invoke restart redis {said} --serial 1")
    line = command(argv, "restart", FILE, left=["web2"], here=HERE)
    assert line == f"invoke restart redis --serial 1 --limit {FILE}"
    kept = command(argv, "restart", FILE, left=["web2", "web1"], here=HERE)
    assert said in kept


def test_a_path_with_spaces_is_quoted():
    """The line can be copied as it is."""
    place = "@/my state/a"
    line = command(["invoke", "diagnose"], "diagnose", place, left=["a"], here=HERE)
    assert shlex.split(line)[-1] == "@/my state/a"


def test_what_a_diagnosis_leaves(cases):
    """Hosts with a cause, a hiding gap or no answer are left; the healthy are not."""
    left = left_to_see(cases["crowd"]())
    assert len(left) == 11
    assert "web8" not in left


def test_the_last_lines(cases):
    """They say how many are left, and the command stands alone, however long."""
    text = plain(retry_lines(f"invoke diagnose --limit {FILE}", 7, 40, Look()), Look())
    assert text.splitlines()[-1] == f"  invoke diagnose --limit {FILE}"
    assert "7 of 40 hosts" in text
    assert retry_lines("x", 0, 40, Look()) == ()


def test_a_cured_run_leaves_nobody(cases):
    """Where all is cured, there is nothing to retry."""
    assert left_by_fix(cured(cases)) == ()


def test_a_climb_that_is_not_cured_leaves_its_host(cases):
    """Persisting, worse and unknown hosts are left."""
    story = cured(cases)
    for outcome in (Outcome.PERSISTS, Outcome.WORSE, Outcome.UNKNOWN):
        said = tuple(Verified(c.id, outcome) for c in story.climbs)
        left = left_by_fix(replace(story, verified=said))
        assert left == tuple({c.node.host for c in story.climbs})


def test_a_step_that_went_wrong_leaves_its_host(cases):
    """A step by hand is what its actions say, and one that never ran is left too."""
    story = replace(cured(cases), verified=(), outcome=None)
    bad = tuple(replace(did, ended=Ended.UNREACHABLE) for did in story.dids)
    assert left_by_fix(replace(story, dids=bad))
    assert left_by_fix(replace(story, dids=()))


def test_a_host_that_was_not_begun_is_left(cases):
    """The brake came before its turn, whatever became of the others."""
    story = cured(cases)
    host = story.last.hosts[0].host
    assert left_by_fix(replace(story, unbegun=(host,))) == (host,)
