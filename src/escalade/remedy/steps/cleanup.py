"""cleanup: what nobody uses, each piece an action of its own that says what it frees.

A named volume goes only where it is named, and its backup is made first.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from escalade.evidence.probe import Argument
from escalade.model import Comparison
from escalade.model import Node
from escalade.model import Reading
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Risk
from escalade.remedy import cleaning
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.remedy.volumes import BACKUPS
from escalade.remedy.volumes import removed
from escalade.runbooks.units import quantity
from escalade.text import Text

__all__ = ["CLEANUP"]

GONE = Comparison("exists", "eq", value=False)
_CONTAINER = Text(
    "{name} is stopped and no service needs it; its own files go with it: {size}",
    "{name} est arrêté et aucun service n'en a besoin ; ses fichiers partent avec : {size}",
)
_DANGLING = Text(
    "an image without a name that nothing uses: {size}",
    "une image sans nom que rien n'utilise : {size}",
)
_UNUSED = Text(
    "nothing uses {name}; it can be built or pulled again: {size}",
    "rien n'utilise {name} ; elle se reconstruit ou se télécharge : {size}",
)
_CACHE = Text(
    "layers of earlier builds, which later builds make again: {size}",
    "couches de constructions passées, qui se refont : {size}",
)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield what goes: containers, images, build cache, and the volumes named."""
    _check_known(scene)
    older_s = _older_s(args)
    names = ("containers", "images", "all", "cache", "volume")
    plain = not any(args.get(name) for name in names)
    if plain or args.get("containers"):
        for record in cleaning.containers(scene, older_s):
            yield _container(scene, record)
    if plain or args.get("images") or args.get("all"):
        for record in cleaning.dangling(scene, older_s):
            yield from _images(scene, record)
    if args.get("all"):
        for record in cleaning.unused(scene, older_s):
            yield from _images(scene, record)
    if plain or args.get("cache"):
        yield from _cache(scene, older_s)
    volumes = args.get("volume")
    for name in volumes if isinstance(volumes, tuple) else ():
        yield from removed(scene, CLEANUP.name, name, str(args.get("backup")))
    del node


def _check_known(scene: Scene) -> None:
    """Refuse to judge what nobody uses where nobody said what there is."""
    asked = scene.evidence("leftovers", Node(scene.host))
    if not any(piece.status.answered for piece in asked):
        why = asked[0].reason if asked else "nobody asked"
        raise CannotError(f"{scene.host}: what the Engine holds is not known: {why}")


def _older_s(args: Arguments) -> float:
    """Return the seconds that something must have been idle, 0 for any."""
    said = str(args.get("older") or "").strip()
    if not said:
        return 0.0
    told = quantity(said)
    if told is None or told.unit != "duration":
        raise CannotError(f"cleanup: older is a duration such as 24h, not {said!r}")
    return float(told.number)


def _removal(
    scene: Scene, node: Node, command: tuple[str, ...], call: Call, what: Check
) -> Action:
    """Return the removal of one thing."""
    return Action(
        host=scene.host,
        step=CLEANUP.name,
        node=node,
        do=call,
        command=shlex.join(command),
        after=(what,),
        timeout_s=60.0,
        settle_s=5.0,
    )


def _with(action: Action, risk: Risk, why: Text) -> Action:
    """Return a removal with its risk and reason."""
    return replace(action, risk=risk, why=why)


def _container(scene: Scene, record: Reading) -> Action:
    """Return the removal of a stopped container: what it wrote is lost."""
    name = str(record.get("name"))
    stack, service = record.get("stack"), record.get("service")
    node = Node(scene.host, None if stack is None else str(stack), str(service or name))
    action = _removal(
        scene,
        node,
        ("docker", "rm", name),
        Call("DELETE", f"/containers/{quote(name, safe='')}", fine=(404,)),
        Check("container", (name,), (GONE,)),
    )
    why = _CONTAINER.fill({"name": name, "size": _size(record)})
    return replace(_with(action, Risk.DESTRUCTIVE, why), touches=(node,))


def _images(scene: Scene, record: Reading) -> Iterator[Action]:
    """Yield the removal of an image: by its id, or each of its names in turn.

    With the last name the image goes. Nothing is forced: the Engine refuses what some
    container came to use meanwhile.
    """
    identity = str(record.get("id"))
    tags = record.get("tags")
    names = tags if isinstance(tags, tuple) else ()
    if not names:
        short = identity.removeprefix("sha256:")[:12]
        why = _DANGLING.fill({"size": _size(record)})
        yield _with(_image(scene, identity, short), Risk.SAFE, why)
    for name in names:
        size = _size(record) if name == names[-1] else bytes_of(0)
        why = _UNUSED.fill({"name": name, "size": size})
        yield _with(_image(scene, name, name), Risk.DISRUPTIVE, why)


def _image(scene: Scene, name: str, told: str) -> Action:
    """Return the removal of an image by one of its names or its id."""
    return _removal(
        scene,
        Node(scene.host),
        ("docker", "rmi", told),
        Call("DELETE", f"/images/{quote(name, safe='/:')}", fine=(404,)),
        Check("image", (name,), (GONE,)),
    )


def _cache(scene: Scene, older_s: float) -> Iterator[Action]:
    """Yield the pruning of the build cache, where there is something in it."""
    size = cleaning.cache_size(scene, older_s)
    if not size:
        return
    until = f"{int(older_s)}s"
    filters = f'{{"until":["{until}"]}}'
    query = f"?filters={quote(filters, safe='')}" if older_s else ""
    told = ("--filter", f"until={until}") if older_s else ()
    yield Action(
        host=scene.host,
        step=CLEANUP.name,
        node=Node(scene.host),
        do=Call("POST", f"/build/prune{query}"),
        command=shlex.join(("docker", "builder", "prune", "-f", *told)),
        risk=Risk.SAFE,
        why=_CACHE.fill({"size": bytes_of(size)}),
        timeout_s=300.0,
    )


def _size(record: Reading) -> str:
    """Return what a record frees, for people."""
    return bytes_of(cleaning.size_of(record))


def bytes_of(size: float) -> str:
    """Return a number of bytes as `docker system df` writes it, `139.2MB`."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 -- units of a thousand
            return f"{size:.4g}{unit}"
        size /= 1000
    return f"{size:.4g}GB"


CLEANUP = StepKind(
    name="cleanup",
    doc="Remove what nobody on the host uses: stopped containers, images, build cache.",
    actions=_actions,
    scope="host",
    arguments={
        "containers": Argument(bool, default=False),
        "images": Argument(bool, default=False),
        "all": Argument(bool, default=False),
        "cache": Argument(bool, default=False),
        "volume": Argument(str, many=True),
        "older": Argument(str),
        "backup": Argument(str, default=BACKUPS),
    },
    help={
        "containers": "stopped containers that no declared service needs",
        "images": "images without a name",
        "all": "images with a name, too, that nothing uses",
        "cache": "the build cache",
        "volume": "a volume by its name, after a backup of it; repeatable",
        "older": "only what has been idle for so long, such as 24h",
        "backup": "the host's folder for backups of volumes",
    },
    timeout_s=900.0,
    asks=("leftovers",),
)
