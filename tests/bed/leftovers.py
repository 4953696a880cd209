"""Remove what a test run that was killed left behind, here and in the hosts of the bed.

    python3 tests/bed/leftovers.py

The tests call all stacks that they make on an Engine `esc-...`. A container of one would
be taken for its own by the next run's Compose, with the folders of the run before.
"""

from __future__ import annotations

from collections.abc import Iterator

from commands import BuildError
from commands import run
from commands import say

OURS = "esc-"
HOSTS = "escalade-bed-host"
BOX = '{{.Names}},{{.Label "com.docker.compose.project"}},{{.Networks}}'
KINDS = (
    (("ps", "-a", "--format", BOX), ("rm", "-fv")),
    (("network", "ls", "--format", "{{.Name}}"), ("network", "rm")),
    (("volume", "ls", "--format", "{{.Name}}"), ("volume", "rm", "-f")),
)
"""How things are listed and removed, in this order: who is in a network keeps it.

A line begins with the thing's name. A container is ours by its name, its stack or a
network that it is in: a stack of ours may give its container any name.
"""


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


def ours(word: str) -> bool:
    """Whether a name is one that the tests give."""
    return word.startswith(OURS)


def sweep(docker: tuple[str, ...]) -> int:
    """Remove everything of ours on one Engine; return how many things went."""
    gone = 0
    for listing, removal in KINDS:
        lines = [line.split(",") for line in run(*docker, *listing).splitlines()]
        found = [words[0] for words in lines if any(map(ours, words))]
        if found:
            run(*docker, *removal, *found)
        gone += len(found)
    return gone


def main() -> None:
    """Sweep each Engine; what stays is told: whether it matters, the tests will say."""
    for docker in engines():
        try:
            gone = sweep(docker)
        except BuildError as error:
            say(f"{' '.join(docker)}: something stays: {error}")
            continue
        if gone:
            say(f"{' '.join(docker)}: removed {gone} leftovers of a test run")


if __name__ == "__main__":
    main()
