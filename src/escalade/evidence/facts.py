"""The slow truths of a host that questions need: root, tools, cgroup, clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalade.evidence.parsing import number
from escalade.evidence.parsing import pairs

__all__ = ["SCRIPT", "UNKNOWN", "read"]

SCRIPT = r"""
echo "now=$(date +%s.%N)"
echo "uid=$(id -u)"
for tool in bash nsenter timeout docker; do
  command -v $tool >/dev/null 2>&1 && echo "has_$tool=1"
done
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then echo cgroup=2; else echo cgroup=1; fi
read -r release </proc/sys/kernel/osrelease && echo "kernel=$release"
"""
"""Asked first: busybox's date prints no `%N`, so a whole second must do there."""

UNKNOWN: Mapping[str, Any] = {
    "root": False,
    "has_bash": False,
    "has_nsenter": False,
    "has_timeout": False,
    "has_docker": False,
    "cgroup": None,
    "kernel": None,
    "offset_s": 0.0,
}
"""What is assumed of a host whose facts could not be read: no right, no tool."""


def read(output: bytes, *, sent: float, came: float) -> Mapping[str, Any]:
    """Return the facts in the script's output.

    `sent` and `came` are the controller's clock around the run; `offset_s` is the
    host's clock minus ours, 0 where the difference is within the round trip (the
    error that the travel itself brings).
    """
    found = pairs(output.decode("utf-8", "replace"))
    facts: dict[str, Any] = dict(UNKNOWN)
    facts["root"] = found.get("uid") == "0"
    for tool in ("bash", "nsenter", "timeout", "docker"):
        facts[f"has_{tool}"] = found.get(f"has_{tool}") == "1"
    if found.get("cgroup", "").isdigit():
        facts["cgroup"] = int(found["cgroup"])
    facts["kernel"] = found.get("kernel")
    now = number(found.get("now", "").rstrip(".%N"))
    if now is not None:
        offset = now - (sent + came) / 2
        exact = "%" not in found["now"] and "." in found["now"]
        error = (came - sent) / 2 + (0.0 if exact else 1.0)
        facts["offset_s"] = 0.0 if abs(offset) <= error else round(offset, 3)
    return facts
