"""A volume taken away: its backup first, and only where nothing uses it. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from escalade.errors import nearest
from escalade.model import Comparison
from escalade.model import Node
from escalade.model import Reading
from escalade.plans import Action
from escalade.plans import Check
from escalade.plans import Risk
from escalade.plans import Shell
from escalade.remedy.scene import Scene
from escalade.remedy.step import CannotError
from escalade.text import Text
from escalade.transport.base import Command

__all__ = ["BACKUPS", "backup_path", "removed", "saved"]

BACKUPS = "/var/lib/escalade/backups"
BACKUP_S = 600.0
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_KEPT = Text(
    "what {name} holds is kept in {path}", "le contenu de {name} est gardé dans {path}"
)
_REMOVED = Text(
    "asked for by its name; its backup is {path}",
    "demandé par son nom ; sa sauvegarde est {path}",
)
# A backup that is there already is of an earlier state: it is put aside, never lost.
_BACKUP = (
    'sudo=; [ "$(id -u)" = 0 ] || sudo="sudo -n"\n'
    "from=%s to=%s\n"
    '$sudo mkdir -p -m 711 "$(dirname "$to")" || exit 1\n'
    "umask 077\n"
    'if $sudo test -e "$to"; then\n'
    '  $sudo mv -f "$to" "${to%%.tar.gz}.$(date -u +%%Y%%m%%dT%%H%%M%%SZ).tar.gz" || exit 1\n'
    "fi\n"
    'if $sudo tar -C "$from" -czf "$to.part" . && $sudo gzip -t "$to.part" '
    '&& $sudo mv -f "$to.part" "$to"; then :\n'
    'else $sudo rm -f "$to.part"; exit 1; fi'
)
# Their names end in a time, so the order of names is that of their age.
_ROTATE = (
    '\nkeep=%s n=0 dir=$(dirname "$to") base=$(basename "$to" .tar.gz)\n'
    '$sudo ls -r "$dir" | while IFS= read -r old; do case $old in\n'
    '"$base".????????T??????Z.tar.gz) n=$((n + 1))\n'
    'if [ "$n" -gt "$keep" ]; then $sudo rm -f "$dir/$old"; fi;; esac; done'
)
# Whatever changed in the volume after its backup is not in it.
_REMOVE = (
    "from=%s to=%s name=%s\n"
    'sudo=; [ "$(id -u)" = 0 ] || sudo="sudo -n"\n'
    '$sudo test -s "$to" || { echo "no backup $to" >&2; exit 1; }\n'
    'new=$($sudo find "$from" -cnewer "$to" -print -quit) || exit 1\n'
    '[ -z "$new" ] || { echo "changed after the backup: $new" >&2; exit 1; }\n'
    'docker volume rm "$name"'
)


def backup_path(folder: str, name: str) -> str:
    """Return where a volume's backup is kept on its host."""
    return f"{folder.rstrip('/')}/{name}.tar.gz"


def removed(scene: Scene, step: str, name: str, folder: str) -> Iterator[Action]:
    """Yield the backup of a volume and its removal.

    Raises `CannotError` for one that is not there, that something uses, or whose files
    are not on the host's own disk.
    """
    record = _found(scene, name)
    from_, to = str(record.get("mountpoint")), backup_path(folder, name)
    values = {"name": name, "path": to}
    quoted = shlex.quote(to)
    yield saved(scene, step, name, from_, folder)
    restore = f"tar -C {shlex.quote(from_)} -xzf {quoted}"
    yield Action(
        host=scene.host,
        step=step,
        node=Node(scene.host),
        do=Shell(Command(_REMOVE, (from_, to, name)).line),
        command=f"test -s {quoted} && docker volume rm {shlex.quote(name)}",
        risk=Risk.DESTRUCTIVE,
        why=_REMOVED.fill(values),
        undo=f"docker volume create {shlex.quote(name)} && {restore}",
        after=(Check("volume", (name,), (Comparison("exists", "eq", value=False),)),),
        timeout_s=60.0,
        settle_s=5.0,
    )


def saved(
    scene: Scene, step: str, name: str, from_: str, folder: str, *, keep: int = 0
) -> Action:
    """Return the backup of a volume whose files are at `from_` on the host.

    Of earlier backups the newest `keep` stay, all where it is 0. Raises `CannotError` for
    a folder that is no whole path.
    """
    if not folder.startswith("/"):
        raise CannotError(f"{step}: backup is a whole path on the host, not {folder!r}")
    to = backup_path(folder, name)
    quoted = shlex.quote(to)
    command = Command(_BACKUP, (from_, to))
    if keep:
        command = Command(_BACKUP + _ROTATE, (from_, to, str(keep)))
    return Action(
        host=scene.host,
        step=step,
        node=Node(scene.host),
        do=Shell(command.line),
        command=f"tar -C {shlex.quote(from_)} -czf {quoted} .",
        risk=Risk.SAFE,
        why=_KEPT.fill({"name": name, "path": to}),
        undo=f"rm {quoted}",
        after=(Check("path", (to,), (Comparison("size", "gt", 0),)),),
        timeout_s=BACKUP_S,
        settle_s=2.0,
        always=True,
    )


def _found(scene: Scene, name: str) -> Reading:
    """Return the record of a volume that may go."""
    known = {
        str(r.get("name")): r
        for r in scene.records("leftovers")
        if r.get("kind") == "volume"
    }
    if not _NAME.fullmatch(name) or name not in known:
        raise CannotError(f"{scene.host}: no volume {name!r}{nearest(name, known)}")
    record = known[name]
    if record.get("in_use") is not False:
        users = [
            str(r.get("name"))
            for r in scene.records("volumes")
            if r.get("name") == name and r.get("in_use")
        ]
        why = "a container has it" if users else "something uses it"
        raise CannotError(
            f"{scene.host}: volume {name!r} cannot go: {why} (stop and remove that first)"
        )
    if not record.get("mountpoint"):
        raise CannotError(f"{scene.host}: volume {name!r} is on no disk of this host")
    return record
