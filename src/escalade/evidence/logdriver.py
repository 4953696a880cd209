"""Where a container's log is kept, and whether its beginning can be gone from there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from escalade.evidence.logstream import Lines
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import whole

__all__ = ["may_lack", "rotates"]

UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
DEFAULTS = {"json-file": ("-1", 1), "local": ("20m", 5)}
"""How large a file may grow and how many there are, unless somebody says otherwise."""
SPREAD = 6
"""How many bytes the file may take for one that was read: JSON escapes (`\\u001b`)."""
ENTRY = 128
"""Bytes that the file takes for an entry beside its text, at most."""


def _driver(inspect: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the log driver and its options; json-file where nothing is said."""
    config = as_dict(as_dict(inspect.get("HostConfig")).get("LogConfig"))
    return str(config.get("Type") or "json-file"), as_dict(config.get("Config"))


def _kept(inspect: Mapping[str, Any]) -> tuple[int | None, int] | None:
    """Return the size of a file (None: no limit) and how many; None if not known."""
    name, options = _driver(inspect)
    if name not in DEFAULTS:
        return None
    size, files = DEFAULTS[name]
    said = str(options.get("max-size") or size).strip().lower()
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmg]?)i?b?", said)
    count = whole(options.get("max-file")) or files
    return (int(float(match[1]) * UNITS[match[2]]) if match else None), count


def rotates(inspect: Mapping[str, Any]) -> bool:
    """Whether the beginning of a log can be dropped. Of other drivers nobody knows."""
    kept = _kept(inspect)
    return kept is None or kept[0] is not None


def may_lack(inspect: Mapping[str, Any], every: Lines) -> bool:
    """Whether a log of which these are all the lines can have lost its beginning.

    It loses a file only when the others are full: what is less than one file never did.
    """
    kept = _kept(inspect)
    if kept is None:
        return True
    size, files = kept
    if size is None:
        return False
    return files < 2 or SPREAD * every.size + ENTRY * every.entries >= size  # noqa: PLR2004
