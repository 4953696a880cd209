"""The recipe of the bed's images: what each is made of; builds only what changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from commands import CACHE
from commands import BuildError
from commands import run
from commands import say
from sources import CLASSIC_BUILDER
from sources import DEBIAN
from sources import LIVEKIT_VERSION
from sources import livekit_binary
from sources import make_debian
from sources import wheels_for

BED = Path(__file__).resolve().parent
LABEL = "escalade.bed.recipe"


@dataclass(frozen=True)
class Image:
    """One image: the folder of its recipe, its parents, the lock file it installs."""

    name: str
    folder: str
    parents: tuple[str, ...] = ()
    lock: str = ""

    @property
    def tag(self) -> str:
        """Return the image's name for the Engine."""
        return f"escalade-bed/{self.name}:1"


def _packages_of(service: str) -> Image:
    """Return the image with a service's packages, apart from the service's own code.

    So a service rebuilds anywhere in a second, by Compose too, without its wheels.
    """
    lock = f"images/{service}/requirements.lock"
    return Image(f"{service}-deps", "images/deps", ("python",), lock)


def _service(name: str, parent: str) -> Image:
    return Image(name, f"images/{name}", (parent,))


IMAGES = {
    image.name: image
    for image in (
        Image("debian", ""),
        Image("base", "images/base", ("debian",)),
        Image("python", "images/python", ("base",)),
        Image("livekit-server-deps", "images/livekit-binary", ("base",)),
        _packages_of("token-service"),
        _packages_of("vosk-stt"),
        _packages_of("eloquence-multiagent"),
        _service("redis", "base"),
        _service("livekit-server", "livekit-server-deps"),
        _service("token-service", "token-service-deps"),
        _service("vosk-stt", "vosk-stt-deps"),
        _service("mistral-conversation", "python"),
        _service("eloquence-multiagent", "eloquence-multiagent-deps"),
        Image("caller", "caller", ("eloquence-multiagent-deps",)),
        _service("front", "base"),
        _service("db", "base"),
        _service("worker", "python"),
    )
}
ELOQUENCE = (
    "redis",
    "livekit-server",
    "token-service",
    "vosk-stt",
    "mistral-conversation",
    "eloquence-multiagent",
    "caller",
)
SHOP = ("front", "db", "worker")


def needed(names: tuple[str, ...]) -> list[Image]:
    """Return the images that names stand on, and themselves, parents first."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in IMAGES:
            known = ", ".join(IMAGES)
            raise BuildError(f"no image is called {name}; there are {known}")
        found.add(name)
        waiting += IMAGES[name].parents
    return [image for name, image in IMAGES.items() if name in found]


def recipe_hash(image: Image) -> str:
    """Return a hash of all that decides what is in the image, its parents' too."""
    digest = hashlib.sha256(f"{image.name} {DEBIAN} {platform.machine()}".encode())
    for parent in image.parents:
        digest.update(recipe_hash(IMAGES[parent]).encode())
    if image.name == "livekit-server-deps":
        digest.update(LIVEKIT_VERSION.encode())
    if image.lock:
        digest.update((BED / image.lock).read_bytes())
    for path in _files(image):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files(image: Image) -> list[Path]:
    """Return the files of an image's folder that its recipe counts."""
    if not image.folder:
        return []
    found = (path for path in (BED / image.folder).rglob("*") if path.is_file())
    # The packages are the business of the image below; file modes are not counted, as
    # an installed copy of this folder may have lost them.
    return sorted(
        path
        for path in found
        if not path.name.startswith("requirements.") and path.suffix != ".pyc"
    )


def built_hashes() -> dict[str, str]:
    """Return the recipe hash of each of the bed's images that the Engine has."""
    which = ("--filter", "reference=escalade-bed/*:1")
    shape = ("--format", "{{.Repository}}:{{.Tag}}")
    tags = run("docker", "image", "ls", *which, *shape).split()
    if not tags:
        return {}
    # The sign keeps the line of an image without a label from being empty.
    label = f'={{{{index .Config.Labels "{LABEL}"}}}}'
    lines = run("docker", "image", "inspect", "--format", label, *tags).split()
    return {tag: line[1:] for tag, line in zip(tags, lines, strict=True)}


def build(names: tuple[str, ...]) -> int:
    """Build what is missing of names or out of date; return how many that were."""
    with _alone():
        built = built_hashes()
        images = needed(names)
        stale = [i for i in images if built.get(i.tag) != recipe_hash(i)]
        for image in stale:
            begun = time.monotonic()
            _build_one(image)
            say(f"built {image.tag} in {time.monotonic() - begun:.0f} s")
        if stale:
            # What a rebuild replaced is of no use; only our images have the label.
            run("docker", "image", "prune", "--force", "--filter", f"label={LABEL}")
    return len(stale)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one build at a time use the cache; two would do everything twice."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build_one(image: Image) -> None:
    label = f"{LABEL}={recipe_hash(image)}"
    if image.name == "debian":
        make_debian(image.tag, label)
        return
    # The context lies in the cache, so that wheels can be linked into it, not copied.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="context-") as folder:
        context = Path(folder)
        shutil.copytree(BED / image.folder, context, dirs_exist_ok=True)
        if image.lock:
            _add_wheels(BED / image.lock, context)
        if image.name == "livekit-server-deps":
            shutil.copy2(livekit_binary(), context)
        options = ("--quiet", "--tag", image.tag, "--label", label)
        run("docker", "build", *options, folder, env=CLASSIC_BUILDER)


def _add_wheels(lock: Path, context: Path) -> None:
    shutil.copy2(lock, context)
    (context / "wheels").mkdir()
    for wheel in wheels_for(lock).iterdir():
        os.link(wheel, context / "wheels" / wheel.name)
