"""An Engine that answers with anything at all: a finding or a gap, never "healthy"."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from escalade.evidence.record import INSPECT
from escalade.evidence.record import flaw
from escalade.model import Verdict
from tests.hostile.engine import HANG_UP
from tests.hostile.engine import SILENT
from tests.hostile.engine import Part
from tests.hostile.engine import answer
from tests.hostile.engine import box
from tests.hostile.engine import everywhere
from tests.hostile.engine import healthy
from tests.hostile.engine import spoiled

SOUND = healthy([box("web"), box("db")])
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{"
DRIPPED = [part for byte in WHOLE for part in (bytes([byte]), 0.3)]
NESTED = b"[" * 100_000


def test_the_sound_world(look) -> None:
    """Without anything spoiled there is nothing to find."""
    for mode in ("quick", "full"):
        _, diagnosis = look(SOUND, mode=mode)
        assert diagnosis.verdict is Verdict.HEALTHY
        assert not any(gap.hides for gap in diagnosis.gaps)


@pytest.mark.parametrize(
    "parts",
    [
        answer({"message": "boom"}, 500),
        answer(b"<html>log in</html>"),
        answer(b""),
        answer(None),
        answer({}),
        answer("x"),
        answer([1]),
        answer([{"Id": 5}]),
        answer(NESTED),
        answer(b"9" * 5000),
        (b"\x00\xff garbage\r\n\r\n", HANG_UP),
        (b"\x00" * 100_000,),
        (HANG_UP,),
        (b"HTTP/1.1 200 OK\r\nContent-Le", HANG_UP),
        (WHOLE, HANG_UP),
        (b"HTTP/1.1 204 No Content\r\n\r\n",),
        (b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n[]", HANG_UP),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]", HANG_UP),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n",
            *[b"x" * 10**6] * 200,
        ),
        SILENT,
        (WHOLE, *SILENT),
        (*DRIPPED,),
    ],
    ids=lambda parts: repr(parts)[:40],
)
@pytest.mark.parametrize("mode", ["quick", "full"])
def test_an_engine_that_is_none(look, mode: str, parts: tuple[Part, ...]) -> None:
    """Whatever answers in the Engine's place is one root: the Engine."""
    _, diagnosis = look(everywhere(*parts), mode=mode, deadline_s=1.0)
    (root,) = diagnosis.roots
    assert (diagnosis.exit, root.symptom) == (2, "host.docker-engine-unreachable")


@pytest.mark.parametrize(
    "parts",
    [
        answer({"message": "boom"}, 500),
        answer({"message": "no such container"}, 404),
        answer(None),
        answer({}),
        answer([]),
        answer("x"),
        answer(NESTED),
        answer({"State": {}}),
        (b"\x00\xff", HANG_UP),
    ],
    ids=lambda parts: repr(parts)[:40],
)
def test_a_record_that_does_not_come(look, parts: tuple[Part, ...]) -> None:
    """A listed container of which nothing is known (it may just be gone) is a gap."""
    pattern = f"/{box('db')['Id']}/json"
    _, diagnosis = look(spoiled(SOUND, pattern, *parts))
    assert diagnosis.exit == 3
    hidden = {gap.node.service for gap in diagnosis.gaps if gap.hides}
    assert hidden == {"db"}


def test_a_record_that_never_comes(look) -> None:
    """One container that hangs in the Engine leaves gaps when the deadline is over."""
    pattern = f"/{box('db')['Id']}/json"
    _, diagnosis = look(spoiled(SOUND, pattern, *SILENT), deadline_s=1.0)
    assert diagnosis.exit == 3
    assert any(g.hides and g.node.service == "db" for g in diagnosis.gaps)


@pytest.mark.parametrize(
    "parts",
    [answer({"message": "boom"}, 500), (b"\x00\xff", HANG_UP), SILENT],
    ids=["500", "garbage", "silent"],
)
def test_a_log_that_does_not_come(look, parts: tuple[Part, ...]) -> None:
    """A log that was not read could hold an error."""
    _, diagnosis = look(spoiled(SOUND, "/logs", *parts), deadline_s=1.0)
    assert diagnosis.exit == 3
    assert {g.probe for g in diagnosis.gaps if g.hides} == {"log"}


