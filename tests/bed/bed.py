"""Drive the bed: provision the machine, build images, bring stacks up, make a call.

    python3 tests/bed/bed.py up          # engine, images and the hardened stack
    python3 tests/bed/bed.py call        # one whole call; exit 0 only if answered
    python3 tests/bed/bed.py up --plain  # the stack before it was hardened
    python3 tests/bed/bed.py up --shop   # the other stack: front, db, worker

The Engine is the one that the docker command talks to, so DOCKER_HOST works as usual.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from commands import BuildError
from commands import run
from commands import say
from commands import show
from recipe import BED
from recipe import ELOQUENCE
from recipe import SHOP
from recipe import build

WAIT_SECONDS = 120
CALLER = "escalade-bed/caller:1"
NETWORK = "eloquence_default"


def compose_files(options: argparse.Namespace) -> list[str]:
    """Return the Compose files that the options ask for."""
    name = "compose.yaml"
    if options.shop:
        name = "compose.shop.yaml"
    elif options.plain:
        name = "compose.plain.yaml"
    return [str(BED / name), *options.overlay]


def compose(options: argparse.Namespace, *arguments: str) -> int:
    """Run one Compose command on the chosen stack."""
    files = [word for name in compose_files(options) for word in ("--file", name)]
    return show("docker", "compose", "--progress", "quiet", *files, *arguments)


def engine_answers() -> bool:
    """Say whether an Engine and Compose v2 answer."""
    try:
        run("docker", "version", "--format", "{{.Server.Version}}", seconds=20)
        run("docker", "compose", "version", seconds=20)
    except BuildError:
        return False
    return True


def provision(_: argparse.Namespace) -> int:
    """Give this machine an Engine and Compose v2."""
    return show("sh", str(BED / "provision.sh"))


def build_images(options: argparse.Namespace) -> int:
    """Build what is missing or out of date: the named images, or a whole stack's."""
    names = tuple(options.names) or (SHOP if options.shop else ELOQUENCE)
    count = build(names)
    say(f"{count} images built" if count else "all images are up to date")
    return 0


def up(options: argparse.Namespace) -> int:
    """Bring a stack up, from a bare machine if need be, and wait for its health."""
    begun = time.monotonic()
    if not engine_answers():
        say("no Engine with Compose v2 answers: provisioning this machine")
        if code := provision(options):
            return code
    build(SHOP if options.shop else ELOQUENCE)
    # The plain stack has no health to wait for, and its fault is to be seen at once.
    wait = [] if options.plain else ["--wait", "--wait-timeout", str(WAIT_SECONDS)]
    code = compose(options, "up", "--detach", "--remove-orphans", *wait)
    state = "is up" if code == 0 else "did not come up"
    say(f"the stack {state} after {time.monotonic() - begun:.1f} s")
    return code


def down(options: argparse.Namespace) -> int:
    """Remove a stack's containers, network and volumes; images stay."""
    begun = time.monotonic()
    code = compose(options, "down", "--remove-orphans", "--volumes", "--timeout", "5")
    say(f"the stack is down after {time.monotonic() - begun:.1f} s")
    return code


def status(options: argparse.Namespace) -> int:
    """Show the containers of a stack, stopped ones too."""
    shape = "table {{.Service}}\t{{.State}}\t{{.Status}}"
    return compose(options, "ps", "--all", "--format", shape)


def call(options: argparse.Namespace) -> int:
    """Make one call from a container on the stack's network."""
    where = ("docker", "run", "--rm", "--network", NETWORK, CALLER)
    # Starting and removing the container comes on top of the call's own time.
    return show(*where, "--timeout", str(options.timeout), seconds=options.timeout + 30)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the command and its options."""
    parser = argparse.ArgumentParser(prog="bed.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    stack = argparse.ArgumentParser(add_help=False)
    which = stack.add_mutually_exclusive_group()
    which.add_argument(
        "--plain",
        action="store_true",
        help="the stack without health checks and conditions",
    )
    which.add_argument(
        "--shop", action="store_true", help="the other stack: front, db, worker"
    )
    stack.add_argument(
        "--overlay",
        action="append",
        default=[],
        metavar="FILE",
        help="a Compose file laid on top",
    )
    table: dict[str, Callable[[argparse.Namespace], int]] = {
        "provision": provision,
        "build": build_images,
        "up": up,
        "down": down,
        "status": status,
        "call": call,
    }
    for name, function in table.items():
        command = commands.add_parser(
            name, parents=[stack], help=(function.__doc__ or "").strip()
        )
        command.set_defaults(function=function)
        if name == "build":
            command.add_argument(
                "names", nargs="*", metavar="IMAGE", help="images; default: the stack's"
            )
        if name == "call":
            command.add_argument(
                "--timeout", type=float, default=45.0, help="seconds for the call"
            )
    return parser.parse_args(arguments)


def main() -> int:
    """Run one command and return its exit code."""
    options = parse(sys.argv[1:])
    try:
        return int(options.function(options))
    except BuildError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
