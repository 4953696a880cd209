"""A whole log searched as it streams: for each wish how often, first and last.

Blocks of the raw stream are searched for literals before any line is looked at, so
that a block without a hit costs one pass of the C library for each literal. Memory is
bounded by the block, not by the log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from escalade.evidence.parsing import clean
from escalade.evidence.parsing import timestamp

__all__ = ["Found", "Wish", "found", "scan", "wish_key", "wishes", "words"]

BLOCK = 262_144
LONGEST = 1_048_576
"""A line that is longer is searched in parts."""
PARTIAL = 16_384
"""Bytes at which the Engine breaks a line into several frames."""
KEPT = 500

_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) ?")
_SEAM = re.compile(
    rb"(?<=[^\n])[\x01\x02]\x00\x00\x00.{4}\d{4}-\d\d-\d\dT[\d:.]{8,18}Z ", re.DOTALL
)
_CHOICE = re.compile(r"[|(\[{]")
_PARTS = re.compile(r"(\\.|[.^$*+?])")
_SPECIAL = re.compile(r"\\[A-Za-z0-9]|[.^$+]")


class Wish(NamedTuple):
    """What is looked for: any of the literals, and the pattern where there is one."""

    literals: tuple[str, ...]
    pattern: str | None = None


class Found(NamedTuple):
    """What a scan found for a wish: lines, and the first and the last of them."""

    key: str
    hits: int = 0
    first: float | None = None
    last: float | None = None
    stream: str = "stdout"
    text: str = ""


def wish_key(literals: Sequence[str], pattern: str | None) -> str:
    """Return the name under which a wish's result is kept."""
    return json.dumps([sorted(literals), pattern], ensure_ascii=False)


def words(value: object) -> tuple[str, ...]:
    """Return one text or several as several; nothing as none."""
    if value is None:
        return ()
    if isinstance(value, (tuple, list)):
        return tuple(str(item) for item in value)
    return (str(value),)


def wishes(args: Mapping[str, object]) -> tuple[Wish, ...]:
    """Return what the arguments of one log question need to be looked for."""
    pattern = args.get("matches")
    main = Wish(words(args.get("contains")), None if pattern is None else str(pattern))
    lost = Wish(words(args.get("newer_than")))
    return tuple(wish for wish in (main, lost) if wish.literals or wish.pattern)


def scan(looked_for: Iterable[Wish]) -> Callable[[Iterator[bytes]], bytes]:
    """Return a fold whose body is the JSON of what was found (see `found`)."""

    def fold(chunks: Iterator[bytes]) -> bytes:
        seekers = [_Seeker(wish) for wish in looked_for]
        words = {word for seeker in seekers for word in seeker.words}
        for block in _blocks(chunks):
            here = {word for word in words if word in block}
            for seeker in seekers:
                seeker.search(block, here)
        return json.dumps([s.found._asdict() for s in seekers]).encode()

    return fold


def found(body: bytes) -> tuple[Found, ...]:
    """Return the results in a fold's body."""
    return tuple(Found(**record) for record in json.loads(body or b"[]"))


def _blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole lines, many at a time; a very long line in overlapping parts."""
    rest = b""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size < BLOCK:
            continue
        data = rest + b"".join(parts)
        parts, size = [], 0
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) > LONGEST:
            yield _seamless(data)
            rest = data[-KEPT:]
        else:
            if cut:
                yield _seamless(data[:cut])
            rest = data[cut:]
    last = rest + b"".join(parts)
    if last:
        yield _seamless(last)


def _seamless(block: bytes) -> bytes:
    """Return a block whose long lines are whole again, without frames inside."""
    if max(map(len, block.split(b"\n"))) < PARTIAL:
        return block
    return _SEAM.sub(b"", block)


class _Seeker:
    """One wish, held against block after block."""

    def __init__(self, wish: Wish) -> None:
        self.found = Found(wish_key(wish.literals, wish.pattern))
        self._pattern = re.compile(wish.pattern) if wish.pattern else None
        hint = _literal(wish.pattern) if wish.pattern and not wish.literals else ""
        literals = wish.literals or ((hint,) if hint else ())
        self.words = [word.encode() for word in literals]

    def search(self, block: bytes, here: AbstractSet[bytes]) -> None:
        """Note every line of a block that fulfils the wish; `here` are the words in it."""
        present = [word for word in self.words if word in here]
        if present:
            self._lines(block, self._hits(block, present))
        elif not self.words:
            self._lines(block, self._every(block))

    def _every(self, block: bytes) -> Iterator[int]:
        """Yield where each line begins."""
        at = 0
        while at < len(block):
            yield at
            at = block.find(b"\n", at) + 1 or len(block)

    def _hits(self, block: bytes, words: Sequence[bytes]) -> Iterator[int]:
        """Yield one place in each line that holds a word, in order."""
        following = {word: block.find(word) for word in words}
        end = -1
        while following:
            word = min(following, key=following.__getitem__)
            at = following[word]
            if at >= end:
                yield at
                end = block.find(b"\n", at)
                end = len(block) if end < 0 else end
            following[word] = block.find(word, max(at + 1, end))
            if following[word] < 0:
                del following[word]

    def _lines(self, block: bytes, places: Iterator[int]) -> None:
        """Count the lines at these places; keep the first time and the last line."""
        count, first, newest = self.found.hits, self.found.first, -1
        for at in places:
            if not self._fits(block, at):
                continue
            count, newest = count + 1, at
            if first is None:
                first = _taken(block, at)[0]
        if newest >= 0:
            time, stream, text = _taken(block, newest)
            key = self.found.key
            self.found = Found(key, count, first, time, stream, text[:KEPT])

    def _fits(self, block: bytes, at: int) -> bool:
        """Whether the line at a place matches the pattern, if there is one."""
        if self._pattern is None:
            return True
        return self._pattern.search(_taken(block, at)[2]) is not None


def _taken(block: bytes, at: int) -> tuple[float | None, str, str]:
    """Return time, stream and text of the line around a place.

    A frame's header may hold a newline of its own (a length of 10), so the stream is
    read eight bytes before the time, not at the line's beginning.
    """
    start = block.rfind(b"\n", 0, at) + 1
    end = block.find(b"\n", at)
    line = block[start : end if end >= 0 else len(block)][: 4 * KEPT + at - start]
    stamp = _STAMP.search(line, 0, 60)
    if stamp is None:
        return None, "stdout", clean(line, LONGEST)
    header = start + stamp.start() - 8
    stream = "stderr" if header >= 0 and block[header] == 2 else "stdout"  # noqa: PLR2004
    time = timestamp(stamp[0].decode().strip())
    return time, stream, clean(line[stamp.end() :], LONGEST)


def _literal(pattern: str) -> str:
    """Return a text that every match of a pattern must hold, "" where none is sure.

    Anything with groups, sets, choices or counts is not looked into.
    """
    if _CHOICE.search(pattern):
        return ""
    runs = [""]
    for part in _PARTS.split(pattern):
        if part in ("*", "?"):
            runs[-1] = runs[-1][:-1]
            runs.append("")
        elif _SPECIAL.fullmatch(part):
            runs.append("")
        else:
            runs[-1] += part.removeprefix("\\")
    return max(runs, key=len)
