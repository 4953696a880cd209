"""Where the images get what no Dockerfile can fetch: Debian, wheels, LiveKit's server.

All of it is kept in the cache folder, so that it is fetched once.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from commands import CACHE
from commands import BuildError
from commands import apt_install
from commands import run
from commands import run_as_root
from commands import say

DEBIAN = "bookworm"
DEFAULT_MIRROR = "http://deb.debian.org/debian"
LIVEKIT_VERSION = "v1.13.5"
# The images' Python is the one of Debian bookworm, whatever runs this file.
PYTHON = "3.11"
GLIBCS = (5, 12, 17, 24, 26, 27, 28, 31, 34, 35, 36)
# The classic builder needs no plugin, finds parents by their local tags, and is in
# every Engine.
CLASSIC_BUILDER = {"DOCKER_BUILDKIT": "0"}


def pull(image: str) -> bool:
    """Say whether a public image could be fetched; without a registry, at once not."""
    try:
        run("docker", "pull", "--quiet", image, seconds=300)
    except BuildError:
        return False
    return True


def wheels_for(lock: Path) -> Path:
    """Return the folder with all packages of a lock file, fetched if need be."""
    wheels = CACHE / "wheels" / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if wheels.is_dir():
        return wheels
    begun = time.monotonic()
    # A folder under its final name is whole.
    partial = wheels.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _download(lock, partial)
    partial.rename(wheels)
    took = time.monotonic() - begun
    say(f"fetched the packages of {lock.parent.name} in {took:.0f} s")
    return wheels


def _download(lock: Path, folder: Path) -> None:
    """Fetch on the host: inside a build, Python's packages may be out of reach."""
    machine = platform.machine()
    platforms = [f"linux_{machine}"]
    platforms += [f"manylinux_2_{minor}_{machine}" for minor in GLIBCS]
    platforms += [f"manylinux{name}_{machine}" for name in ("1", "2010", "2014")]
    options = ["--quiet", "--no-deps", "--require-hashes", "--prefer-binary"]
    options += ["--implementation", "cp", "--python-version", PYTHON]
    options += [f"--platform={name}" for name in platforms]
    run(*_pip(), "download", *options, "--dest", str(folder), "-r", str(lock))


def _pip() -> tuple[str, ...]:
    """Return a pip: this Python's, else that of a venv made for it."""
    with contextlib.suppress(BuildError):
        run(sys.executable, "-m", "pip", "--version")
        return (sys.executable, "-m", "pip")
    python = CACHE / "pip" / "bin" / "python"
    if not python.is_file():
        run(sys.executable, "-m", "venv", str(CACHE / "pip"))
    return (str(python), "-m", "pip")


def livekit_binary() -> Path:
    """Return the pinned livekit-server: the public image's, else built from source."""
    binary = CACHE / "livekit" / LIVEKIT_VERSION / "livekit-server"
    if binary.is_file():
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    public = f"livekit/livekit-server:{LIVEKIT_VERSION}"
    if pull(public):
        container = run("docker", "create", public)
        try:
            run("docker", "cp", f"{container}:/livekit-server", str(binary))
        finally:
            run("docker", "rm", container)
    else:
        _go_install(binary)
    say(f"got livekit-server {LIVEKIT_VERSION} in {time.monotonic() - begun:.0f} s")
    return binary


def _go_install(binary: Path) -> None:
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None and shutil.which("apt-get"):
        apt_install("golang-go")
        go = shutil.which("go")
    version = re.search(r"go(\d+)\.(\d+)", run(go, "version") if go else "")
    # Since 1.21 Go fetches a newer toolchain by itself when a module asks for one.
    if go is None or version is None or tuple(map(int, version.groups())) < (1, 21):
        raise BuildError(
            f"livekit-server {LIVEKIT_VERSION} needs an image registry, or Go 1.21 or "
            f"newer; a binary put at {binary} does as well"
        )
    say(f"building livekit-server {LIVEKIT_VERSION} with {go}: this takes minutes")
    env = {"GOBIN": str(binary.parent), "CGO_ENABLED": "0", "GOTOOLCHAIN": "auto"}
    module = f"github.com/livekit/livekit-server/cmd/server@{LIVEKIT_VERSION}"
    run(go, "install", "-ldflags=-s -w", module, env=env)
    (binary.parent / "server").rename(binary)


def make_debian(tag: str, label: str) -> None:
    """Tag the public Debian image, or make its like with debootstrap."""
    public = f"debian:{DEBIAN}-slim"
    if pull(public):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Dockerfile").write_text(f"FROM {public}\nLABEL {label}\n")
            run("docker", "build", "--quiet", "--tag", tag, folder, env=CLASSIC_BUILDER)
        return
    archive = CACHE / f"debian-{DEBIAN}-{platform.machine()}.tar"
    if not archive.is_file():
        _debootstrap(archive)
    changes = ("--change", f"LABEL {label}", "--change", 'CMD ["bash"]')
    run("docker", "import", *changes, str(archive), tag)


def debian_mirror() -> str:
    """Return the Debian mirror that this machine's apt uses, else the public one."""
    shape = ("--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages")
    with contextlib.suppress(BuildError):
        for line in run("apt-get", "indextargets", *shape).splitlines():
            origin, _, address = line.partition(" ")
            if origin == "Debian" and "security" not in address:
                return address.rstrip("/")
    return DEFAULT_MIRROR


def _debootstrap(archive: Path) -> None:
    # An ordinary user's PATH has no sbin.
    program = "/usr/sbin/debootstrap"
    if not Path(program).exists():
        apt_install("debootstrap")
    mirror = debian_mirror()
    root = CACHE / "debian-root"
    run_as_root("rm", "-rf", str(root))
    run_as_root(program, "--variant=minbase", DEBIAN, str(root), mirror)
    security = f"{mirror.removesuffix('/debian')}/debian-security {DEBIAN}-security"
    lines = (f"{mirror} {DEBIAN}", f"{mirror} {DEBIAN}-updates", security)
    sources = "".join(f"deb {line} main\n" for line in lines)
    script = (
        'printf %s "$2" >"$1/etc/apt/sources.list" && cd "$1" '
        "&& rm -rf var/cache/apt/* var/lib/apt/lists/* "
        '&& tar --create --file "$3.partial" . && mv "$3.partial" "$3"'
    )
    run_as_root("sh", "-c", script, "sh", str(root), sources, str(archive))
    run_as_root("rm", "-rf", str(root))
