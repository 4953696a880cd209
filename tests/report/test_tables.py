"""The guide's manual questions, answered from evidence."""

from __future__ import annotations

import json

import pytest

from escalade.model import Address
from escalade.model import Evidence
from escalade.model import Gap
from escalade.model import HostState
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import Severity
from escalade.model import Snapshot
from escalade.model import Status
from escalade.report.look import Look
from escalade.report.tables import answers_well
from escalade.report.tables import audit_lines
from escalade.report.tables import check_lines
from escalade.report.tables import logs_lines
from escalade.report.tables import ps_table
from escalade.report.tables import resources_table
from escalade.text import LANGS
from escalade.text import Text

NOW = 1_787_330_942.0


def piece(probe, service=None, *records, host="web1", status=Status.OK, reason=""):
    """Return a piece of evidence."""
    stack = "eloquence" if service else None
    replica = f"eloquence-{service}-1" if service else None
    at = Address(host, stack, service, replica, probe)
    return Evidence(at, status, records, NOW, reason=reason)


SNAPSHOT = Snapshot(
    NOW,
    "full",
    (
        HostState("web1", reachable=True),
        HostState("web2", reachable=False, cause="timeout", detail="connect, 5 s"),
    ),
    (
        piece(
            "container",
            "redis",
            {
                "name": "eloquence-redis-1",
                "state": "exited",
                "running": False,
                "health": "none",
                "exit_code": 137,
                "down_s": 260.0,
                "uptime_s": None,
                "restart_count": 0,
                "published": (),
            },
        ),
        piece(
            "container",
            "livekit-server",
            {
                "name": "eloquence-livekit-server-1",
                "state": "running",
                "running": True,
                "health": "healthy",
                "exit_code": 0,
                "uptime_s": 10_800.0,
                "restart_count": 2,
                "published": ("8780->7880/tcp", "7881->7881/tcp"),
            },
        ),
        piece("container", "vosk-stt", status=Status.VANISHED, reason="it is gone"),
        piece("engine", None, {"reachable": True}),
        piece(
            "resources",
            None,
            {
                "cpus": 2,
                "load1": 1.25,
                "memory_total": 8_000_000_000,
                "memory_available": 412_000_000,
                "swap_used_ratio": 0.0,
                "files_ratio": 0.01,
                "uptime_s": 864_000.0,
                "clock_offset_s": None,
            },
        ),
        piece(
            "disk",
            None,
            {
                "mount": "/",
                "used_ratio": 0.98,
                "free": 1_200_000_000,
                "total": 6e10,
                "inodes_ratio": 0.2,
            },
            {
                "mount": "/var/lib/docker",
                "used_ratio": 0.5,
                "free": 3e10,
                "total": 6e10,
                "inodes_ratio": 0.1,
            },
        ),
        piece("docker_disk", status=Status.TIMEOUT, reason="no answer in 4 s"),
        piece(
            "process",
            "redis",
            {
                "memory_used": 50_000_000,
                "memory_limit": 0,
                "cpu_throttled_ratio": 0.0,
                "pids": 5,
                "files_open": 20,
                "oom_kills": 1,
            },
        ),
    ),
)
LOGS = (
    piece(
        "log",
        "redis",
        {
            "time": NOW - 5,
            "stream": "stdout",
            "text": "ready to accept connections",
            "part": "head",
        },
        {
            "time": NOW - 2,
            "stream": "stdout",
            "text": "\x1b[31mSIGTERM\x1b[0m received",
            "part": "head",
        },
        {
            "time": NOW - 2,
            "stream": "stdout",
            "text": "\x1b[31mSIGTERM\x1b[0m received",
            "part": "tail",
        },
    ),
    piece(
        "log",
        "livekit-server",
        {"time": NOW - 4, "stream": "stderr", "text": "x" * 300, "part": "tail"},
    ),
    piece(
        "log", "vosk-stt", status=Status.DENIED, reason="log driver none keeps nothing"
    ),
)


@pytest.mark.parametrize("lang", LANGS)
def test_ps(lang, golden):
    """Containers with state, health, since when, exit code, restarts and ports."""
    golden(f"ps.{lang}.txt", ps_table(SNAPSHOT).text(Look(lang=lang, width=100)))


@pytest.mark.parametrize("lang", LANGS)
def test_resources(lang, golden):
    """Hosts, disks and containers; what was not measured is said."""
    golden(
        f"resources.{lang}.txt",
        resources_table(SNAPSHOT).text(Look(lang=lang, width=100)),
    )


@pytest.mark.parametrize("lang", LANGS)
def test_logs(lang, golden):
    """Lines by time over both streams, told once, whole, and harmless."""
    look = Look(lang=lang)
    golden(f"logs.{lang}.txt", logs_lines(LOGS, look).text(look))


