"""Talk to Engines: this machine's, and by the back door to those of the bed's hosts."""

from __future__ import annotations

import subprocess
import sys

from fleet import Host

PREFIX = "escalade-bed-"


class HostsError(Exception):
    """Something that the person at the keyboard can act on."""


def run(
    words: tuple[str, ...],
    *,
    data: bytes = b"",
    timeout: float = 600,
    title: str = "",
) -> str:
    """Run one command and return what it printed; its last error line is the error."""
    title = title or " ".join(words[:4])
    try:
        done = subprocess.run(
            words, input=data, capture_output=True, check=False, timeout=timeout
        )
    except subprocess.TimeoutExpired as error:
        message = f"{title}: no end after {timeout:g} s"
        raise HostsError(message) from error
    except FileNotFoundError as error:
        message = f"{words[0]} is not installed here"
        raise HostsError(message) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["silence"]
        message = f"{title}: exit {done.returncode}: {said[-1]}"
        raise HostsError(message)
    return done.stdout.decode(errors="replace").strip()


def docker(*words: str, timeout: float = 600) -> str:
    """Ask this machine's Engine."""
    return run(("docker", *words), timeout=timeout)


def inside(host: Host, *words: str, timeout: float = 600) -> str:
    """Run a command on a host without its sshd."""
    return docker("exec", PREFIX + host.name, *words, timeout=timeout)


def say(text: str) -> None:
    """Print one line beside the output, which may be a caller's verdict."""
    print(f"hosts: {text}", file=sys.stderr, flush=True)
