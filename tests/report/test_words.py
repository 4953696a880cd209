"""Every fixed sentence is there in both languages, with the same slots."""

from __future__ import annotations

import re

import pytest

from escalade.report import words
from escalade.report.times import clock
from escalade.report.times import rfc3339
from escalade.text import Text


def texts():
    """Yield every text of `words` with its name."""
    for name, value in vars(words).items():
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, words.Count):
            yield f"{name}.one", value.one
            yield f"{name}.many", value.many
        elif isinstance(value, dict) and name.isupper():
            yield from ((f"{name}[{key}]", text) for key, text in value.items())


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_both_languages(name, text):
    """Neither language is empty, and both have the same slots."""
    assert text.en.strip() == text.en != ""
    assert text.fr.strip() == text.fr != ""
    slots = [sorted(re.findall(r"\{[\w.]+\}", said)) for said in (text.en, text.fr)]
    assert slots[0] == slots[1]


def test_all_are_seen():
    """The test above sees the texts at all."""
    assert len(list(texts())) > 100


@pytest.mark.parametrize(
    ("n", "en", "fr"),
    [
        (0, "0 hosts", "0 hôte"),
        (1, "1 host", "1 hôte"),
        (2, "2 hosts", "2 hôtes"),
    ],
)
def test_count(n, en, fr):
    """French counts zero as one, English as many."""
    assert words.HOSTS.say(n, "en") == en
    assert words.HOSTS.say(n, "fr") == fr


@pytest.mark.parametrize(
    ("value", "en", "fr"),
    [
        (0.04, "0.0 s", "0,0 s"),
        (1.25, "1.2 s", "1,2 s"),
        (42.0, "42 s", "42 s"),
        (240.0, "4 min", "4 min"),
        (3 * 3600.0, "3 h", "3 h"),
        (3 * 86400.0, "3 d", "3 j"),
    ],
)
def test_seconds(value, en, fr):
    """A duration is said in one unit."""
    assert words.seconds(value, "en") == en
    assert words.seconds(value, "fr") == fr


@pytest.mark.parametrize(
    ("value", "en", "fr"),
    [
        (0, "0 B", "0 o"),
        (1_500, "1.5 kB", "1,5 ko"),
        (412_000_000, "412 MB", "412 Mo"),
        (2.5e12, "2.5 TB", "2,5 To"),
    ],
)
def test_size(value, en, fr):
    """A size is said in decimal units."""
    assert words.size(value, "en") == en
    assert words.size(value, "fr") == fr


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1_787_330_942.25, "2026-08-21T16:49:02.250Z"),
        (0.0, None),
        (float("nan"), None),
        (float("inf"), None),
        (-5.0, None),
        (1e12, None),
    ],
)
def test_rfc3339(seconds, text):
    """A time is RFC 3339 in UTC; what is no time is nothing."""
    assert rfc3339(seconds) == text


def test_clock():
    """The date is said only where it is another day."""
    assert clock(1_787_330_942.0, 1_787_330_000.0) == "16:49:02Z"
    assert clock(1_787_330_942.0, 1_787_530_000.0) == "08-21 16:49:02Z"
    assert clock(0.0, 1_787_530_000.0) == ""
