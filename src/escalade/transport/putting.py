"""A file on a host by a shell line: through a temporary name, its size looked at."""

from __future__ import annotations

from escalade.model import Status
from escalade.transport.base import Command
from escalade.transport.base import Output
from escalade.transport.outputs import one_line

__all__ = ["PUT_S", "put_line", "put_output", "put_trouble"]

PUT_S = 30.0
"""Seconds that writing a small file may take."""

# A connection that breaks would end the file early, so its size is looked at. What
# nobody wants is read all the same: for a packet to a channel that has just ended, sshd
# ends the whole connection.
_PUT = (
    "umask 077; "
    "if [ -d %s ]; then echo it is a directory >&2; cat >/dev/null; exit 1; fi; "
    'if cat >%s && [ "$(($(wc -c <%s)))" = %s ] && chmod %s %s && mv -f %s %s; '
    "then :; else rm -f %s; cat >/dev/null; exit 1; fi"
)


def put_line(path: str, size: int, mode: int, *, draft: str) -> str:
    """Return the line that writes its stdin, of so many bytes, to a path.

    `draft` is a word by chance for the temporary name beside it.
    """
    beside = f"{path}.{draft}.new"
    values = (path, beside, beside, str(size), f"{mode:o}", beside)
    return Command(_PUT, (*values, beside, path, beside)).line


def put_output(path: str, output: Output) -> Output:
    """Return how writing a file ended, from how its line did."""
    if output.status is not Status.OK or output.code == 0:
        return output
    said = one_line(output.stderr) or "was not written"
    return put_trouble(path, said)._replace(took_s=output.took_s)


def put_trouble(path: str, said: str) -> Output:
    """Return why a file was not written; a full disk has a word of its own."""
    words = said.lower()
    denied = "permission denied" in words
    full = "no space left" in words or "quota exceeded" in words
    status = Status.DENIED if denied else Status.ERROR
    reason = f"{path}: {said}"
    return Output(status, reason=reason, cause="disk-full" if full else "")