def test_logs_most():
    """The last lines of each container, not of all together."""
    look = Look()
    data = logs_lines(LOGS, look, most=1).data()
    assert [row["service"] for row in data["lines"]] == ["livekit-server", "redis"]
    assert data["lines"][1]["text"] == "\x1b[31mSIGTERM\x1b[0m received"


def test_logs_none():
    """No line at all is said, not shown as nothing."""
    look = Look()
    assert logs_lines((), look).text(look) == "No log line was read.\n"


CHECKS = (
    ("http", {"outcome": "ok", "status": 200, "body": "OK", "took_s": 0.012}),
    (
        "http",
        {
            "outcome": "ok",
            "status": 406,
            "body": "Not Ready\nNode Updated",
            "took_s": 0.012,
        },
    ),
    ("http", {"outcome": "reset", "status": None, "body": "", "took_s": 0.001}),
    ("http", {"outcome": "silent", "status": None, "body": None, "took_s": 2.0}),
    ("tcp", {"outcome": "silent", "took_s": 0.001}),
    ("tcp", {"outcome": "refused", "took_s": 0.001}),
    ("tcp", {"outcome": "odd", "took_s": 0.001}),
)


def test_what_counts_as_well():
    """HTTP with a status below 400; without HTTP, a port that accepts."""
    well = [answers_well(piece(probe, None, record)) for probe, record in CHECKS]
    assert well == [True, False, False, False, True, False, False]
    said_something = {"outcome": "ok", "status": None, "body": "SSH-2.0"}
    assert not answers_well(piece("http", None, said_something))
    assert not answers_well(piece("http"))


@pytest.mark.parametrize("lang", LANGS)
def test_check(lang, golden):
    """Each way in which a question can end has words of its own."""
    look = Look(lang=lang)
    asked = [piece(probe, None, record) for probe, record in CHECKS]
    lost = piece("tcp", host="web2", status=Status.UNREACHABLE, reason="timeout")
    sheet = check_lines("localhost:8780", [*asked, lost], look)
    golden(f"check.{lang}.txt", sheet.text(look))


@pytest.mark.parametrize("lang", LANGS)
def test_audit(lang, cases, golden):
    """Weaknesses, the worst first, with advice; what could not be audited is told."""
    from dataclasses import replace

    base = cases["fleet"]()
    worse = replace(
        base.findings[1],
        symptom="token.secret-default",
        severity=Severity.ERROR,
        title=Text(
            "The secret is a well-known default", "Le secret est un défaut connu"
        ),
        remedy=Remedy(
            None, None, ("handoff",), Text("Set a new one.", "En choisir un autre.")
        ),
    )
    gap = Gap(
        Node("web1", "eloquence"), "compose", "compose.yaml is not readable", hides=True
    )
    look = Look(lang=lang)
    sheet = audit_lines(
        replace(base, findings=(*base.findings, worse), gaps=(gap,)), look
    )
    golden(f"audit.{lang}.txt", sheet.text(look))
    assert sheet.data()["lines"][0]["symptom"] == "token.secret-default"


def test_audit_of_nothing(cases):
    """Without a weakness that is said."""
    look = Look()
    assert (
        audit_lines(cases["healthy"](), look).text(look) == "No weakness was found.\n"
    )


def test_data_is_json(cases):
    """Every sheet is JSON-able, names its schema, and lists what is missing."""
    look = Look()
    sheets = (
        ps_table(SNAPSHOT),
        resources_table(SNAPSHOT),
        logs_lines(LOGS, look),
        check_lines("x", [piece("tcp", None, CHECKS[4][1])], look),
        audit_lines(cases["fleet"](), look),
    )
    for sheet in sheets:
        data = json.loads(json.dumps(sheet.data(), allow_nan=False))
        assert data["schema"].startswith("escalade.")
        assert isinstance(data["missing"], list)
    assert ps_table(SNAPSHOT).data()["containers"][0]["ports"] == [
        "8780->7880/tcp",
        "7881->7881/tcp",
    ]


def test_empty_snapshot():
    """A snapshot without anything says so."""
    empty = Snapshot(NOW, "full", (), ())
    assert ps_table(empty).text(Look()) == "No container was seen.\n"
    assert "Nothing was measured." in resources_table(empty).text(Look())


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_tables_fit(width):
    """A table gives way by its widest columns and fits."""
    for sheet in (ps_table(SNAPSHOT), resources_table(SNAPSHOT)):
        assert all(
            len(row) <= width for row in sheet.text(Look(width=width)).splitlines()
        )
