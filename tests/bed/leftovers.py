"""Remove what a test run that was killed left behind, here and in the hosts of the bed.

    python3 tests/bed/leftovers.py

The tests call all that they make on an Engine `esc-...`. A container of that name would
be taken for its own by the next run's Compose, with the folders of the run before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from commands import BuildError
from commands import run
from commands import say

OURS = "esc-"
HOSTS = "escalade-bed-host"
KINDS = (
    (("ps", "-a", "--format", "{{.Names}}"), ("rm", "-fv")),
    (("network", "ls", "--format", "{{.Name}}"), ("network", "rm")),
    (("volume", "ls", "--format", "{{.Name}}"), ("volume", "rm", "-f")),
)
"""How things are listed and removed, in this order: who is in a network keeps it."""


def engines() -> Iterator[tuple[str, ...]]:
    """Yield the docker command of this machine and of each host that has an Engine."""
    yield ("docker",)
    names = run("docker", "ps", "--filter", f"name=^{HOSTS}", "--format", "{{.Names}}")
    for name in names.split():
        docker = ("docker", "exec", name, "docker")
        try:
            run(*docker, "version", seconds=20)
        except BuildError:
            continue
        yield docker


def sweep(docker: tuple[str, ...]) -> int:
    """Remove everything of ours on one Engine; return how many things went."""
    gone = 0
    for listing, removal in KINDS:
        found = [
            name for name in run(*docker, *listing).split() if name.startswith(OURS)
        ]
        if found:
            run(*docker, *removal, *found)
        gone += len(found)
    return gone


def main() -> int:
    """Sweep each Engine."""
    try:
        for docker in engines():
            if gone := sweep(docker):
                say(f"{' '.join(docker)}: removed {gone} leftovers of a test run")
    except BuildError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
