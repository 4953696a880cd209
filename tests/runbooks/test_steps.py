"""The steps of a ladder: what they say, and every mistake in them at its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.evidence.probe import Argument
from escalade.evidence.registered import REGISTERED
from escalade.model import All
from escalade.model import Ask
from escalade.runbooks import RunbookFilesError
from escalade.runbooks import cache
from escalade.runbooks import load
from escalade.runbooks.codec import pack
from escalade.runbooks.codec import unpack
from escalade.runbooks.lint import inspect
from escalade.runbooks.publish import schema
from escalade.runbooks.steps import flat
from escalade.runbooks.templates import names

CASES = Path(__file__).resolve().parent.parent / "cases" / "runbooks" / "steps"
BAD = sorted(path for path in CASES.glob("*.yaml") if path.stem != "fine")
OWN = frozenset({"my-task"})


@dataclass(frozen=True)
class Kind:
    """A step as far as runbooks know it."""

    arguments: Mapping[str, Argument] = field(default_factory=dict)
    scope: str = "service"


SERVICE = {"service": Argument(str)}
KINDS = {
    "bundle": Kind(scope="stack"),
    "handoff": Kind(
        {
            "to": Argument(str, "on-call", choices=("on-call", "on-call of here")),
            "see": Argument(str, many=True),
        },
    ),
    "logs": Kind({**SERVICE, "lines": Argument(int, 100)}),
    "rebuild": Kind({**SERVICE, "no_cache": Argument(bool, default=False)}),
    "restart": Kind(SERVICE),
    "run": Kind({"argv": Argument(str, required=True, many=True)}),
}


@pytest.fixture
def words(catalog):
    """Return the catalogue with the probe that tells how a step ended."""
    return {**catalog, REGISTERED.name: REGISTERED}


@pytest.fixture
def fine(folder, words):
    """Return the ladder of the file that uses everything there is."""
    shutil.copy(CASES / "fine.yaml", folder)
    return load([folder], words, lambda: KINDS, OWN).runbooks[0]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_mistake_is_one_line(path, folder, words) -> None:
    """With file, line, column and, where one is near, the word that was meant."""
    shutil.copy(path, folder)
    lines = inspect([folder], words, KINDS, OWN).lines
    text = "".join(line.replace(f"{folder}/", "") + "\n" for line in lines)
    golden = path.with_suffix(".txt")
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()
    assert inspect([folder], words, KINDS, OWN).errors


def test_a_step_is_carried_out_as_its_file_says(fine) -> None:
    """Units are seconds and shares; what is not said has a plain default."""
    logs, restart, group = fine.ladders["own"].levels[1]
    assert (logs.attempts, logs.backoff_s, logs.timeout_s, logs.tags) == (
        1,
        2,
        None,
        (),
    )
    assert (restart.attempts, restart.backoff_s, restart.cap_s) == (3, 2.0, 30.0)
    assert (restart.jitter, restart.timeout_s) == (0.1, 60.0)
    assert (restart.register, restart.tags) == ("restarted", ("fast", "safe"))
    assert isinstance(restart.when, Ask)
    assert isinstance(restart.until, All)
    assert [step.name for step in group.group] == ["rebuild", "restart"]
    assert (group.name, group.attempts) == ("group", 2)
    assert restart.source.endswith("fine.yaml:17")


def test_handlers_are_steps_in_the_order_of_the_file(fine) -> None:
    """Each failure has its own; `always` comes last."""
    restart = fine.ladders["own"].levels[1][1]
    below = [step.name for step in flat([restart])]
    assert below == ["restart", "logs", "handoff", "my-task", "handoff"]


def test_a_variable_alone_keeps_its_type(fine) -> None:
    """Text around it makes text; a list of words stays a list."""
    logs, restart, _ = fine.ladders["own"].levels[1]
    assert logs.args == {"service": "{{ root.service }}", "lines": 50}
    assert restart.always[0].args["see"] == [
        "https://one.example",
        "https://two.example",
    ]
    (own,) = restart.on_timeout
    assert own.args["deep"] == {"a": 3}
    assert own.args["words"] == ["{{ root.container }}", 3]


def test_variables_are_merged_from_the_runbook_down(fine) -> None:
    """A step's own win over its ladder's, those over the runbook's."""
    logs, restart, _ = fine.ladders["own"].levels[1]
    assert (logs.vars["lines"], logs.vars["docs"][0]) == (50, "https://one.example")
    assert "grace" not in logs.vars
    assert restart.vars["grace"] == 3
    assert restart.on_failed[0].vars["grace"] == 3
    assert fine.vars == {"lines": 50, "docs": ["https://zero.example"]}


