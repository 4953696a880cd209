"""A plain HTTP/1.1 question and its answer, as bytes: no client, no session."""

from __future__ import annotations

import re
from urllib.parse import quote

from escalade.evidence.parsing import clean

__all__ = ["complete", "greeting", "request", "status_and_body"]

BODY = 500
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r|\n)")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,12})[ \t]*\r?$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:.*\bchunked\b")
_SAFE = "/?&=%:+,~@!$'()*;#[]"
_EMPTY = (204, 304)


def request(host: str, port: int, path: str = "/") -> bytes:
    """Return a GET that asks the server to close when it is done."""
    where = f"[{host}]" if ":" in host else host
    lines = (
        f"GET {quote(path, safe=_SAFE)} HTTP/1.1",
        f"Host: {where}:{port}",
        "User-Agent: escalade",
        "Accept: */*",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def complete(data: bytes) -> bool:
    """Whether an answer is all there, so that nobody waits for a lazy peer.

    What does not begin like HTTP is complete with its first bytes.
    """
    if not (data.startswith(b"HTTP/1.") or b"HTTP/1.".startswith(data[:7])):
        return True
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        return False
    status = _STATUS.match(head)
    if status and int(status[1]) in _EMPTY:
        return True
    if _CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    length = _LENGTH.search(head)
    return length is not None and len(body) >= int(length[1])


def status_and_body(data: bytes) -> tuple[int | None, str]:
    """Return the HTTP status (None where the answer is not HTTP) and a text for people."""
    match = _STATUS.match(data)
    if not match:
        return None, clean(data[: 4 * BODY], BODY).strip()
    head, _, body = data.partition(b"\r\n\r\n")
    if _CHUNKED.search(head):
        body = _unchunked(body)
    return int(match[1]), clean(body[: 4 * BODY], BODY).strip()


def _unchunked(body: bytes) -> bytes:
    """Return the payload of chunks, as far as they came."""
    out = b""
    while body:
        size, found, rest = body.partition(b"\r\n")
        digits = size.split(b";")[0].strip()
        if not found or not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):
            break
        length = int(digits, 16)
        if not length:
            break
        out += rest[:length]
        body = rest[length + 2 :]
    return out


def greeting(image: str, port: int) -> bytes | None:
    r"""Return what to say to a port that does not speak HTTP, None where it may.

    A GET sent to Redis is logged there as an attack, one sent to PostgreSQL as an
    error: each is greeted in its own tongue. MySQL, SSH and mail speak first.
    """
    name = image.rpartition("/")[2].partition(":")[0]
    if port == 6379 or re.match(r"redis|valkey|keydb", name):  # noqa: PLR2004
        return b"PING\r\n"
    if port == 5432 or re.match(r"postgres|pgvector|timescale", name):  # noqa: PLR2004
        return b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
    if port in (3306, 22, 25, 587, 21) or re.match(r"mysql|mariadb|percona", name):
        return b""
    return None
