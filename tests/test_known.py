"""Secrets that were read here are in no text that leaves."""

from __future__ import annotations

import threading

import pytest

from escalade import known
from escalade.known import hidden
from escalade.known import learn
from escalade.redact import Redactor
from escalade.shapes import shaped


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("pl4nted-value", "x pl4nted-value y", "x [redacted] y"),
        ("pl4nted value", "u=pl4nted%20value", "u=[redacted]"),
        ('a "b" 12345', r'{"x": "a \"b\" 12345"}', '{"x": "[redacted]"}'),
        ("déjà-vu-1", r"d\u00e9j\u00e0-vu-1 déjà-vu-1", "[redacted] [redacted]"),
        # Each line of a longer one, and all of it where it is quoted.
        ("first-l1ne\nsecond-l1ne\n", "a\nsecond-l1ne", "a\n[redacted]"),
        ("first-l1ne\nsecond-l1ne", r"first-l1ne\nsecond-l1ne", "[redacted]"),
        # What is also a word, or a number that is anywhere, stays.
        ("redis", "redis stopped", "redis stopped"),
        ("2222", "port 2222", "port 2222"),
        ("", "text", "text"),
    ],
)
def test_what_is_known_is_hidden(value: str, text: str, expected: str) -> None:
    """As it is, in URLs and in JSON."""
    learn(value)
    assert hidden(text) == expected
    assert shaped(text) == expected
    assert Redactor((), b"").text(text) == expected


def test_the_longest_goes_first() -> None:
    """No end of a secret is left behind a shorter one."""
    learn("abc12345")
    learn("abc12345-and-more")
    assert hidden("abc12345-and-more") == "[redacted]"


def test_what_is_being_learnt_is_waited_for() -> None:
    """A text that comes early is as clean as a late one."""
    go = threading.Event()

    def work() -> None:
        go.wait(5)
        learn("pl4nted-value")

    thread = threading.Thread(target=work)
    thread.start()
    known.soon(thread.join)
    threading.Timer(0.1, go.set).start()
    assert hidden("pl4nted-value") == "[redacted]"


def test_forgetting() -> None:
    """What was known is ordinary text again, and another value is found."""
    learn("pl4nted-value")
    assert hidden("pl4nted-value") == "[redacted]"
    known.forget()
    assert hidden("pl4nted-value") == "pl4nted-value"
    learn("an0ther-value")
    assert hidden("an0ther-value pl4nted-value") == "[redacted] pl4nted-value"
