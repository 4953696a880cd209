"""Which TCP ports are listened on in a container's network, and how long they queue."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status

__all__ = ["SOCKETS"]

DOCKER_DNS = "127.0.0.11"
"""Docker's own name server listens there in every container."""
V4_MAPPED = "0000000000000000FFFF0000"

# State 0A is LISTEN. The header line tells an empty table from an unreadable one.
SCRIPT = "grep -sE 'local_address| 0A ' /proc/%(pid)d/net/tcp /proc/%(pid)d/net/tcp6"


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask the kernel's tables of the container's network namespace."""
    del args
    pid = whole(as_dict(target.inspect.get("State")).get("Pid"))
    return (Script(SCRIPT % {"pid": pid}),) if pid else ()


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each listening socket."""
    del target, args
    if not answers:
        return Parsed()
    if trouble := failed(answers):
        return trouble
    text = answers[0].body.decode("ascii", "replace")
    if "local_address" not in text:
        reason = "the container's socket tables could not be read"
        return Parsed(status=Status.DENIED, complete=False, reason=reason)
    found = [record for line in text.splitlines() if (record := _record(line))]
    readings = tuple(r for r in found if r["address"] != DOCKER_DNS)
    return Parsed(readings, complete=not answers[0].truncated)


def _record(line: str) -> Reading | None:
    """Return the reading of one line: `/proc/7/net/tcp6:  0: ADDRESS:PORT ...`."""
    path, _, rest = line.partition(":")
    words = rest.split()
    if len(words) < 5 or words[3] != "0A":  # noqa: PLR2004
        return None
    address, _, port = words[1].partition(":")
    text = _address(address)
    return {
        "proto": path.rpartition("/")[2],
        "address": text,
        "port": int(port, 16),
        "loopback": text == "::1" or text.startswith("127."),
        "backlog": int(words[4].partition(":")[2], 16),
    }


def _address(digits: str) -> str:
    """Return an address of the kernel's tables: 32-bit words in the host's order.

    Both tables are little endian on all machines that Docker's Linux runs on but
    s390x.
    """
    if len(digits) == 8:  # noqa: PLR2004
        return _v4(digits)
    if digits.startswith(V4_MAPPED):
        return _v4(digits[24:])
    words = [bytes.fromhex(digits[i : i + 8])[::-1].hex() for i in range(0, 32, 8)]
    return _v6("".join(words))


def _v4(digits: str) -> str:
    """Return an IPv4 address in its usual form."""
    return ".".join(str(byte) for byte in bytes.fromhex(digits)[::-1])


def _v6(digits: str) -> str:
    """Return an IPv6 address, the longest run of zeros shortened (RFC 5952)."""
    import socket

    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))


SOCKETS = Probe(
    name="sockets",
    scope="container",
    doc="One record for each listening TCP socket of the container's network: "
    "`backlog` is how many connections wait to be accepted.",
    readings={
        "proto": str,
        "address": str,
        "port": int,
        "loopback": bool,
        "backlog": int,
    },
    always=True,
    needs_running=True,
    questions=_questions,
    parse=_parse,
    headline=("address", "port"),
)
