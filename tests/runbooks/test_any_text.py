"""Whatever stands in a file, the answer is a book or lines that say what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from escalade.runbooks.codec import pack
from escalade.runbooks.codec import unpack
from escalade.runbooks.compile import Compiled
from escalade.runbooks.compile import compile_files
from escalade.runbooks.files import SourceFile

CASES = Path(__file__).resolve().parent.parent / "cases" / "runbooks"
GOOD = [*sorted((CASES / "good" / "book").iterdir()), CASES / "steps" / "fine.yaml"]
TEXTS = [path.read_text() for path in GOOD]
WORDS = sorted({word for text in TEXTS for word in text.replace(":", " ").split()})
SIGNS = [
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "#",
    "&a ",
]
SIGNS += ["*a", "<<: *a", "|\n", "!x ", "~", "\t", "\0", "\ufeff", "---\n", "1e3", "é"]
NAMES = st.sampled_from(("redis", "roles", "ladders"))

ANY = settings(deadline=None, max_examples=80)

words = st.one_of(st.sampled_from(WORDS), st.sampled_from(SIGNS), st.text(max_size=4))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.dates(),
    st.text(max_size=5),
)
data = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), scalars), inner, max_size=5),
    ),
    max_leaves=20,
)


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """Draw a good file with some of it cut out, doubled or replaced."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        filling = draw(st.one_of(words, st.just(text[start:end] * 2), st.just("")))
        text = text[:start] + filling + text[end:]
    return text


def check(content: bytes, name: str, catalog) -> Compiled:
    """Compile one file; hold what must be true of every answer."""
    files = [SourceFile(f"{name}.yaml", name, content)]
    if name == "redis":
        roles = CASES / "base" / "roles.yaml"
        files.append(SourceFile("roles.yaml", "roles", roles.read_bytes()))
    compiled = compile_files(files, catalog)
    assert (compiled.book is None) == bool(compiled.errors)
    for line in (*compiled.errors, *compiled.warnings):
        assert line.isprintable()
        file, row, column, text = line.split(":", 3)
        assert file in ("roles.yaml", f"{name}.yaml")
        assert int(row) > 0
        assert int(column) > 0
        assert text.strip()
    if compiled.book:
        assert unpack(json.loads(json.dumps(pack(compiled.book)))) == compiled.book
    return compiled


@ANY
@given(st.binary(max_size=200), NAMES)
def test_any_bytes(catalog, content, name) -> None:
    """Bytes of any kind raise nothing."""
    check(content, name, catalog)


@ANY
@given(st.lists(words, max_size=60).map("".join), NAMES)
def test_any_words(catalog, text, name) -> None:
    """The words and signs of runbooks in any order raise nothing."""
    check(text.encode("utf-8", "surrogatepass"), name, catalog)


@ANY
@given(data, NAMES)
def test_any_data(catalog, value, name) -> None:
    """Well-formed YAML of any shape raises nothing."""
    text = yaml.safe_dump(value, allow_unicode=True)
    check(text.encode("utf-8", "surrogatepass"), name, catalog)


@ANY
@given(
    data, st.sampled_from(("symptoms", "roles", "ladders", "when", "title", "drill"))
)
def test_any_data_in_a_good_place(catalog, value, key) -> None:
    """A good file with anything in one of its places raises nothing."""
    good = {
        "runbook": "redis",
        "title": {"en": "A", "fr": "A"},
        "role": "redis",
        "symptoms": {
            "down": {
                "kind": "intrinsic",
                "title": {"en": "A", "fr": "A"},
                "severity": "error",
                "when": {"container": {"running": False}},
                "remedy": "wait",
            },
        },
    }
    home = good["symptoms"]["down"] if key == "when" else good
    home[key] = value
    name = "roles" if key == "roles" else "redis"
    document = {key: value} if key == "roles" else good
    text = yaml.safe_dump(document, allow_unicode=True)
    check(text.encode("utf-8", "surrogatepass"), name, catalog)


@ANY
@given(mutants(), NAMES)
def test_any_mutant(catalog, text, name) -> None:
    """A good file with a few mistakes raises nothing."""
    check(text.encode("utf-8", "surrogatepass"), name, catalog)
