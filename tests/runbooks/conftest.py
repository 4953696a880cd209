"""A small catalogue of probes, a folder to load from, a home for the cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

import pytest

from escalade.evidence.probe import Argument
from escalade.evidence.probe import Probe

LOG = Probe(
    "log",
    "container",
    "Log lines.",
    readings={
        "time": float,
        "stream": str,
        "text": str,
        "count": int,
        "last_ago_s": float,
        "first_ago_s": float,
    },
    arguments={
        "contains": Argument(str, many=True),
        "matches": Argument(str),
        "scope": Argument(str, "recent", choices=("recent", "start", "whole")),
        "within": Argument(float, 900.0),
        "newer_than": Argument(str, many=True),
        "stream": Argument(str, choices=("stdout", "stderr")),
    },
    view_only=frozenset({"contains", "matches", "scope", "within", "newer_than"}),
    always=True,
)

CONTAINER = Probe(
    "container",
    "container",
    "The container's state.",
    readings={
        "name": str,
        "state": str,
        "running": bool,
        "paused": bool,
        "exit_code": int,
        "uptime_s": float,
        "health": str,
        "networks": tuple,
        "addresses": tuple,
        "published": tuple,
        "memory_limit": int,
        "version": str,
    },
)

PROBES = (
    LOG,
    CONTAINER,
    Probe(
        "engine",
        "host",
        "The Docker Engine.",
        readings={"reachable": bool, "cause": str, "version": str, "containers": int},
    ),
    Probe(
        "env",
        "container",
        "Variables.",
        readings={"variable": str, "present": bool, "length": int},
        arguments={"variable": Argument(str)},
    ),
    Probe(
        "http",
        "container",
        "An HTTP question.",
        readings={"outcome": str, "status": int, "body": str, "took_s": float},
        arguments={"port": Argument(int, required=True), "path": Argument(str, "/")},
    ),
    Probe(
        "reach",
        "container",
        "Who can be reached.",
        readings={"service": str, "port": int, "outcome": str, "self": bool},
    ),
    Probe(
        "redis",
        "container",
        "Redis.",
        readings={
            "outcome": str,
            "ping": str,
            "used_memory": int,
            "memory_ratio": float,
            "uptime_s": float,
            "errors_oom": int,
        },
    ),
    Probe(
        "compose",
        "stack",
        "The Compose file.",
        readings={"service": str, "replicas": int, "healthcheck": bool},
    ),
)

CATALOG: Mapping[str, Probe] = {probe.name: probe for probe in PROBES}


CASES = Path(__file__).resolve().parent.parent / "cases" / "runbooks"


@pytest.fixture(scope="session")
def catalog() -> Mapping[str, Probe]:
    """Return a catalogue that no change to the real probes touches."""
    return CATALOG


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of recorded runbook files."""
    return CASES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with shared roles and ladders, to put a runbook into."""
    return Path(shutil.copytree(CASES / "base", tmp_path / "runbooks"))


@pytest.fixture
def write(folder: Path) -> Callable[[str], Path]:
    """Return a function that makes a text the folder's runbook `redis`."""

    def write(text: str) -> Path:
        (folder / "redis.yaml").write_text(text)
        return folder

    return write


@pytest.fixture(autouse=True)
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep compiled books in the test's own folder."""
    home = tmp_path / "cache"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    return home