@pytest.mark.parametrize(
    "path", ["/version", "/info", "/images", "/networks", "/volumes", "/system/df"]
)
@pytest.mark.parametrize(
    "parts",
    [answer({}, 500), answer(None), answer([1]), answer(5), answer(NESTED)],
    ids=["500", "null", "numbers", "number", "nested"],
)
def test_a_list_beside_the_way(look, path: str, parts: tuple[Part, ...]) -> None:
    """A broken answer costs what rests on it, and no more."""
    _, diagnosis = look(spoiled(SOUND, path, *parts))
    assert not diagnosis.roots
    assert len(diagnosis.services) == 2


# ------------------------------------------------------------------ wrong shapes


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, item in items or enumerate(value if isinstance(value, list) else ()):
        yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], to: object) -> Any:
    """Return a JSON value with one value in it replaced."""
    whole = copy.deepcopy(value)
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return whole


RICH = json.loads(json.dumps(box("web", Env=["A_URL=http://db:80"])))
RICH["State"]["Health"] = {
    "Status": "healthy",
    "FailingStreak": 0,
    "Log": [{"Start": "2024-01-01T00:00:09Z", "ExitCode": 0, "Output": "ok"}],
}


@pytest.mark.parametrize("wrong", [5, "x", [None], {"a": None}], ids=repr)
def test_each_field_of_the_wrong_kind(look, wrong: object) -> None:
    """No field of a container's record breaks the pass, whatever it holds.

    All at once: one container for each field, and none of them is called healthy
    where the field is one that probes read.
    """
    spoilt = []
    for number, path in enumerate(places(RICH)):
        record = changed(RICH, path, wrong)
        name = f"f{number}"
        labels = record.get("Config", {})
        labels = labels.get("Labels") if isinstance(labels, dict) else None
        if isinstance(labels, dict):
            labels["com.docker.compose.service"] = name
        spoilt.append((name, record))
    sound = {name: box(name) for name, _ in spoilt}
    by_id = {sound[name]["Id"]: record for name, record in spoilt}
    beside = healthy(sound.values())

    def answers(path: str) -> tuple[Part, ...]:
        identity = path.split("/")[2] if path.endswith("/json") else ""
        return answer(by_id[identity]) if identity in by_id else beside(path)

    snapshot, diagnosis = look(answers, mode="quick")
    assert not any("broke" in piece.reason for piece in snapshot.evidence)
    rows = {row.node.service: row.verdict for row in diagnosis.services}
    for name, record in spoilt:
        if flaw(record, INSPECT):
            assert rows[name] == "unknown", name


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("Config", "Env"), 5),
        (("Config", "Env"), [["x"]]),
        (("Config", "Labels"), [1]),
        (("State", "Pid"), "1"),
        (("State", "Running"), "yes"),
        (("HostConfig", "Memory"), 1e308),
        (("NetworkSettings", "Networks"), {"a": 1}),
        (("Mounts",), [5]),
        (("State", "Health", "Log"), [5]),
    ],
)
def test_a_flaw_is_named(path: tuple[str, ...], wrong: object) -> None:
    """The first field that is not of its kind is named; null may stand everywhere."""
    assert flaw(changed(RICH, path, wrong), INSPECT).startswith(".".join(path))
    assert flaw(changed(RICH, path, None), INSPECT) == ""


@pytest.mark.parametrize(
    "name", ["-x", "a b; $(id) é", "a\nb\x1b[31m", "\ud800", "x" * 4000]
)
def test_names_that_nobody_would_choose(look, name: str) -> None:
    """Names of stacks and services are data: shown harmlessly, judged like any other."""
    odd = box("odd")
    odd["Config"]["Labels"]["com.docker.compose.project"] = name
    odd["Config"]["Labels"]["com.docker.compose.service"] = name
    odd["State"] |= {"Status": "exited", "Running": False, "ExitCode": 1}
    _, diagnosis = look(healthy([odd]))
    (root,) = diagnosis.roots
    assert (root.symptom, root.node.service) == ("generic.died", name)


def test_hundreds_of_containers(look) -> None:
    """Three hundred containers of one stack are all seen within the deadline."""
    _, diagnosis = look(healthy([box(f"w{n}") for n in range(300)]), mode="quick")
    assert (diagnosis.exit, len(diagnosis.services)) == (0, 300)
