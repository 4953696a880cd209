"""YAML to data with the position of every key and value."""

from __future__ import annotations

import pytest

from escalade.runbooks.problems import Mark
from escalade.runbooks.problems import Problems
from escalade.runbooks.source import Document
from escalade.runbooks.source import read


def document_of(text: str) -> Document:
    """Return a document that has no problem."""
    problems = Problems("x.yaml")
    document = read("x.yaml", text, problems)
    assert not problems.found
    assert document is not None
    return document


def test_every_key_and_value_has_its_position() -> None:
    """Lines and columns count from 1 and point at the first character."""
    document = document_of("a:\n  b: [x, {c: 'é', d: y-}]\n")
    assert document.data == {"a": {"b": ["x", {"c": "é", "d": "y-"}]}}
    assert document.key(("a", "b")) == Mark(2, 3)
    assert document.value(("a", "b", 0)) == Mark(2, 7)
    assert document.key(("a", "b", 1, "d")) == Mark(2, 19)
    assert document.value(("a", "b", 1, "d")) == Mark(2, 22)


def test_what_is_not_there_stands_where_it_should_be() -> None:
    """A missing key is reported at what would hold it."""
    document = document_of("a:\n  b: 1\n")
    assert document.key(("a", "x", "y")) == Mark(1, 1)
    assert document.value(("a", "b", "c")) == Mark(2, 3)


def test_keys_are_text_as_written() -> None:
    """A level is "1" and an exit code "137", whatever YAML makes of them."""
    assert document_of("1: a\n137: b\n1.10: c\ntrue: d\n").data == {
        "1": "a",
        "137": "b",
        "1.10": "c",
        "true": "d",
    }


def test_an_explicit_key_wins_over_a_merged_one() -> None:
    """`<<` fills what is not given; nearer mappings come first; it may be chained."""
    text = (
        "one: &one {a: 1, b: 1}\n"
        "two: &two {<<: *one, b: 2, c: 2}\n"
        "all: {<<: [*two, *one, {d: 4}], c: 3}\n"
    )
    document = document_of(text)
    assert document.data["all"] == {"a": 1, "b": 2, "c": 3, "d": 4}
    assert document.value(("all", "b")) == Mark(2, 25)
    assert document.value(("all", "c")) == Mark(3, 36)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "a: &a {<<: *a}",
        "a: &a {<<: [*a, *a]}",
        "&a {b: {<<: *a}}",
        "a: " + "[" * 900 + "]" * 900,
        "- " * 900 + "x",
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(
            f"{k}: &{k} [*{j}, *{j}, *{j}, *{j}, *{j}, *{j}, *{j}, *{j}]\n"
            for j, k in zip("abcdefg", "bcdefgh", strict=True)
        ),
    ],
)
def test_a_document_without_end_is_one_line(text) -> None:
    """Recursion, depth and aliases that multiply are stopped."""
    problems = Problems("x.yaml")
    document = read("x.yaml", text, problems)
    assert document is not None
    assert document.data is None
    assert len(problems.found) == 1
