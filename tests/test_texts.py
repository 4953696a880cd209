"""Texts for people are there in English and in French."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from escalade import paths

SRC = Path(__file__).resolve().parent.parent / "src"
LANGS = {"en", "fr"}
RUNBOOKS = sorted(paths.runbooks().rglob("*.yaml"))
# Where a runbook speaks to people.
SPOKEN = ("title", "advice")


def mappings(value: object, at: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Yield every mapping of a document with the path that leads to it."""
    if isinstance(value, dict):
        yield at, value
        for key, inner in value.items():
            yield from mappings(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from mappings(inner, f"{at}[{number}]")


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.name)
def test_runbooks_speak_both_languages(path: Path) -> None:
    """A text in one language has its twin, and neither is empty."""
    document = yaml.safe_load(path.read_text("utf-8"))
    bad = [
        at
        for at, mapping in mappings(document)
        if LANGS & mapping.keys()
        and (
            mapping.keys() - {"by", "cases"} != LANGS
            or not all(str(mapping[lang]).strip() for lang in LANGS)
        )
    ]
    assert not bad


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.name)
def test_runbooks_say_nothing_in_one_language(path: Path) -> None:
    """A title or an advice is never a bare text."""
    document = yaml.safe_load(path.read_text("utf-8"))
    bad = [
        f"{at}.{key}"
        for at, mapping in mappings(document)
        for key in SPOKEN
        if isinstance(mapping.get(key), str)
    ]
    assert not bad


# What is one thing in English has one name in French.
ONE_NAME = {"test de santé": "contrôle de santé"}


def test_one_thing_has_one_name_in_french() -> None:
    """A health check is called the same wherever operators read of it."""
    texts = [*SRC.rglob("*.py"), *RUNBOOKS]
    bad = [
        f"{path.name}: {other}, not {name}"
        for path in texts
        for other, name in ONE_NAME.items()
        if other in path.read_text("utf-8")
    ]
    assert not bad


SPEAKERS = [
    path
    for path in sorted(SRC.rglob("*.py"))
    if "from escalade.text import Text\n" in path.read_text("utf-8")
]


def is_half(text: ast.Call) -> bool:
    """Whether a Text has an empty sentence beside one that is not."""
    sentences = (*text.args, *(keyword.value for keyword in text.keywords))
    blank = [
        isinstance(part, ast.Constant) and not str(part.value).strip()
        for part in sentences
    ]
    return any(blank) and not all(blank)


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: str(path.relative_to(SRC)))
def test_code_speaks_both_languages(path: Path) -> None:
    """Each Text written in code has two sentences, or says nothing in both."""
    texts = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Text"
    ]
    assert not [f"{path.name}:{node.lineno}" for node in texts if is_half(node)]
