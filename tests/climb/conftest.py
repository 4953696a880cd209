"""A stack for all tests of this room, healed before each; a journal of their own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.climb.stack import Stack


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the state folder that a test's journal is in."""
    folder = tmp_path / "state"
    monkeypatch.setenv("ESCALADE_STATE", str(folder))
    return folder


@pytest.fixture(scope="session")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Make the stack once."""
    stack = Stack("esc-climb-shop", tmp_path_factory.mktemp("esc-climb-shop"))
    try:
        stack.make()
        yield stack
    finally:
        stack.compose("down", "-v", "--timeout", "1", check=False)


@pytest.fixture
def shop(_shop: Stack) -> Stack:
    """Return the stack, whole and healthy."""
    _shop.heal()
    return _shop


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[str], Stack]]:
    """Return what makes a stack of another file for one test."""
    made: list[Stack] = []

    def make(text: str) -> Stack:
        folder = tmp_path / "own"
        folder.mkdir()
        stack = Stack("esc-climb-own", folder)
        made.append(stack)
        (folder / "compose.yaml").write_text(text.replace("NAME", stack.name))
        stack.compose("up", "-d")
        return stack

    yield make
    for stack in made:
        stack.compose("down", "-v", "--timeout", "1", check=False)


@pytest.fixture
def told(state: Path) -> Callable[..., list[dict[str, Any]]]:
    """Return what reads the newest run's events from the journal, of a kind or all."""

    def events(*kinds: str, run: str = "last") -> list[dict[str, Any]]:
        from escalade.journal.place import Place
        from escalade.journal.store import open_journal
        from escalade.text import NO_TEXT

        place = Place(state, shared=False, why=NO_TEXT)
        with open_journal(place, redact=str, reading=True) as journal:
            found = journal.events(journal.find(run).id)
        return [
            {"kind": e.kind, "action": e.action, "run": e.run, "time": e.time, **e.data}
            for e in found
            if not kinds or e.kind in kinds
        ]

    return events


@pytest.fixture(scope="session")
def schema() -> Callable[[dict[str, Any]], None]:
    """Return what checks an object of `fix` against its published schema."""
    import jsonschema
    import referencing

    from escalade.report.fixjson import schema as fix_schema
    from escalade.report.schema import schema as diagnosis_schema

    named = referencing.Resource.from_contents(diagnosis_schema())
    registry = referencing.Registry().with_resource("urn:escalade:diagnosis:1", named)
    return jsonschema.Draft202012Validator(fix_schema(), registry=registry).validate
