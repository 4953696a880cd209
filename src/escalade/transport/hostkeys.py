"""known_hosts files: which keys a name has there, and how one more gets in.

Nothing here speaks to a host. Names are matched as OpenSSH does it: plain, with
wildcards and negation, and hashed.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import fcntl
import fnmatch
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "HostKey",
    "Known",
    "append",
    "can_hold",
    "forget",
    "known",
    "known_as",
]

_SSH_PORT = 22
_NOT_PLAIN = frozenset("*?!|")
_cache: dict[Path, tuple[tuple[int, int], _Lines]] = {}


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host's public key."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """Return what people compare: `SHA256:...`, as ssh-keygen -l prints it."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode()
        return f"SHA256:{digest.rstrip('=')}"

    @property
    def text(self) -> str:
        """Return the type and the key, as in known_hosts."""
        return f"{self.type} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the files say of one name: its keys, and keys that must never be its."""

    keys: tuple[HostKey, ...] = ()
    revoked: tuple[HostKey, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a known_hosts file."""

    names: str
    key: HostKey
    marker: str

    def fits(self, name: str) -> bool:
        """Whether the line speaks of a name."""
        if self.names.startswith("|1|"):
            return _hash_fits(self.names, name)
        patterns = self.names.lower().split(",")
        if any(p.startswith("!") and _wild(p[1:], name) for p in patterns):
            return False
        return any(_wild(pattern, name) for pattern in patterns)


class _Lines:
    """The lines of a file, by the names that they spell out.

    Only those with wildcards, negations or hashes are compared with every name.
    """

    def __init__(self, entries: Iterable[_Entry]) -> None:
        self._any: list[tuple[int, _Entry]] = []
        self._named: dict[str, list[tuple[int, _Entry]]] = {}
        for place, entry in enumerate(entries):
            if _NOT_PLAIN.isdisjoint(entry.names):
                for name in dict.fromkeys(entry.names.lower().split(",")):
                    self._named.setdefault(name, []).append((place, entry))
            else:
                self._any.append((place, entry))

    def of(self, name: str) -> list[_Entry]:
        """Return the lines that speak of a name, in the file's order."""
        fitting = [pair for pair in self._any if pair[1].fits(name)]
        found = sorted((*self._named.get(name, ()), *fitting), key=lambda pair: pair[0])
        return [entry for _, entry in found]


def known_as(host: str, port: int) -> str:
    """Return the name under which a host's key is kept."""
    name = host.lower()
    return name if port == _SSH_PORT else f"[{name}]:{port}"


def known(name: str, files: Iterable[Path]) -> Known:
    """Return what the files say of a name; a file that is not there says nothing."""
    keys: dict[HostKey, None] = {}
    revoked: dict[HostKey, None] = {}
    for path in files:
        for entry in _lines(path).of(name):
            if entry.marker in ("", "@revoked"):
                (revoked if entry.marker else keys)[entry.key] = None
    return Known(tuple(keys), tuple(revoked))


def can_hold(path: Path) -> bool:
    """Whether a file can hold keys: a regular one, or one that is not there yet."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def append(path: Path, name: str, key: HostKey) -> None:
    """Add a line for a key to a file; a new one is for its owner alone.

    One write to the end of the file: what others append meanwhile is not lost. Raises
    OSError, for a device or a pipe too: these are not even opened.
    """
    if not can_hold(path):
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, f"{chr(10) if torn else ''}{name} {key.text}\n".encode())
    finally:
        os.close(descriptor)


def forget(path: Path, name: str) -> int:
    """Remove the lines that name exactly this host; return how many.

    Lines that stand for several names keep the others. The file is replaced in one
    step, behind a symbolic link too, and keeps its owner and its mode.
    """
    if not path.exists() or not can_hold(path):
        return 0
    lines = path.read_text("utf-8", "surrogateescape").splitlines(keepends=True)
    kept = [_without(line, name) for line in lines]
    removed = sum(old != new for old, new in zip(lines, kept, strict=True))
    if removed:
        real = path.resolve()
        draft = real.with_name(f"{real.name}.{secrets.token_hex(4)}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(
            descriptor, "w", encoding="utf-8", errors="surrogateescape"
        ) as f:
            f.writelines(kept)
            facts = real.stat()
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, facts.st_uid, facts.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(facts.st_mode))
        draft.replace(real)
    return removed


def _without(line: str, name: str) -> str:
    """Return a line without a name; "" where it spoke of nothing else."""
    entry = _entry(line)
    if entry is None or entry.marker or not entry.fits(name):
        return line
    others = [n for n in entry.names.split(",") if n.lower() != name]
    if entry.names.startswith("|1|") or not others:
        return ""
    return line.replace(entry.names, ",".join(others), 1)


def _lines(path: Path) -> _Lines:
    """Return a file's lines, read once a process unless it changes."""
    try:
        facts = path.stat()
        stamp = (facts.st_mtime_ns, facts.st_size)
        cached = _cache.get(path)
        if not stat.S_ISREG(facts.st_mode):
            # A pipe or a terminal would be waited for.
            return _Lines(())
        if cached is None or cached[0] != stamp:
            text = path.read_text("utf-8", "surrogateescape")
            found = (e for line in text.splitlines() if (e := _entry(line)))
            cached = _cache[path] = (stamp, _Lines(found))
    except OSError:
        return _Lines(())
    return cached[1]


def _entry(line: str) -> _Entry | None:
    """Return a line's content, None where it has none."""
    words = line.split()
    marker = words.pop(0) if words and words[0].startswith("@") else ""
    if len(words) < 3 or words[0].startswith("#"):  # noqa: PLR2004 -- names, type, key
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return _Entry(words[0], HostKey(words[1], blob), marker)


def _wild(pattern: str, name: str) -> bool:
    """Whether a pattern with * and ? fits; brackets are plain in known_hosts."""
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


def _hash_fits(hashed: str, name: str) -> bool:
    """Whether a hashed name is this one."""
    try:
        salt, digest = (base64.b64decode(part) for part in hashed.split("|")[2:4])
    except (binascii.Error, ValueError):
        return False
    ours = hmac.new(salt, name.encode(), "sha1").digest()
    return hmac.compare_digest(ours, digest)
