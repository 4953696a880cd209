"""What a clean-up may take away: judged from what the Engine holds. Pure.

Never what Compose declares, never what something uses, never an image that a rollback
needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from escalade.model import Node
from escalade.model import Reading
from escalade.remedy.images import Reference
from escalade.remedy.images import is_rollback
from escalade.remedy.scene import Scene

__all__ = ["cache_size", "containers", "dangling", "old_enough", "size_of", "unused"]


def old_enough(record: Reading, now: float, older_s: float) -> bool:
    """Whether a record has been idle for so many seconds; not known is not enough."""
    since = record.get("since")
    if older_s <= 0:
        return True
    return isinstance(since, int | float) and now - since >= older_s


def size_of(record: Reading) -> int:
    """Return the bytes that go with a record."""
    size = record.get("size")
    return size if isinstance(size, int) else 0


def _of(scene: Scene, kind: str, older_s: float) -> Iterator[Reading]:
    """Yield the idle records of a kind."""
    for record in scene.records("leftovers"):
        if record.get("kind") != kind or record.get("in_use") is not False:
            continue
        if old_enough(record, scene.seen.now, older_s):
            yield record


def containers(scene: Scene, older_s: float) -> tuple[Reading, ...]:
    """Return the stopped containers that no declared service needs."""
    return tuple(r for r in _of(scene, "container", older_s) if not _declared(scene, r))


def _declared(scene: Scene, record: Reading) -> bool:
    """Whether a container belongs to a service that Compose declares, or may do so.

    One-off containers of `docker compose run` belong to nobody once they ended.
    """
    stack = record.get("stack")
    if stack is None or record.get("oneoff") is True:
        return False
    node = Node(scene.host, str(stack), str(record.get("service")))
    read = scene.evidence("compose", Node(scene.host, str(stack)))
    known = any(piece.status.answered for piece in read)
    return not known or scene.declared(node) is not None


def dangling(scene: Scene, older_s: float) -> tuple[Reading, ...]:
    """Return the images without a tag that nothing uses."""
    return tuple(r for r in _of(scene, "image", older_s) if not r.get("tags"))


def unused(scene: Scene, older_s: float) -> tuple[Reading, ...]:
    """Return the images with a tag that nothing uses, declares, or may roll back to."""
    needed = {
        str(Reference.read(str(record["image"])))
        for stack in scene.stacks()
        for node in scene.services(stack)
        for record in [scene.declared(node) or {}]
        if record.get("image")
    }
    return tuple(
        r
        for r in _of(scene, "image", older_s)
        if (tags := _tags(r))
        and not any(
            is_rollback(tag) or str(Reference.read(tag)) in needed for tag in tags
        )
    )


def _tags(record: Reading) -> tuple[str, ...]:
    """Return the tags of an image."""
    tags = record.get("tags")
    return tags if isinstance(tags, tuple) else ()


def cache_size(scene: Scene, older_s: float) -> int:
    """Return the bytes of the build cache that nothing uses."""
    return sum(size_of(record) for record in _of(scene, "cache", older_s))
