"""Conditions in YAML to conditions as values."""

from __future__ import annotations

import pytest

from escalade.model import All
from escalade.model import Any
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Not
from escalade.runbooks.conditions import asked
from escalade.runbooks.conditions import condition
from escalade.runbooks.conditions import surely_asked
from escalade.runbooks.problems import Problems
from escalade.runbooks.source import read
from escalade.runbooks.spot import Spot
from escalade.runbooks.words import Words


@pytest.fixture
def compiled(catalog):
    """Return a function that compiles a condition without problems."""

    def compile_one(text: str):
        problems = Problems("x.yaml")
        document = read("x.yaml", text, problems)
        words = Words(catalog, frozenset({"redis", "agent"}))
        whole = condition(Spot.top(document), words)
        assert not problems.found, problems.found
        return whole

    return compile_one


def one(reading: str, op: str, value: object) -> tuple[Comparison, ...]:
    """Return a single comparison."""
    return (Comparison(reading, op, value),)


@pytest.mark.parametrize(
    ("text", "reading", "op", "value"),
    [
        ("container: {state: exited}", "state", "eq", "exited"),
        ("container: {running: false}", "running", "eq", False),
        ("container: {health: ''}", "health", "eq", ""),
        ("container: {state: {in: [exited, dead]}}", "state", "in", ("exited", "dead")),
        ("container: {exit_code: {not_in: [1, 2]}}", "exit_code", "not_in", (1, 2)),
        ("container: {exit_code: {ne: 0}}", "exit_code", "ne", 0),
        ("container: {uptime_s: {lt: 1h30m}}", "uptime_s", "lt", 5400.0),
        ("container: {memory_limit: {ge: 1GiB}}", "memory_limit", "ge", 2**30),
        ("container: {memory_limit: {lt: 0.5}}", "memory_limit", "lt", 0.5),
        ("redis: {memory_ratio: {gt: 90%}}", "memory_ratio", "gt", 0.9),
        ("redis: {memory_ratio: {gt: 1}}", "memory_ratio", "gt", 1.0),
        ("container: {name: {matches: '^a.b$'}}", "name", "matches", "^a.b$"),
        ("container: {name: {contains: a}}", "name", "contains", "a"),
        ("container: {networks: {contains: front}}", "networks", "contains", "front"),
        ("container: {networks: []}", "networks", "eq", ()),
        ("container: {networks: {ne: [a, b]}}", "networks", "ne", ("a", "b")),
        ("container: {health: {known: false}}", "health", "known", False),
        ("compose: {replicas: 2}", "replicas", "eq", 2),
        ("env: {variable: {in: [A, B]}}", "variable", "in", ("A", "B")),
    ],
)
def test_a_comparison_is_typed(compiled, text, reading, op, value) -> None:
    """A value becomes what its reading's type holds, its unit resolved."""
    ask = compiled(text)
    assert ask.expect == one(reading, op, value)
    assert type(ask.expect[0].value) is type(value)


def test_several_operators_must_all_hold(compiled) -> None:
    """One reading may be compared more than once."""
    ask = compiled("container: {exit_code: {gt: 0, ne: 143, known: true}}")
    assert [(c.op, c.value) for c in ask.expect] == [
        ("gt", 0),
        ("ne", 143),
        ("known", True),
    ]


def test_arguments_are_canonical(compiled) -> None:
    """They are sorted; given ones and defaults stay, others are left out."""
    ask = compiled("log: {within: 5m, matches: x, contains: [b, a], count: {ge: 2}}")
    assert ask.args == (
        ("contains", ("b", "a")),
        ("matches", "x"),
        ("scope", "recent"),
        ("within", 300.0),
    )
    assert ask.expect == one("count", "ge", 2)


def test_one_word_for_many_is_a_tuple(compiled) -> None:
    """`contains: a` and `contains: [a]` are the same question."""
    text, listed = "log: {contains: a}", "log: {contains: [a]}"
    assert compiled(text) == compiled(listed)
    assert compiled(text).args[0] == ("contains", ("a",))


def test_what_is_asked_without_comparing_was_counted(compiled) -> None:
    """A log condition needs no count: one line is enough."""
    assert compiled("log: {contains: a}").expect == one("count", "ge", 1)


def test_a_name_that_is_both_is_the_argument(compiled) -> None:
    """Only operators make it the reading."""
    ask = compiled("env: {variable: A, length: 0}")
    assert ask.args == (("variable", "A"),)
    assert ask.expect == one("length", "eq", 0)


def test_the_universal_words(compiled) -> None:
    """Another role can be asked, and all replicas be meant."""
    ask = compiled("redis: {of: redis, replicas: every, outcome: ok}")
    assert (ask.of, ask.every) == ("redis", True)
    ask = compiled("redis: {replicas: any, outcome: ok}")
    assert (ask.of, ask.every) == (None, False)


def test_joints_nest(compiled) -> None:
    """All, any and not hold conditions of any kind."""
    text = (
        "all:\n"
        "  - not: {container: {running: true}}\n"
        "  - any: [{redis: {outcome: ok}}, {all: [{log: {contains: a}}]}]\n"
    )
    whole = compiled(text)
    assert isinstance(whole, All)
    assert isinstance(whole.parts[0], Not)
    assert isinstance(whole.parts[1], Any)
    assert isinstance(whole.parts[1].parts[1], All)


def test_a_negated_probe_has_no_record_that_held(compiled) -> None:
    """What can fill a slot: not what stands under `not`, surely only what all share."""
    whole = compiled(
        "all:\n"
        "  - not: {env: {present: true}}\n"
        "  - engine: {reachable: true}\n"
        "  - any: [{redis: {outcome: ok}}, {all: [{log: {contains: a}}]}]\n",
    )
    assert asked(whole) == {"engine", "redis", "log"}
    assert surely_asked(whole) == {"engine"}
    assert isinstance(whole.parts[1], Ask)
