"""What operators declared stopped (`stop --hold`): one small file, read at each start.

The journal records who held what and why; this file is what diagnoses read, since
opening the journal would cost each of them more than it may take.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from escalade.errors import JournalError
from escalade.evidence.expected import VARIABLE as STACKS
from escalade.evidence.parsing import as_dict
from escalade.journal.place import SHARED
from escalade.journal.place import VARIABLE
from escalade.journal.place import own
from escalade.model import Host
from escalade.model import Node

__all__ = ["NAME", "change", "folders_of", "held", "known", "with_holds"]

NAME = "holds.json"


def known(environ: Mapping[str, str], chosen: Path | None = None) -> frozenset[Node]:
    """Return all that is held, by whatever state folder is there; none is made."""
    folders = folders_of(environ, chosen)
    # A folder that is closed to this user holds nothing for them.
    open_ = [f for f in folders if len(folders) == 1 or os.access(f / NAME, os.R_OK)]
    return frozenset(node for folder in open_ for node in held(folder))


def folders_of(
    environ: Mapping[str, str], chosen: Path | None = None
) -> tuple[Path, ...]:
    """Return where state may be: the folder that is chosen, else all that there may be."""
    said = chosen or Path(environ.get(VARIABLE, ""))
    if said != Path():
        return (said.expanduser(),)
    folders = [SHARED]
    with contextlib.suppress(JournalError):
        folders.append(own(environ))
    return tuple(folders)


def held(folder: Path) -> frozenset[Node]:
    """Return the services that are held; a file that cannot be read is an error."""
    path = folder / NAME
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from error
    try:
        rows = json.loads(text)
        return frozenset(Node(*map(_word, row)) for row in rows)
    except (ValueError, TypeError) as error:
        raise JournalError(f"{path}: not a list of held services: {error}") from error


def _word(value: object) -> str:
    """Return a part of a node."""
    if not isinstance(value, str):
        raise TypeError(f"expected a name, not {value!r}")
    return value


def change(
    folder: Path, *, hold: Iterable[Node] = (), free: Iterable[Node] = ()
) -> None:
    """Write down what is held from now on, through a temporary name and a rename."""
    path = folder / NAME
    draft = folder / f".{NAME}.{secrets.token_hex(4)}"
    try:
        with _alone(folder):
            nodes = (held(folder) | set(hold)) - set(free)
            rows = sorted([n.host, n.stack or "", n.service or ""] for n in nodes)
            draft.write_text(json.dumps(rows) + "\n", "utf-8")
            # Others who act on this machine must be able to read and free it.
            draft.chmod(0o664)
            os.replace(draft, path)  # noqa: PTH105 -- what it is called in POSIX
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise JournalError(f"{path}: {error.strerror}") from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let nobody else change what is held meanwhile; a crash lets go of it."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def with_holds(hosts: Sequence[Host], nodes: frozenset[Node]) -> tuple[Host, ...]:
    """Return the hosts with held services declared stopped, as the inventory does it."""
    return tuple(
        _with(host, [n for n in nodes if n.host == host.name]) for host in hosts
    )


def _with(host: Host, nodes: Sequence[Node]) -> Host:
    """Return one host with its held services declared stopped."""
    if not nodes:
        return host
    stacks = {
        str(stack): dict(as_dict(as_dict(body).get("services", body)))
        for stack, body in as_dict(host.vars.get(STACKS)).items()
    }
    for node in nodes:
        services = stacks.setdefault(node.stack or "", {})
        said = as_dict(services.get(node.service or ""))
        services[node.service or ""] = {**said, "desired": "stopped"}
    return replace(host, vars={**host.vars, STACKS: stacks})
