"""ssh_config cut into its blocks, so that a host among thousands is found at once.

The library reads every block for every host, so that a hundred hosts cost ten thousand
comparisons. A block that names only plain hosts concerns nobody else: a lookup is given
those that name its host, and all that may concern anybody.
"""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from paramiko.config import SSHConfig

__all__ = ["AS_IT_IS", "Blocks"]

_START = re.compile(r"\s*(?:host|match)\b", re.IGNORECASE)
_HOST = re.compile(r"\s*host(?:\s*=\s*|\s+)(.+)", re.IGNORECASE)
_PLAIN = re.compile(r"\s*host(?:\s*=\s*|\s+)([\w.-]+(?:\s+[\w.-]+)*)\s*", re.IGNORECASE)
_HOST_NAME = re.compile(r"\s*hostname\b", re.IGNORECASE)
# These look a second time, under another name or with what was found.
_TWICE = re.compile(r"^\s*(?:match|canonical\w*)\b", re.IGNORECASE | re.MULTILINE)
_CANONICAL = re.compile(r"^\s*canonicalizehostname\b", re.IGNORECASE | re.MULTILINE)
# The library knows neither the word nor that there may be no domains at all.
_NO_DOMAINS = re.compile(
    r"\s*canonicaldomains(?:\s*=\s*|\s+)\"?none\"?\s*", re.IGNORECASE
)
_NONE = 'CanonicalDomains ""'
AS_IT_IS = "CanonicalizeHostname no"
"""A line that keeps a name from being looked up in the domains."""
_MOST = 256
"""Parsed selections that are kept."""


class Blocks:
    """The blocks of one ssh_config, by the hosts that they name.

    Raises the library's ConfigParseError where the text cannot be read.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._blocks: list[list[str]] = [[]]
        self._general: list[int] = [0]
        self._named: dict[str, list[int]] = {}
        self._parsed: dict[tuple[int, ...], SSHConfig] = {}
        self._lock = threading.Lock()
        for line in lines:
            self._add(_NONE if _NO_DOMAINS.fullmatch(line) else line)
        text = "\n".join(line for block in self._blocks for line in block)
        self._twice = _TWICE.search(text) is not None
        self._canonical = _CANONICAL.search(text) is not None
        if self._canonical:
            self._add("Host *")
            self._add(_NONE)
        # What cannot be read is found here, whoever is asked for later.
        self._whole = tuple(range(len(self._blocks)))
        self._parse(self._whole)

    def lookup(
        self, name: str, *, alias: str = "", said: tuple[str, ...] = ()
    ) -> Mapping[str, Any]:
        """Return what the configuration says of a host, as the library would.

        A block that spells out the alias counts as one that names the host, but for
        its HostName. What is `said`, line by line, stands above all blocks. Raises
        ValueError where a name must have a canonical one and has none.
        """
        named = (*self._named.get(name, ()), *self._named.get(alias, ()))
        wanted = tuple(sorted({*self._general, *named}))
        return self._look(name, self._whole if self._twice else wanted, alias, said)

    def shared(self, name: str, *, by: tuple[str, ...]) -> Mapping[str, Any]:
        """Return what a lookup would say without the blocks that spell out a host."""
        numbers = tuple(
            number
            for number in (self._whole if self._twice else self._general)
            if not any(_spells(self._blocks[number], one) for one in by)
        )
        return self._look(name, numbers, "", (AS_IT_IS,) if self._canonical else ())

    def _look(
        self, name: str, numbers: tuple[int, ...], alias: str, said: tuple[str, ...]
    ) -> Mapping[str, Any]:
        """Return what some blocks say of a host."""
        from paramiko.ssh_exception import CouldNotCanonicalize

        if self._canonical and _is_absolute(name):
            said = (*said, AS_IT_IS)
        if alias or said:
            blocks = (_for(self._blocks[n], name, alias) for n in numbers)
            parsed = _read((*said, *(line for block in blocks for line in block)))
        else:
            parsed = self._parse(numbers)
        try:
            return dict(parsed.lookup(name))
        except CouldNotCanonicalize as error:
            what = f"{name!r} has no canonical name in CanonicalDomains"
            raise ValueError(what) from error

    def _parse(self, numbers: tuple[int, ...]) -> SSHConfig:
        """Return some blocks as the library reads them, once."""
        with self._lock:
            parsed = self._parsed.get(numbers)
        if parsed is None:
            parsed = _read(line for number in numbers for line in self._blocks[number])
            with self._lock:
                if len(self._parsed) < _MOST:
                    self._parsed[numbers] = parsed
        return parsed

    def _add(self, line: str) -> None:
        """Add a line to its block."""
        if _START.match(line):
            self._begin(line)
        self._blocks[-1].append(line)

    def _begin(self, line: str) -> None:
        """Begin a block, under the hosts that it names or as one for anybody."""
        number = len(self._blocks)
        self._blocks.append([])
        plain = _PLAIN.fullmatch(line)
        if plain is None:
            self._general.append(number)
            return
        for name in dict.fromkeys(plain[1].split()):
            self._named.setdefault(name, []).append(number)


def _read(lines: Iterable[str]) -> SSHConfig:
    """Return lines as the library reads them."""
    from paramiko.config import SSHConfig

    return SSHConfig.from_text("\n".join(lines))


def _for(block: list[str], name: str, alias: str) -> Iterator[str]:
    """Yield a block's lines, for a host too whose alias it spells out."""
    if not alias or not _spells(block, alias) or _speaks_of(block, name):
        yield from block
        return
    yield f"Host {shlex.quote(name)}"
    yield from (line for line in block[1:] if not _HOST_NAME.match(line))


def _words(block: list[str]) -> list[str]:
    """Return the patterns of a block's Host line."""
    host = _HOST.match(block[0]) if block else None
    return shlex.split(host[1]) if host else []


def _spells(block: list[str], name: str) -> bool:
    """Whether a block names a host letter by letter."""
    return bool(block) and name in block[0] and name in _words(block)


def _speaks_of(block: list[str], name: str) -> bool:
    """Whether a pattern of a block fits a host, or keeps it out."""
    return any(fnmatch(name, word.removeprefix("!")) for word in _words(block))


def _is_absolute(name: str) -> bool:
    """Whether a name is canonical as it is: an address, or with a dot at its end."""
    from ipaddress import ip_address

    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return name.endswith(".")
    return True
