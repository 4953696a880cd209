"""Another user's rights on a host: the whole line by sudo, a password by stdin alone.

`timeout` stands inside sudo: who logged in could not end what runs as root. Nothing
ever prompts; a password is neither on a command line nor in an environment.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

from escalade.errors import EscaladeError
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.outputs import one_line

__all__ = ["Become", "no_password", "raised", "refusal", "secret_of"]

PAST = "escalade-stdin"
"""The line of stdin after which the command's own begins."""

# sudo reads the password where it asks for one, and else leaves it in the stream.
_SKIP = f'while IFS= read -r l && [ "$l" != {PAST} ]; do :; done; exec '
_WORDS = re.compile(
    r"^(?:.*\bsudo\b.*|sorry\b.*|.*not (?:in|allowed)\b.*)$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Become:
    """Whom to become, and where the password comes from, if one is needed.

    `password` is asked each time and kept nowhere; it may raise `EscaladeError`.
    """

    user: str = "root"
    password: Callable[[], str] | None = field(default=None, repr=False)


def raised(command: str, become: Become, *, stdin: bool) -> str:
    """Return a shell line that runs a command as another user.

    `command` is a simple command (it can follow `exec`). Who is that user already needs
    no sudo. With `stdin` the command reads its own, after the password; else none.
    """
    user = shlex.quote(become.user)
    ask = "-n" if become.password is None else "-S -p ''"
    head = f"set -- sudo {ask} -H -u {user} --; "
    head += f'[ "$(id -un)" != {user} ] || set --; '
    if become.password is None:
        return f'{head}"$@" {command}{"" if stdin else " </dev/null"}'
    inner = f"{_SKIP}{command}" if stdin else f"exec {command} </dev/null"
    return f'{head}"$@" sh -c {shlex.quote(inner)}'


def secret_of(become: Become, content: bytes | None) -> bytes | None:
    """Return all of stdin: the password's line where there is one, then the content.

    Raises `EscaladeError` where the password cannot be had.
    """
    if become.password is None:
        return content
    secret = become.password().encode("utf-8", "surrogateescape") + b"\n"
    return secret if content is None else secret + f"{PAST}\n".encode() + content


def refusal(output: Output, name: str) -> Output | None:
    """Return why sudo did not let us, None where it did (or was not the trouble).

    `output` is how a raised line that ought to succeed ended; `name` the host's.
    """
    if output.status is Status.OK and output.code == 0:
        return None
    if output.status is Status.TIMEOUT:
        reason = f"{name}: sudo does not answer ({output.reason})"
        return Output(Status.UNREACHABLE, reason=reason, cause="sudo")
    if output.status is not Status.OK:
        return output if output.cause == "sudo" else None
    said = output.stderr.decode("utf-8", "replace")
    # Before its first password, sudo gives a lecture.
    told = one_line("; ".join(_WORDS.findall(said)))
    if not told:
        return None
    return Output(Status.UNREACHABLE, reason=f"{name}: {told}", cause="sudo")


def no_password(error: EscaladeError, name: str) -> Output:
    """Return that the password for sudo cannot be had."""
    reason = f"{name}: no password for sudo: {one_line(str(error))}"
    return Output(Status.UNREACHABLE, reason=reason, cause="sudo")
