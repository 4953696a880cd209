"""How full a host's real file systems are, in bytes and in inodes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from collections.abc import Sequence

from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading

__all__ = ["DISK"]

DOCKER_ROOT = "/var/lib/docker"
KIB = 1024

# Only file systems on devices are asked (a dead network share would hang df), each
# once: the table lists every overlay and bind mount of every container. The root and
# the Engine's folder come first, whatever they are on.
SCRIPT = r"""d=%(root)s
if [ -z "$d" ] && [ -r /etc/docker/daemon.json ]; then
d=$(sed -n 's/.*"data-root" *: *"\([^"]*\)".*/\1/p' /etc/docker/daemon.json); fi
d=${d:-%(default)s}; [ -d "$d" ] || d=
m=$(awk '$3 !~ /^(squashfs|iso9660|erofs|udf|cramfs|overlay|fuse.*)$/ && $2 !~ /\\/ &&
($1 ~ "^/dev/" || $3 ~ /^(zfs|btrfs|bcachefs)$/) && !s[$1]++ && n++<40 {print $2}' /proc/self/mounts)
[ -n "$d" ] && echo root; df -Pk / ${d:+"$d"} $m; echo inodes; df -Pi / ${d:+"$d"} $m"""


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask df, twice, of the real file systems."""
    del args
    root = str(target.facts.get("docker_root") or "")
    words = {"root": shlex.quote(root), "default": DOCKER_ROOT}
    return (Script(SCRIPT % words),)


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each file system."""
    del target, args
    if trouble := failed(answers):
        return trouble
    text = answers[0].body.decode("utf-8", "replace")
    sizes, _, inodes = text.partition("\ninodes\n")
    has_root = sizes.startswith("root\n")
    rows = _rows(sizes)
    used = {row[5]: _ratio(row) for row in _rows(inodes)}
    devices = [_device(row, rows) for row in rows]
    root = devices[1] if has_root and len(rows) > 1 else None
    records: dict[str, Reading] = {}
    for device, row in zip(devices, rows, strict=True):
        records.setdefault(device, _record(row, used, docker_root=device == root))
    readings: tuple[Reading, ...] = tuple(records.values())
    return Parsed(readings, complete=not answers[0].truncated)


def _rows(text: str) -> list[list[str]]:
    """Return df's lines: device, total, used, free, percentage, mount point."""
    split = (line.split(None, 5) for line in text.splitlines())
    return [w for w in split if len(w) > 5 and w[1].isdigit()]  # noqa: PLR2004


def _device(row: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return what a line's file system is on.

    The root of a host that is itself a container is an overlay: it has the size of
    the file system that it lies on.
    """
    if row[0] != "overlay":
        return row[0]
    below = (other[0] for other in rows if other[1] == row[1] and other[0] != row[0])
    return next(below, row[0])


def _record(
    row: Sequence[str], inodes: Mapping[str, float | None], *, docker_root: bool
) -> Reading:
    """Return the reading of one line."""
    return {
        "mount": row[5],
        "total": (whole(row[1]) or 0) * KIB,
        "used_ratio": _ratio(row),
        "free": (whole(row[3]) or 0) * KIB,
        "inodes_ratio": inodes.get(row[5]),
        "docker_root": docker_root,
    }


def _ratio(row: Sequence[str]) -> float | None:
    """Return the used share of what users may use; 0 where nothing is counted.

    What a file system keeps for root counts as neither used nor free.
    """
    used, free = whole(row[2]), whole(row[3])
    if used is None or free is None:
        return None
    return round(used / (used + free), 4) if used + free else 0.0


DISK = Probe(
    name="disk",
    scope="host",
    doc="One record for each real file system of the host, and which of them holds "
    "the Engine's folder; sizes in bytes.",
    readings={
        "mount": str,
        "total": int,
        "used_ratio": float,
        "free": int,
        "inodes_ratio": float,
        "docker_root": bool,
    },
    always=True,
    questions=_questions,
    parse=_parse,
    headline=("mount", "used_ratio"),
)
