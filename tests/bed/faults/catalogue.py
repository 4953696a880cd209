"""The faults that the bed can suffer: how each is injected, undone, and whose it is.

The ids are those of the fault table that the runbooks were written from (LK LiveKit,
AG agent, RD Redis, DK Docker, TK tokens, VS speech, LM model); GN are the shop's.
`service` is the truth that a diagnosis is scored against.
"""

from __future__ import annotations

from dataclasses import dataclass

REDIS = "eloquence-redis-1"
LIVEKIT = "eloquence-livekit-server-1"
TOKEN = "eloquence-token-service-1"
VOSK = "eloquence-vosk-stt-1"
MISTRAL = "eloquence-mistral-conversation-1"
AGENT = "eloquence-multiagent"
NETWORK = "eloquence_default"
OTHER = "f" * 40


@dataclass(frozen=True)
class Fault:
    """One fault.

    `settings` and `overlay` change the stack's definition; `commands` are words for
    the docker command; `undo` is run before the stack is brought up again as it should
    be. `calls` is how many users try to call once the fault is there; `settle_s` how
    long it needs to show.
    """

    id: str
    title: str
    service: str
    settings: tuple[str, ...] = ()
    overlay: str = ""
    commands: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    calls: int = 0
    settle_s: float = 8.0
    shop: bool = False

    @property
    def case(self) -> str:
        """Return the name under which its evidence is recorded."""
        words = "".join(c if c.isalnum() else " " for c in self.title.lower())
        return "-".join((self.id.lower(), *words.split()))


def _bash(container: str, line: str) -> str:
    """Return the docker words that run one shell line in a container as root."""
    return f"exec --user root {container} sh -c '{line}'"


def signal_words(container: str, name: str, pattern: str) -> str:
    """Return the docker words that signal the processes whose command fits."""
    find = f'grep -l "^{pattern}" /proc/[0-9]*/comm | cut -d/ -f3'
    return _bash(container, f"kill -{name} $({find})")


