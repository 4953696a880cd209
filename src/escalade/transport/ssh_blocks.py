"""ssh_config cut into its blocks, so that a host among thousands is found at once.

The library reads every block for every host, so that a hundred hosts cost ten thousand
comparisons. A block that names only plain hosts concerns nobody else: a lookup is given
those that name its host, and all that may concern anybody.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from paramiko.config import SSHConfig

__all__ = ["Blocks"]

_START = re.compile(r"\s*(?:host|match)\b", re.IGNORECASE)
_PLAIN = re.compile(r"\s*host(?:\s*=\s*|\s+)([\w.-]+(?:\s+[\w.-]+)*)\s*", re.IGNORECASE)
# These look a second time, under another name or with what was found.
_TWICE = re.compile(r"^\s*(?:match|canonical\w*)\b", re.IGNORECASE | re.MULTILINE)
_MOST = 256
"""Parsed selections that are kept."""


class Blocks:
    """The blocks of one ssh_config, by the hosts that they name.

    Raises the library's ConfigParseError where the text cannot be read.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        from paramiko.config import SSHConfig

        self._blocks: list[list[str]] = [[]]
        self._general: list[int] = [0]
        self._named: dict[str, list[int]] = {}
        self._parsed: dict[tuple[int, ...], SSHConfig] = {}
        self._lock = threading.Lock()
        for line in lines:
            if _START.match(line):
                self._begin(line)
            self._blocks[-1].append(line)
        text = "\n".join(line for block in self._blocks for line in block)
        self.whole = SSHConfig.from_text(text)
        """All blocks as the library reads them."""
        self._twice = _TWICE.search(text) is not None

    def lookup(self, name: str) -> Mapping[str, Any]:
        """Return what the configuration says of a host, as the library would."""
        if self._twice:
            return dict(self.whole.lookup(name))
        wanted = tuple(sorted((*self._general, *self._named.get(name, ()))))
        with self._lock:
            parsed = self._parsed.get(wanted)
        if parsed is None:
            from paramiko.config import SSHConfig

            lines = (line for number in wanted for line in self._blocks[number])
            parsed = SSHConfig.from_text("\n".join(lines))
            with self._lock:
                if len(self._parsed) < _MOST:
                    self._parsed[wanted] = parsed
        return dict(parsed.lookup(name))

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
