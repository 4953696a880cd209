"""Good folders to a book."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from escalade.model import Confidence
from escalade.model import Kind
from escalade.model import Severity
from escalade.model import Step
from escalade.runbooks import RoleRule
from escalade.runbooks import load
from escalade.text import Text


@pytest.fixture
def book(cases, catalog):
    """Return the book of the good folder."""
    return load([cases / "good" / "book"], catalog)


def symptom(book, name):
    """Return one symptom by its id."""
    return next(one for one in book.symptoms if one.id == name)


def test_runbooks_are_in_order_of_their_names(book) -> None:
    """Whatever the suffix or the order of the disk."""
    assert [one.name for one in book.runbooks] == ["host", "livekit", "redis"]


def test_a_symptom_carries_what_its_file_says(book) -> None:
    """Words become enums, and the line of its name is kept."""
    stopped = symptom(book, "redis.stopped")
    assert (stopped.kind, stopped.severity) == (Kind.INTRINSIC, Severity.CRITICAL)
    assert stopped.confidence is Confidence.PROVEN
    assert stopped.title.fr == "Redis ne tourne pas ({container.state})"
    assert (stopped.remedy, stopped.ladder, stopped.start_level) == (
        "ladder",
        "restart",
        1,
    )
    assert stopped.where.endswith("good/book/redis.yaml:5")


def test_what_is_not_said_has_a_plain_default(book) -> None:
    """Likely, not standing, nothing to run."""
    lost = symptom(book, "livekit.redis-refused-at-start")
    assert lost.confidence is Confidence.LIKELY
    assert not lost.standing
    assert not lost.yields
    assert (lost.remedy, lost.ladder, lost.advice) == ("wait", None, None)


def test_a_ladder_is_begun_at_its_first_level(write, catalog) -> None:
    """A symptom need not repeat where its ladder starts."""
    book = load(
        [
            write(
                "runbook: redis\n"
                "title: {en: A, fr: A}\n"
                "role: redis\n"
                "symptoms:\n"
                "  down:\n"
                "    kind: intrinsic\n"
                "    title: {en: A, fr: A}\n"
                "    severity: error\n"
                "    when: {container: {running: false}}\n"
                "    ladder: late\n",
            ),
        ],
        catalog,
    )
    assert book.symptoms[0].start_level == 2


def test_advice_by_the_value_of_a_reading(book) -> None:
    """Each case has its text; merged ones are whole."""
    engine = symptom(book, "host.docker-engine-unreachable")
    assert engine.advice_by == "engine.cause"
    assert engine.advice == Text("Look at it.", "Regardez.")
    assert engine.advices["not-running"] == Text("Start it", "Démarrez-le")
    assert engine.advices["no-permission"] == engine.advices["not-installed"]


def test_a_runbook_holds_the_ladders_that_it_names(book) -> None:
    """Its own and the shared ones; others stay away."""
    redis = book.runbooks[2]
    assert set(redis.ladders) == {"restart", "own"}
    (logs,) = redis.ladders["own"].levels[2]
    assert logs == Step("logs", {"lines": 10}, source=logs.source)
    assert logs.source.endswith("good/book/redis.yaml:31")
    assert list(redis.ladders["restart"].levels) == [1, 2, 3]
    assert len(redis.ladders["restart"].verify) == 2
    assert not book.runbooks[1].ladders


def test_step_arguments_and_drills_are_plain_data(book) -> None:
    """They are kept as they stand, lists included."""
    step = book.runbooks[2].ladders["restart"].levels[3][0]
    assert step.args["see"] == ["https://redis.io/docs/latest/operate/"]
    assert book.drills["redis"]["expect"]["level"] == 1


def test_role_rules(book) -> None:
    """A role's rule is what the file says; lists not given are empty."""
    assert book.roles == (
        RoleRule("livekit", ("livekit-server",), (), (7880, 7881), (), (), 3),
        RoleRule(
            "redis",
            ("(^|/)(redis|valkey)",),
            ("redis-server",),
            (6379,),
            (),
            ("redis",),
            2,
        ),
    )


def test_a_later_folder_overrides(cases, catalog, tmp_path) -> None:
    """A user's runbook, role and shared ladder win over the shipped ones."""
    good = cases / "good" / "book"
    (tmp_path / "redis.yaml").write_text(
        (good / "redis.yaml")
        .read_text()
        .replace("severity: critical", "severity: info"),
    )
    (tmp_path / "roles.yaml").write_text("roles: {redis: {names: [cache], need: 1}}\n")
    (tmp_path / "ladders.yaml").write_text("ladders: {restart: {1: [{up: {}}]}}\n")
    book = load([good, tmp_path], catalog)
    assert symptom(book, "redis.stopped").severity is Severity.INFO
    assert [(rule.name, rule.need) for rule in book.roles] == [
        ("livekit", 3),
        ("redis", 1),
    ]
    (step,) = book.runbooks[2].ladders["restart"].levels[1]
    assert (step.name, step.args) == ("up", {})


def test_other_files_and_subfolders_are_left_alone(cases, catalog, tmp_path) -> None:
    """Only YAML files of the folder itself are runbooks."""
    home = Path(shutil.copytree(cases / "good" / "book", tmp_path / "book"))
    (home / "README.md").write_text("# runbooks")
    (home / ".redis.yaml.swp").write_text("x")
    (home / ".hidden.yaml").write_text("x")
    (home / "maintenance").mkdir()
    (home / "maintenance" / "prune.yaml").write_text("x")
    assert len(load([home], catalog).runbooks) == 3