FAULTS: tuple[Fault, ...] = (
    Fault(
        "LK-01",
        "server stopped",
        "livekit-server",
        commands=(f"stop {LIVEKIT}",),
        undo=(f"start {LIVEKIT}",),
        settle_s=12,
    ),
    Fault(
        "LK-02",
        "server paused",
        "livekit-server",
        commands=(f"pause {LIVEKIT}",),
        undo=(f"unpause {LIVEKIT}",),
    ),
    Fault(
        "LK-02b",
        "server frozen by SIGSTOP",
        "livekit-server",
        commands=(signal_words(LIVEKIT, "STOP", "livekit"),),
        undo=(f"kill {LIVEKIT}",),
    ),
    Fault("LK-03", "unknown flag", "livekit-server", settings=("LIVEKIT_ARGS=--nope",)),
    Fault("LK-04", "malformed keys", "livekit-server", settings=("LIVEKIT_KEYS=a:b",)),
    Fault(
        "LK-05",
        "bound to localhost",
        "livekit-server",
        settings=("LIVEKIT_ARGS=--bind 127.0.0.1",),
        settle_s=20,
    ),
    Fault(
        "LK-06",
        "server holds another secret",
        "livekit-server",
        settings=(f"LIVEKIT_KEYS=devkey: {OTHER}",),
        settle_s=12,
    ),
    Fault(
        "LK-07",
        "Redis down, server restarted",
        "redis",
        commands=(f"stop {REDIS}", f"restart {LIVEKIT}"),
        undo=(f"start {REDIS}",),
        settle_s=12,
    ),
    Fault(
        "LK-07b",
        "Redis address is a URL",
        "livekit-server",
        settings=("LIVEKIT_REDIS_ADDRESS=redis://redis:6379/0",),
    ),
    Fault(
        "LK-08",
        "Redis lost at run time",
        "redis",
        commands=(f"stop {REDIS}",),
        undo=(f"start {REDIS}",),
    ),
    Fault(
        "LK-10",
        "host port taken",
        "livekit-server",
        commands=(
            f"rm --force {LIVEKIT}",
            "run --detach --name bed-squatter --publish 8780:1 --entrypoint sleep escalade-bed/redis:1 600",
        ),
        settings=("BED_RECREATE=1",),
        undo=("rm --force bed-squatter",),
    ),
    Fault(
        "AG-02",
        "agent lacks its key",
        "eloquence-multiagent",
        settings=("AGENT_LIVEKIT_API_KEY=",),
    ),
    Fault(
        "AG-03",
        "agent's URL has a typo",
        "eloquence-multiagent",
        settings=("AGENT_LIVEKIT_URL=ws://livekit-servr:7880",),
        settle_s=25,
    ),
    Fault(
        "AG-05",
        "packets from the agent to the server are dropped",
        "eloquence-multiagent",
        commands=(
            "netns " + AGENT + " iptables -A OUTPUT -p tcp --dport 7880 -j DROP",
            signal_words(LIVEKIT, "KILL", "livekit"),
        ),
        settle_s=40,
    ),
    Fault(
        "AG-06",
        "agent's health check asks the wrong place",
        "eloquence-multiagent",
        overlay="agent-healthcheck.yaml",
        settle_s=25,
    ),
    Fault(
        "AG-06k",
        "agent holds another secret",
        "eloquence-multiagent",
        settings=(f"AGENT_LIVEKIT_API_SECRET={OTHER}",),
        settle_s=12,
    ),
    Fault(
        "AG-16",
        "agent's image lacks a library",
        "eloquence-multiagent",
        overlay="agent-module.yaml",
    ),
    Fault(
        "LK-19",
        "agent's URL has a wrong port",
        "eloquence-multiagent",
        settings=("AGENT_LIVEKIT_URL=ws://livekit-server:7999",),
        settle_s=25,
    ),
    Fault(
        "LK-19b",
        "agent's URL has the wrong scheme",
        "eloquence-multiagent",
        settings=("AGENT_LIVEKIT_URL=wss://livekit-server:7880",),
        settle_s=25,
    ),
    Fault(
        "RD-02",
        "Redis asks for a password",
        "redis",
        settings=("REDIS_ARGS=--requirepass hidden-from-clients",),
        settle_s=12,
    ),
    Fault(
        "RD-04",
        "Redis has reached maxmemory",
        "redis",
        commands=(f"exec {REDIS} redis-cli config set maxmemory 1mb",),
        undo=(f"exec {REDIS} redis-cli config set maxmemory 0",),
    ),
    Fault(
        "RD-05",
        "Redis cannot save",
        "redis",
        commands=(
            _bash(REDIS, "chmod 500 /data && rm -f /data/dump.rdb && chown root /data"),
            f"exec {REDIS} redis-cli set bed fault",
            f"exec {REDIS} redis-cli bgsave",
        ),
        undo=(
            _bash(REDIS, "chown redis /data && chmod 755 /data"),
            f"exec {REDIS} redis-cli bgsave",
        ),
    ),
    Fault(
        "RD-08",
        "Redis frozen",
        "redis",
        commands=(f"pause {REDIS}",),
        undo=(f"unpause {REDIS}",),
    ),
    Fault(
        "DK-04", "speech to text fails at once", "vosk-stt", overlay="vosk-loop.yaml"
    ),
    Fault(
        "DK-05",
        "agent disconnected from its network",
        "eloquence-multiagent",
        commands=(f"network disconnect {NETWORK} {AGENT}",),
        undo=(f"rm --force {AGENT}",),
    ),
    Fault(
        "DK-05b",
        "Redis disconnected from its network",
        "redis",
        commands=(f"network disconnect {NETWORK} {REDIS}",),
        undo=(f"rm --force {REDIS} {LIVEKIT}",),
    ),
    Fault(
        "DK-06",
        "model service out of memory",
        "mistral-conversation",
        overlay="mistral-memory.yaml",
        settle_s=15,
    ),
    Fault(
        "DK-09",
        "config file missing at its mount",
        "livekit-server",
        overlay="livekit-mount.yaml",
    ),
    Fault(
        "DK-12",
        "command does not exist",
        "token-service",
        overlay="token-entrypoint.yaml",
    ),
    Fault(
        "DK-14",
        "Redis's health check cannot run",
        "redis",
        overlay="redis-healthcheck.yaml",
        settle_s=20,
    ),
    Fault(
        "TK-01",
        "tokens are expired",
        "token-service",
        settings=("TOKEN_TTL_SECONDS=-120",),
        calls=1,
    ),
    Fault(
        "TK-03",
        "token service signs with another secret",
        "token-service",
        settings=(f"TOKEN_LIVEKIT_API_SECRET={OTHER}",),
        calls=1,
    ),
    Fault(
        "TK-04",
        "token service stopped",
        "token-service",
        commands=(f"stop {TOKEN}",),
        undo=(f"start {TOKEN}",),
    ),
    Fault(
        "TK-04b",
        "token service has no secret",
        "token-service",
        settings=("TOKEN_LIVEKIT_API_SECRET=",),
        calls=1,
    ),
    Fault(
        "VS-01",
        "speech model missing",
        "vosk-stt",
        settings=("VOSK_MODEL_PATH=/var/empty",),
        settle_s=12,
    ),
    Fault(
        "LM-01",
        "model service refuses the key",
        "mistral-conversation",
        settings=("MISTRAL_FAULT=401",),
        calls=1,
    ),
    Fault(
        "LM-02",
        "model service fails",
        "mistral-conversation",
        settings=("MISTRAL_FAULT=503",),
        calls=1,
    ),
    Fault(
        "GN-01",
        "database stopped",
        "db",
        commands=("stop shop-db-1",),
        undo=("start shop-db-1",),
        settle_s=12,
        shop=True,
    ),
    Fault(
        "GN-02",
        "web server paused",
        "front",
        commands=("pause shop-front-1",),
        undo=("unpause shop-front-1",),
        shop=True,
    ),
    Fault(
        "GN-03",
        "worker names a database that does not exist",
        "worker",
        overlay="shop-worker-host.yaml",
        settle_s=15,
        shop=True,
    ),
    Fault(
        "GN-04",
        "worker disconnected from its network",
        "worker",
        commands=("network disconnect shop_default shop-worker-1",),
        undo=("rm --force shop-worker-1",),
        shop=True,
    ),
)
