"""Scalars that every reader of YAML takes the same way, and those that it does not."""

from __future__ import annotations

import pytest

from escalade.runbooks.problems import Problems
from escalade.runbooks.source import read


def value_of(text: str):
    """Return what a plain scalar is read as, or the complaint about it."""
    problems = Problems("x.yaml")
    document = read("x.yaml", f"key: {text}\n", problems)
    assert document is not None
    return problems.found[0].text if problems.found else document.data["key"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-12", -12),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.0e+3", 1000.0),
        ("exited", "exited"),
        ("'on'", "on"),
        ('"0777"', "0777"),
        ("!!str 12", "12"),
        ("10s", "10s"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("", None),
        ("~", None),
    ],
)
def test_a_clear_scalar_is_itself(text, value) -> None:
    """Plain words, decimal numbers and quoted text keep their value and type."""
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("on", "write true or quote it"),
        ("No", "write false or quote it"),
        ("y", "quote it"),
        ("0777", "write 511 or quote it"),
        ("-010", "write -8 or quote it"),
        ("0o17", "write 15 or quote it"),
        ("0b101", "write 5 or quote it"),
        ("1_000", "write 1000 or quote it"),
        ("1:30", "write 90 or quote it"),
        ("1:30:10", "write 5410 or quote it"),
        ("1e3", "write 1000 or quote it"),
        ("1e999", "quote it"),
        (".inf", "quote it"),
        ("1.5e+400", "quote it"),
        ("2024-01-01", "quote it"),
        ("<<", "quote it"),
        ("!!int x", "quote it"),
        ("123456789012345678901", "quote it"),
    ],
)
def test_an_unclear_scalar_says_how_to_write_it(text, fix) -> None:
    """What readers take in different ways is a problem with a cure."""
    assert value_of(text).endswith(f": {fix}")