def test_a_ladder_uses_the_levels_of_another(fine) -> None:
    """Those that it has not itself."""
    levels = fine.ladders["own"].levels
    assert list(levels) == [1, 2]
    assert [step.name for step in levels[2]] == ["rebuild"]


def test_a_shared_ladder_speaks_with_the_words_of_each_runbook(folder, words) -> None:
    """Its file's variables are the defaults; a runbook's replace them."""
    (folder / "ladders.yaml").write_text(
        "vars: {docs: [https://default.example]}\n"
        "ladders:\n"
        '  ask: {3: [{handoff: {see: "{{ vars.docs }}"}}]}\n'
    )
    text = (CASES / "of-the-host.yaml").read_text().partition("ladders:")[0]
    text = text.replace("ladder: own", "ladder: ask").replace("role: host", "role: any")
    text = text.replace("engine: {reachable: false}", "container: {running: false}")
    for name, more in (("one", ""), ("two", "vars: {docs: [https://own.example]}\n")):
        runbook = text.replace("of-the-host", name) + more
        (folder / f"{name}.yaml").write_text(runbook)
    one, two = load([folder], words, lambda: KINDS).runbooks
    see = [book.ladders["ask"].levels[3][0].args["see"] for book in (one, two)]
    assert see == [["https://default.example"], ["https://own.example"]]


def test_a_variable_that_a_runbook_lacks_is_named_at_the_shared_ladder(
    folder, words
) -> None:
    """By itself the ladder is right: another runbook may give it."""
    (folder / "ladders.yaml").write_text(
        'ladders:\n  restart: {1: [{logs: {service: "{{ vars.box }}"}}]}\n'
    )
    text = (CASES / "of-the-host.yaml").read_text().partition("ladders:")[0]
    text = text.replace("ladder: own", "ladder: restart").replace("host", "any")
    text = text.replace("engine: {reachable: false}", "container: {running: false}")
    (folder / "of-the-any.yaml").write_text(text + "vars: {boxes: web}\n")
    (line,) = inspect([folder], words, KINDS).errors
    needs = "the template needs vars.box, which no 'vars' gives"
    assert line.endswith(f"ladders.yaml:2:34: {needs} (did you mean 'vars.boxes'?)")


def test_a_kept_book_has_the_same_steps(folder, words, fine) -> None:
    """Conditions, handlers, groups and variables come back from the cache."""
    again = load([folder], words, lambda: KINDS, OWN)
    assert again.runbooks[0] == fine
    assert unpack(pack(again)) == replace(again)


def test_steps_are_not_looked_at_for_a_kept_book(folder, words, fine) -> None:
    """The second load asks nobody which steps there are."""
    asked: list[int] = []
    load([folder], words, lambda: asked.append(1) or KINDS, OWN)
    assert not asked
    with pytest.raises(RunbookFilesError):
        load([folder], words, lambda: asked.append(1) or KINDS)
    assert asked


def test_a_book_checked_without_steps_is_another_one() -> None:
    """What was let pass unchecked is never taken for what was checked."""
    assert cache.key((), {}, ("",)) != cache.key((), {}, ("steps",))


def test_names_of_templates() -> None:
    """All that a step's arguments speak of, however deep."""
    found = names(
        {"a": ["{{ root.service }}"], "b": {"c": "{{ vars.x }}-{{ root.host }}"}}
    )
    assert found == {"root.service", "root.host", "vars.x"}


def test_the_schema_knows_steps_and_how_they_are_carried_out(words) -> None:
    """An editor completes words, arguments and keys, and marks all others."""
    step = schema(words, kinds=KINDS, user_tasks=OWN)["$defs"]["Step"]
    assert step["additionalProperties"] is False
    assert {"restart", "my-task", "group", "when", "until", "always"} <= {
        *step["properties"]
    }
    run = step["properties"]["run"]
    assert (run["required"], run["additionalProperties"]) == (["argv"], False)
    levels = schema(words, kinds=KINDS)["$defs"]["LadderShape"]["properties"]
    assert levels["1"]["items"] == {"$ref": "#/$defs/Step"}
