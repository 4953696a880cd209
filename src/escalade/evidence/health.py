"""Docker's health of a container, with the rule that says whether it is still true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import clean
from escalade.evidence.parsing import seconds
from escalade.evidence.parsing import timestamp
from escalade.evidence.parsing import whole
from escalade.evidence.parsing import whole_words
from escalade.model import Value
from escalade.shapes import mask_command

__all__ = ["health"]

INTERVAL_S, TIMEOUT_S, RETRIES = 30.0, 30.0, 3
"""The Engine's own defaults for what a check leaves out."""
OUTPUT_CUT = 4096
"""Bytes at which the Engine cuts a check's output."""
MISSED = 3
"""Rounds without a result after which the monitor itself is in doubt."""
KEPT = 1000


def health(inspect: Mapping[str, Any], now: float) -> Mapping[str, Value]:
    """Return the health readings of a container's record; `now` is the host's clock.

    `stale` means that the status says nothing about this run: the newest result is
    older than the start (the Engine keeps the old log over a restart), or it says
    unhealthy with a streak of 0 (the monitor is stopped: paused or exited).
    """
    check = _check(inspect)
    state = as_dict(inspect.get("State"))
    now_known = as_dict(state.get("Health"))
    log = [as_dict(entry) for entry in as_list(now_known.get("Log"))]
    last = log[-1] if log else {}
    streak = whole(now_known.get("FailingStreak"))
    return {
        **check,
        "health": _status(state, streak, last) if check["healthcheck"] else "none",
        "health_streak": streak if check["healthcheck"] else None,
        "health_exit": whole(last.get("ExitCode")) if last else None,
        "health_output": _output(str(last.get("Output") or "")),
        "health_missed": bool(check["healthcheck"])
        and _missed(check, state, last, now),
    }


def _check(inspect: Mapping[str, Any]) -> dict[str, Value]:
    """Return the check in force: Compose's, else the image's own."""
    said = as_dict(as_dict(inspect.get("Config")).get("Healthcheck"))
    test = [str(word) for word in as_list(said.get("Test"))]
    if not test or test == ["NONE"]:
        return {
            "healthcheck": False,
            "health_test": None,
            "health_interval_s": None,
            "health_timeout_s": None,
            "health_retries": None,
            "health_start_period_s": None,
        }
    shell = test[0] == "CMD-SHELL"
    words = test[1:] if test[0] in ("CMD", "CMD-SHELL") else test
    return {
        "healthcheck": True,
        "health_test": _shell_test(words) if shell else mask_command(words),
        "health_interval_s": seconds(said.get("Interval")) or INTERVAL_S,
        "health_timeout_s": seconds(said.get("Timeout")) or TIMEOUT_S,
        "health_retries": whole(said.get("Retries")) or RETRIES,
        "health_start_period_s": seconds(said.get("StartPeriod")) or 0.0,
    }


def _shell_test(words: list[str]) -> str:
    """Return a shell check as it was written; secrets leave it with all other texts."""
    return " ".join(words)


def _status(
    state: Mapping[str, Any], streak: int | None, last: Mapping[str, Any]
) -> str:
    """Return starting, healthy, unhealthy or stale."""
    status = str(as_dict(state.get("Health")).get("Status") or "starting")
    if not state.get("Running") or state.get("Restarting"):
        return "stale"
    if status not in ("healthy", "unhealthy"):
        return "starting"
    if status == "unhealthy" and streak == 0:
        return "stale"
    result, start = timestamp(last.get("Start")), timestamp(state.get("StartedAt"))
    if result is None or (start is not None and result < start):
        return "stale"
    return status


def _missed(
    check: Mapping[str, Value],
    state: Mapping[str, Any],
    last: Mapping[str, Any],
    now: float,
) -> bool:
    """Whether results that should have come did not, although the container runs."""
    idle = state.get("Paused") or state.get("Restarting")
    start = timestamp(state.get("StartedAt"))
    if not state.get("Running") or idle or start is None:
        return False
    newest = max(start, timestamp(last.get("End")) or start)
    interval, timeout = check["health_interval_s"], check["health_timeout_s"]
    if not isinstance(interval, (int, float)) or not isinstance(timeout, (int, float)):
        return False
    return now - newest > MISSED * (interval + timeout)


def _output(text: str) -> str:
    """Return a check's output for people; a word cut by the Engine is left out."""
    if len(text.encode("utf-8", "replace")) >= OUTPUT_CUT:
        text = whole_words(text)
    return clean(text.strip(), KEPT)
