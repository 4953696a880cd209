"""backup: what named volumes hold, packed into files on their own host.

A volume is read while it is in use: what a program writes meanwhile may be half there. A
database wants its own dump beside this (step `run`).
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from escalade.errors import nearest
from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.model import Reading
from escalade.plans import Action
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.remedy.volumes import BACKUPS
from escalade.remedy.volumes import saved

__all__ = ["BACKUP"]

KEEP = 7
_ANONYMOUS = 64


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one backup a volume: those named, else all named ones of the stack."""
    keep = args.get("keep")
    if not isinstance(keep, int) or keep < 1:
        raise CannotError(f"backup: keep is a whole number of at least 1, not {keep!r}")
    said = args.get("volume")
    names = said if isinstance(said, tuple) else ()
    for record in _chosen(scene, node, names):
        yield saved(
            scene,
            BACKUP.name,
            str(record.get("name")),
            str(record.get("mountpoint")),
            str(args.get("folder")),
            keep=keep,
        )


def _chosen(scene: Scene, node: Node, names: Sequence[str]) -> list[Reading]:
    """Return the records of the volumes that are meant."""
    known = {
        str(r.get("name")): r
        for r in scene.records("leftovers")
        if r.get("kind") == "volume"
    }
    asked = scene.evidence("leftovers", Node(scene.host))
    if not any(piece.status.answered for piece in asked):
        raise CannotError(f"{scene.host}: what the Engine holds is not known")
    for name in names:
        if name not in known:
            raise CannotError(f"{scene.host}: no volume {name!r}{nearest(name, known)}")
        if not known[name].get("mountpoint"):
            raise CannotError(
                f"{scene.host}: volume {name!r} is on no disk of this host"
            )
    if names:
        return [known[name] for name in dict.fromkeys(names)]
    found = [r for r in known.values() if _mine(r, node)]
    if not found:
        where = f"stack {node.stack}" if node.stack else "this host"
        raise CannotError(f"{scene.host}: {where} has no named volume on its disk")
    return found


def _mine(record: Reading, node: Node) -> bool:
    """Whether a volume was given a name by a stack, and its files are on the disk."""
    stack = record.get("stack")
    named = len(str(record.get("name"))) != _ANONYMOUS
    wanted = stack == node.stack if node.stack else stack is not None
    return named and wanted and bool(record.get("mountpoint"))


BACKUP = StepKind(
    name="backup",
    doc="Pack what named volumes hold into files on their host; the last ones are kept.",
    actions=_actions,
    scope="stack",
    arguments={
        "volume": Argument(str, many=True),
        "folder": Argument(str, default=BACKUPS),
        "keep": Argument(int, default=KEEP),
    },
    help={
        "volume": "a volume by its name; repeatable; all named ones without it",
        "folder": "the folder on the host",
        "keep": "how many earlier backups of each volume stay",
    },
    timeout_s=3600.0,
    asks=("leftovers",),
)
