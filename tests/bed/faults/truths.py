"""The right end of each fault of the catalogue: what `fix` is scored against.

`ends` are the ends that are right, `level` is the lowest level that can cure it,
`repair` are the services that may be restarted or replaced on the way, and `edit` is
what the hand-off must name, for whoever has to correct the definition.

A fault made by settings has two variants. `disk`: the definition on disk is bad (an
.env file), so nothing that the product may do cures it. `drift`: somebody ran `up` with
other variables, the definition on disk is good, and making the container anew from it
cures; to hand that off with the edit is right too, as the operator may have meant it.
"""

from __future__ import annotations

from dataclasses import dataclass

CURED = "cured"
HANDED_OFF = "handed-off"
UNKNOWN = "unknown"

REDIS = "redis"
LIVEKIT = "livekit-server"
TOKEN = "token-service"
VOSK = "vosk-stt"
MISTRAL = "mistral-conversation"
AGENT = "eloquence-multiagent"


@dataclass(frozen=True)
class Truth:
    """The right end of one fault; `drift` holds the ends of that variant."""

    ends: frozenset[str]
    repair: frozenset[str]
    level: int = 1
    edit: str = ""
    drift: frozenset[str] = frozenset()


def _cured(*repair: str, level: int = 1) -> Truth:
    return Truth(frozenset({CURED}), frozenset(repair), level)


def _edit(edit: str, *repair: str, or_unknown: bool = False) -> Truth:
    """Return the truth of a fault that only a person's edit can end.

    Without a repair set nothing may be touched: a restart would do harm, or the
    service at fault works and only its health check does not.
    """
    ends = {HANDED_OFF, *((UNKNOWN,) if or_unknown else ())}
    drift = frozenset({CURED, *ends})
    return Truth(frozenset(ends), frozenset(repair), edit=edit, drift=drift)


TRUTHS: dict[str, Truth] = {
    "LK-01": _cured(LIVEKIT),
    "LK-02": _cured(LIVEKIT),
    "LK-02b": _cured(LIVEKIT),
    "LK-03": _edit(r"-nope\b", LIVEKIT),
    "LK-04": _edit(r"LIVEKIT_KEYS", LIVEKIT),
    "LK-05": _edit(r"--bind\b", LIVEKIT),
    "LK-06": _edit(r"LIVEKIT_KEYS", LIVEKIT),
    # The server gave up at its start, so it is at fault as soon as Redis is back.
    "LK-07": _cured(REDIS, LIVEKIT),
    "LK-07b": _edit(r"LIVEKIT_REDIS_ADDRESS|redis\.address", LIVEKIT),
    # The server answers again by itself: to restart it is what makes an outage long.
    "LK-08": _cured(REDIS),
    # Whose the other container is, and whether it may go, only a person knows.
    "LK-10": _edit(r"\b8780\b", LIVEKIT),
    "AG-02": _edit(r"LIVEKIT_API_KEY", AGENT),
    "AG-03": _edit(r"LIVEKIT_URL", AGENT),
    # The rule lies in the container's own network, which a restart makes anew.
    "AG-05": _cured(AGENT),
    "AG-06": _edit(r"8081|health ?check|contrôle de santé"),
    "AG-06k": _edit(r"LIVEKIT_API_SECRET", AGENT),
    "AG-16": _edit(r"httpx_that_was_not_locked|lock file", AGENT),
    "LK-19": _edit(r"LIVEKIT_URL", AGENT),
    "LK-19b": _edit(r"LIVEKIT_URL", AGENT),
    "RD-02": _edit(r"requirepass", REDIS),
    # A restart would lose what is not saved.
    "RD-04": _edit(r"maxmemory"),
    "RD-05": _edit(r"BGSAVE"),
    "RD-08": _cured(REDIS),
    "DK-04": _edit(r"cannot go on|exit code 3", VOSK),
    "DK-05": _cured(AGENT),
    # Redis comes back with another address, or the server's connection to it is stale.
    "DK-05b": _cured(REDIS, LIVEKIT),
    "DK-06": _edit(r"memory", MISTRAL),
    "DK-09": _edit(r"livekit\.yaml", LIVEKIT),
    "DK-12": _edit(r"/nope\b", TOKEN),
    "DK-14": _edit(r"redis-checker"),
    "TK-01": _edit(r"longer life|TTL", TOKEN),
    "TK-03": _edit(r"LIVEKIT_API_SECRET", TOKEN),
    "TK-04": _cured(TOKEN),
    "TK-04b": _edit(r"LIVEKIT_API_SECRET", TOKEN),
    "VS-01": _edit(r"VOSK_MODEL_PATH", VOSK),
    "LM-01": _edit(r"API[ _]key", MISTRAL),
    # Only a call can tell whether a restart helped, and nobody calls meanwhile.
    "LM-02": _edit(r"\b50[0-9x]|5xx", MISTRAL, or_unknown=True),
    "GN-01": _cured("db"),
    "GN-02": _cured("front"),
    "GN-03": _edit(r"DATABASE_URL", "worker"),
    "GN-04": _cured("worker"),
}
