"""Diagnoses as the reports get them, built by hand: one for each golden file."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

import pytest

from escalade.diagnosis.fleet import spreads
from escalade.model import Cite
from escalade.model import Confidence
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Gap
from escalade.model import HostState
from escalade.model import Kind
from escalade.model import Node
from escalade.model import Remedy
from escalade.model import ServiceState
from escalade.model import Severity
from escalade.model import Verdict
from escalade.text import Text

FOLDER = Path(__file__).parents[1] / "cases" / "report"
WRITE = os.environ.get("ESCALADE_TEST_GOLDEN") == "write"
NOW = 1_787_330_942.25  # 2026-08-21T16:49:02.250Z
STACK = "eloquence"
NOTHING = Remedy(None, None, (), None)
SERVICES = (
    "redis",
    "livekit-server",
    "eloquence-multiagent",
    "mistral-conversation",
    "vosk-stt",
    "token-service",
)


def row(service: str, host: str = "localhost", **over: object) -> ServiceState:
    """Return a healthy row of the board, or one that differs."""
    values: dict[str, object] = {
        "node": Node(host, STACK, service),
        "container": f"eloquence-{service}-1",
        "state": "running",
        "health": "healthy",
        "verdict": "ok",
    }
    return ServiceState(**{**values, **over})  # type: ignore[arg-type]


def finding(symptom: str, node: Node, en: str, fr: str, **over: object) -> Finding:
    """Return a critical, proven, intrinsic root, or one that differs."""
    values: dict[str, object] = {
        "id": f"{symptom}@{node.host}/{node.service or ''}",
        "symptom": symptom,
        "node": node,
        "severity": Severity.CRITICAL,
        "confidence": Confidence.PROVEN,
        "kind": Kind.INTRINSIC,
        "title": Text(en, fr),
        "why": (),
        "remedy": NOTHING,
    }
    return Finding(**{**values, **over})  # type: ignore[arg-type]


def diagnosis(**over: object) -> Diagnosis:
    """Return the diagnosis of a healthy local stack, or one that differs."""
    values: dict[str, object] = {
        "run": "20260821-164902-7f3a",
        "started": NOW,
        "took_s": 1.234,
        "mode": "full",
        "verdict": Verdict.HEALTHY,
        "exit": 0,
        "hosts": (HostState("localhost", reachable=True),),
        "services": tuple(row(name) for name in SERVICES),
        "findings": (),
        "gaps": (),
        "stacks": (STACK,),
    }
    return Diagnosis(**{**values, **over})  # type: ignore[arg-type]


def healthy() -> Diagnosis:
    """Nothing is wrong; one runbook has nothing to say here."""
    return diagnosis(not_applicable=("postgres",))


def _follow(
    symptom: str, service: str, en: str, fr: str, host: str = "localhost"
) -> Finding:
    """Return a finding that Redis explains."""
    return finding(
        symptom,
        Node(host, STACK, service),
        en,
        fr,
        kind=Kind.DEPENDENCY,
        caused_by=f"redis.stopped@{host}/redis",
    )


def _redis_follows(host: str = "localhost") -> tuple[Finding, ...]:
    """Return the six findings that a stopped Redis explains."""
    said = (
        (
            "livekit.redis-refused-at-start",
            "livekit-server",
            "LiveKit stopped because Redis did not answer",
            "LiveKit s'est arrêté : Redis ne répond pas",
        ),
        (
            "generic.restarting",
            "livekit-server",
            "It restarts again and again",
            "Il redémarre sans cesse",
        ),
        (
            "agent.livekit-refused",
            "eloquence-multiagent",
            "Its connection to LiveKit is refused",
            "Sa connexion à LiveKit est refusée",
        ),
        (
            "agent.not-registered",
            "eloquence-multiagent",
            "The worker is not registered",
            "Le worker n'est pas enregistré",
        ),
        (
            "generic.unhealthy",
            "eloquence-multiagent",
            "Its health check fails",
            "Son contrôle de santé échoue",
        ),
        (
            "generic.unhealthy",
            "token-service",
            "Its health check fails",
            "Son contrôle de santé échoue",
        ),
    )
    return tuple(_follow(*each, host=host) for each in said)


def _redis_root(host: str = "localhost") -> Finding:
    """Return the stopped Redis, root of six."""
    follows = _redis_follows(host)
    return finding(
        "redis.stopped",
        Node(host, STACK, "redis"),
        "Redis is not running",
        "Redis ne tourne pas",
        explains=tuple(each.id for each in follows),
        why=(
            Cite(
                "container", "eloquence-redis-1", NOW - 2, "state exited, exit code 137"
            ),
            Cite(
                "log",
                "eloquence-redis-1",
                NOW - 252,
                "1:signal-handler (1787330690) Received SIGTERM scheduling shutdown...",
            ),
        ),
        remedy=Remedy(
            "restart-in-order",
            1,
            ("restart redis",),
            Text(
                "Dependants that reconnect by themselves are left alone.",
                "Les services qui se reconnectent seuls ne sont pas touchés.",
            ),
        ),
    )


def _redis_rows(host: str = "localhost") -> tuple[ServiceState, ...]:
    """Return the board of a stack whose Redis is stopped."""
    return (
        row(
            "redis",
            host,
            state="exited",
            health=None,
            verdict="root",
            note=Text("exit 137, 4 min ago", "code 137, il y a 4 min"),
        ),
        row(
            "livekit-server",
            host,
            state="restarting",
            health=None,
            verdict="affected",
            note=Text("9 restarts", "9 relances"),
        ),
        row("eloquence-multiagent", host, health="unhealthy", verdict="affected"),
        row("mistral-conversation", host),
        row("vosk-stt", host),
        row("token-service", host, health="unhealthy", verdict="affected"),
    )


def one_root() -> Diagnosis:
    """Redis is stopped and explains six findings."""
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        services=_redis_rows(),
        findings=(_redis_root(), *_redis_follows()),
        gaps=(Gap(Node("localhost"), "docker_disk", "timeout after 4 s", hides=False),),
    )


def suspected() -> Diagnosis:
    """Two services name Redis, which could not be observed."""
    redis = Node("localhost", STACK, "redis")
    follow = finding(
        "livekit.redis-lost",
        Node("localhost", STACK, "livekit-server"),
        "LiveKit has lost Redis",
        "LiveKit a perdu Redis",
        kind=Kind.DEPENDENCY,
        caused_by="suspected@localhost/redis",
        confidence=Confidence.STRONG,
    )
    root = finding(
        "redis.suspected",
        redis,
        "Redis does not answer those that need it",
        "Redis ne répond pas à ceux qui en ont besoin",
        id="suspected@localhost/redis",
        confidence=Confidence.GUESS,
        severity=Severity.ERROR,
        suspected=True,
        explains=(follow.id,),
        why=(Cite("http", "eloquence-livekit-server-1", NOW, "406 Not Ready"),),
        remedy=Remedy(
            None,
            None,
            ("handoff",),
            Text(
                "Look at Redis by hand: this user may not ask it.",
                "Examiner Redis à la main : cet utilisateur ne peut pas l'interroger.",
            ),
        ),
    )
    rows = tuple(
        row(
            name,
            verdict={"redis": "unknown", "livekit-server": "affected"}.get(name, "ok"),
        )
        for name in SERVICES
    )
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        services=rows,
        findings=(root, follow),
        gaps=(
            Gap(
                redis,
                "redis",
                "no bash in the container, and not root here",
                hides=True,
            ),
        ),
    )


def two_hosts() -> Diagnosis:
    """One host has a stopped Redis, the other cannot be reached."""
    lost = finding(
        "host.unreachable",
        Node("web2"),
        "The host cannot be reached",
        "L'hôte est injoignable",
        why=(
            Cite(
                "ssh", "web2", NOW, "connect to 10.0.0.12 port 22: Connection refused"
            ),
        ),
        remedy=Remedy(None, None, ("handoff",), None),
    )
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        hosts=(
            HostState("web1", reachable=True),
            HostState(
                "web2", reachable=False, cause="refused", detail="10.0.0.12 port 22"
            ),
        ),
        services=_redis_rows("web1"),
        findings=(_redis_root("web1"), lost, *_redis_follows("web1")),
        took_s=12.5,
        mode="quick",
    )


def gaps_only() -> Diagnosis:
    """No finding, but questions without an answer that could hide one."""
    nodes = [Node("localhost", STACK, name) for name in SERVICES]
    return diagnosis(
        verdict=Verdict.UNKNOWN,
        exit=3,
        gaps=(
            Gap(Node("localhost"), "docker_disk", "timeout after 4 s", hides=False),
            *(
                Gap(
                    node,
                    "reach",
                    "no bash in the container, and not root here",
                    hides=True,
                )
                for node in nodes[1:4]
            ),
            Gap(nodes[0], "redis", "NOAUTH Authentication required.", hides=True),
            Gap(Node("localhost"), "disk", "df: not found", hides=False),
        ),
    )


def no_engine() -> Diagnosis:
    """Build: this machine has no Docker Engine."""
    lost = finding(
        "host.docker-engine-unreachable",
        Node("localhost"),
        "The Docker Engine cannot be reached: it is not installed",
        "Le Docker Engine est injoignable : il n'est pas installé",
        why=(
            Cite(
                "engine",
                "localhost",
                NOW,
                "cause not-installed, detail /var/run/docker.sock: no such file",
            ),
        ),
        remedy=Remedy(
            None,
            None,
            ("handoff",),
            Text(
                "Install it: https://docs.docker.com/engine/install/",
                "L'installer : https://docs.docker.com/engine/install/",
            ),
        ),
    )
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        services=(),
        stacks=(),
        findings=(lost,),
        took_s=0.05,
    )


def no_stack() -> Diagnosis:
    """Build: the Engine answers; the stack that was asked for is not there."""
    return diagnosis(
        verdict=Verdict.UNKNOWN,
        exit=3,
        services=(),
        stacks=("blog", "shop"),
        took_s=0.1,
    )


def hostile() -> Diagnosis:
    """Names, excerpts and reasons try to take the terminal over."""
    node = Node("localhost", STACK, "web\x1b[31m")
    root = finding(
        "generic.died",
        node,
        "[red]It died[/red] \x1b]0;owned\x07again",
        "[red]Il est mort[/red] \x1b]0;owned\x07encore",
        severity=Severity.ERROR,
        confidence=Confidence.LIKELY,
        why=(
            Cite(
                "log",
                "web",
                NOW,
                "\x1b[2J\x1b[H\x1b[31mred\x1b[0m [bold]not bold[/bold] [link=http://x]",
            ),
            Cite(
                "log",
                "web",
                NOW,
                "abc\x00\x07\x08\x9b31mdef\rghi\nTraceback\n  jkl\ttab",
            ),
            Cite(
                "log",
                "web",
                NOW,
                "user \u202egnp.exe\u202c \u200b\u2066x\u2069 e\u0301\u0301\u0301\u0301 \ud800 漢字",
            ),
            Cite("log", "web", NOW, "A" * 10_000_000),
        ),
        remedy=Remedy(None, None, (), Text("x" * 200, "x" * 200)),
    )
    rows = (
        row(
            "web\x1b[31m",
            container="web\n1",
            state="\x1b[5mrunning",
            verdict="root",
            note=Text(*["\x1b]8;;http://x\x07n\x1b]8;;\x07"] * 2),
        ),
    )
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        services=rows,
        findings=(root,),
        gaps=(Gap(node, "http\x07", "\x1b[1mreason\r\nsecond line", hides=True),),
    )


def fleet() -> Diagnosis:
    """Twelve hosts: ten well, one with a stopped Redis, one lost; and weaknesses."""
    hosts = [f"web{n}" for n in range(1, 13)]
    rows = [
        each
        for host in hosts[:11]
        for each in (
            _redis_rows(host)
            if host == "web7"
            else [row(name, host) for name in SERVICES]
        )
    ]
    weak = tuple(
        finding(
            "generic.no-health-check",
            Node(host, STACK, "vosk-stt"),
            "No health check is declared",
            "Aucun contrôle de santé n'est déclaré",
            severity=Severity.WARNING,
            standing=True,
        )
        for host in hosts[:3]
    )
    lost = HostState("web12", reachable=False, cause="host-key-changed")
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        hosts=(*(HostState(host, reachable=True) for host in hosts[:11]), lost),
        services=tuple(rows),
        findings=(_redis_root("web7"), *weak, *_redis_follows("web7")),
    )


def crowd() -> Diagnosis:
    """Forty hosts: seven with a stopped Redis, three behind a lost jump host, more."""
    names = [f"web{n}" for n in range(1, 41)]
    behind = names[30:33]
    gate = "its gateway jump (10.0.0.1:22): nothing listens on its SSH port"
    states = tuple(
        HostState(
            name,
            reachable=name not in behind,
            cause="gateway" if name in behind else None,
            detail=f"{name}: {gate}" if name in behind else "",
        )
        for name in names
    )
    bad = names[:7]
    rows = [
        each
        for name in names
        if name not in behind
        for each in (
            _redis_rows(name) if name in bad else [row(s, name) for s in SERVICES]
        )
    ]
    lost = [
        finding(
            "host.unreachable",
            Node(name),
            f"{name} cannot be reached: gateway",
            f"{name} est injoignable : gateway",
            why=(Cite("host", name, NOW, f"cause gateway, detail {name}: {gate}"),),
            remedy=Remedy(
                None,
                None,
                ("handoff",),
                Text(
                    "Its jump host did not let us through: diagnose that one first.",
                    "Son rebond SSH ne nous a pas laissé passer : diagnostiquez-le"
                    " d'abord.",
                ),
            ),
        )
        for name in behind
    ]
    full = finding(
        "host.disk-full",
        Node("web20"),
        "Disk / of web20 is full",
        "Le disque / de web20 est plein",
        severity=Severity.ERROR,
    )
    titles = {
        "host.unreachable": Text("{host} cannot be reached", "{host} est injoignable")
    }
    findings = (
        *map(_redis_root, bad),
        *lost,
        full,
        *(each for name in bad for each in _redis_follows(name)),
    )
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        hosts=states,
        services=tuple(rows),
        findings=findings,
        fleet=spreads(states, findings, titles),
    )


def two_causes() -> Diagnosis:
    """Two faults that have nothing to do with one another; one waits, one is certain."""
    disk = finding(
        "host.disk-full",
        Node("localhost"),
        "The disk of the Engine is full: 98 % of / is used",
        "Le disque de l'Engine est plein : 98 % de / est utilisé",
        severity=Severity.WARNING,
        confidence=Confidence.STRONG,
        why=(Cite("disk", "localhost", NOW, "mount /, used_ratio 0.98, free 412 MB"),),
        remedy=Remedy(
            "free-disk",
            2,
            ("resources", "cleanup images"),
            None,
        ),
    )
    start = finding(
        "generic.starting",
        Node("localhost", STACK, "vosk-stt"),
        "It is still loading its model",
        "Il charge encore son modèle",
        severity=Severity.INFO,
        remedy=Remedy(None, None, ("wait",), None),
    )
    return diagnosis(
        verdict=Verdict.FINDINGS,
        exit=2,
        services=_redis_rows(),
        findings=(_redis_root(), disk, start, *_redis_follows()),
    )


CASES: Mapping[str, Callable[[], Diagnosis]] = {
    "healthy": healthy,
    "one-root": one_root,
    "suspected": suspected,
    "two-hosts": two_hosts,
    "gaps-only": gaps_only,
    "no-engine": no_engine,
    "no-stack": no_stack,
    "hostile": hostile,
    "fleet": fleet,
    "crowd": crowd,
    "two-causes": two_causes,
}


@pytest.fixture
def cases() -> Mapping[str, Callable[[], Diagnosis]]:
    """Return the builders of the diagnoses, by name."""
    return CASES


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Return a comparison of a text with its golden file; it writes it where asked."""

    def agree(name: str, text: str) -> None:
        path = FOLDER / name
        if WRITE:
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return agree
