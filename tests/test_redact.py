"""Redaction: what must go, what must stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from escalade.redact import MARK
from escalade.redact import Redactor
from escalade.redact import describe
from escalade.redact import keyed_hash
from escalade.redact import known_default
from escalade.redact import secret_name
from escalade.redact import telling
from escalade.shapes import mask_command
from escalade.shapes import secret_flags
from escalade.shapes import shaped

CASES = Path(__file__).resolve().parent / "cases" / "evidence" / "redact.json"
TABLE = json.loads(CASES.read_text("utf-8"))


@pytest.mark.parametrize(("text", "expect"), TABLE["texts"])
def test_shapes(text: str, expect: str) -> None:
    """Each line of the table becomes what stands beside it."""
    assert shaped(text) == expect


@pytest.mark.parametrize("text", TABLE["kept"])
def test_kept(text: str) -> None:
    """Error lines that symptoms quote stay word for word."""
    assert shaped(text) == text


@pytest.mark.parametrize("name", TABLE["secret_names"])
def test_secret_names(name: str) -> None:
    """These names announce a secret."""
    assert secret_name(name)


@pytest.mark.parametrize("name", TABLE["other_names"])
def test_other_names(name: str) -> None:
    """These do not, however they sound."""
    assert not secret_name(name)


def test_shapes_are_masked_once() -> None:
    """A second pass changes nothing: what was stored can be read back and stored."""
    for text, expect in TABLE["texts"]:
        assert shaped(expect) == expect, text


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["redis-server", "--requirepass", "x y"], "redis-server --requirepass X"),
        (["redis-server", "--requirepass=x"], "redis-server --requirepass=X"),
        (
            ["livekit-server", "--keys", "a: b", "--dev"],
            "livekit-server --keys X --dev",
        ),
        (["redis-cli", "-a", "x", "ping"], "redis-cli -a X ping"),
        (["app", "--key-file", "/k", "--max-tokens", "5"], None),
        (["app", "--token"], None),
        (["sh", "-c", "app --api-key abc"], "sh -c 'app --api-key X'"),
        ([], ""),
    ],
)
def test_commands(words: list[str], line: str | None) -> None:
    """A command is shown without what follows its secret flags."""
    shown = mask_command(words).replace(f"'{MARK}'", "X").replace(MARK, "X")
    shown = shown.replace("'--requirepass=X'", "--requirepass=X")
    assert shown == (" ".join(words) if line is None else line)


def test_secret_flags_are_found() -> None:
    """The secrets of a command line are collected, with their places."""
    words = ["x", "--password", "one", "--api-key=two", "--token", "--next"]
    assert secret_flags(words) == [(2, "one"), (3, "two")]


KEY = b"0123456789abcdef"
VALUE = 's3cr3t/with "quotes" & spaces'


@pytest.mark.parametrize(
    "text",
    [
        f"plain {VALUE} here",
        json.dumps({"message": f"got {VALUE}"}),
        "redis://:s3cr3t%2Fwith%20%22quotes%22%20%26%20spaces@redis:6379",
    ],
)
def test_known_values_go_in_every_spelling(text: str) -> None:
    """A value given to a container is taken out of texts, JSON and URLs."""
    clean = Redactor([VALUE], KEY).text(text)
    assert "s3cr3t" not in clean
    assert keyed_hash(VALUE, KEY)[:8] in clean


def test_the_longest_value_goes_first() -> None:
    """A value that is the beginning of another leaves no rest of it."""
    redactor = Redactor(["abcdefgh1234", "abcdefgh1234-and-more"], KEY)
    assert "and-more" not in redactor.text("x abcdefgh1234-and-more y")


@pytest.mark.parametrize("value", ["secret", "redis", "password", "changeme", "6379"])
def test_words_of_ordinary_lines_are_not_taken_out(value: str) -> None:
    """A password that is a common word would tear every log line."""
    assert not telling(value)
    line = f"secret is too short for redis, password {value}"
    assert Redactor([value], KEY).text(line) == line


@pytest.mark.parametrize("value", ["hunter22", "a1b2c3", "correcthorsebattery"])
def test_values_of_their_own_are(value: str) -> None:
    """What no ordinary line holds is taken out everywhere."""
    assert value not in Redactor([value], KEY).text(f"x {value} y")


def test_readings() -> None:
    """Texts and tuples of records are cleaned, numbers and names stay."""
    redactor = Redactor(["planted-secret-1"], KEY)
    record = {"text": "a planted-secret-1", "n": 1, "t": ("x", "planted-secret-1")}
    (clean,) = redactor.readings([record])
    assert clean["n"] == 1
    assert "planted" not in json.dumps(clean)
    untouched = {"text": "nothing here", "t": ("x",), "none": None}
    assert redactor.readings([untouched]) == (untouched,)
    assert redactor.readings([]) == ()


def test_a_key_logged_line_by_line_goes_whole() -> None:
    """The lines of a private key are one secret, whatever record they stand in."""
    lines = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEowIBAAKCAQEA" * 4, "abc"]
    lines += ["-----END RSA PRIVATE KEY-----", "after"]
    clean = Redactor((), KEY).texts(lines)
    assert len(clean) == len(lines)
    assert clean[-1] == "after"
    assert "MIIE" not in "".join(clean)


def test_texts_with_line_ends_are_cleaned_one_by_one() -> None:
    """A text of several lines does not shift its neighbours."""
    clean = Redactor((), KEY).texts(["a\nb password=x1", "c"])
    assert clean == [f"a\nb password={MARK}", "c"]


def test_describe() -> None:
    """A secret is described by length, default or not, and a hash under a key."""
    assert describe("devkey", KEY)["known_default"] is True
    one, two = describe("abc", KEY), describe("abc", b"other")
    assert one["length"] == two["length"] == 3
    assert one["hash"] != two["hash"]


@pytest.mark.parametrize("value", ["secret", "CHANGE-ME", "<your key>", "your-secret"])
def test_known_defaults(value: str) -> None:
    """What everybody knows, and the blanks of templates."""
    assert known_default(value)


@given(st.text(max_size=200))
@example("\u0130 token=abc")
@example("token=\\")
@example('"token":"')
@example("-----BEGIN PRIVATE KEY-----\n\n")
def test_any_text_keeps_its_lines(text: str) -> None:
    """Whatever comes in, as many lines come out, and nothing falls."""
    assert shaped(text).count("\n") == text.count("\n")


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=40))
def test_a_planted_value_never_stays(value: str) -> None:
    """A long value is gone from every place that it was put in."""
    redactor = Redactor([value], KEY)
    for text in (value, f"k={value}", f'{{"a": "{value}"}}', f"x{value}y"):
        assert value not in redactor.text(text)
