"""All shell questions of a host as one bounded script, and its output taken apart.

Every snippet is framed by a random word and its exit code kept. Carefully asked, each
is bounded by its own `timeout` and cut by its own `head -c`; quickly asked, all of a
group share one of each, and a group that is alone has those of the transport, which
spares the host half of the work: what came to no end that way is for a careful second
round. Groups run side by side where the host has bash, so that a slow one holds nobody
else.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from escalade.evidence.probe import Answer
from escalade.model import Status

__all__ = ["CUT", "RUNNER", "Batch", "Snippet", "argv", "build", "take_apart"]

MAX_LINE = 100_000
"""Longest quoted line: Linux takes at most 131,072 bytes in one argument."""
QUICKEST_S = 4.0
"""A snippet that may take longer is always asked carefully."""
CUT = "cut off there"
"""The reason of a snippet that began and came to no end."""
PIECE = 65_536
"""Bytes that an answer is sent in, at most: what a pipe of Linux holds."""
ABREAST = 8
"""Groups that run side by side."""
_COMMAND = re.compile(
    r"""(?!(?:[.:[]|alias|bg|break|case|cd|command|continue|do|done|echo|elif|else|esac
        |eval|exec|exit|export|false|fc|fg|fi|for|getopts|hash|if|jobs|kill|local|printf
        |pwd|read|readonly|return|set|shift|source|test|then|times|trap|true|type|ulimit
        |umask|unalias|unset|until|wait|while)(?:[ ]|\Z))
        [\w./-]+(?:[ ][\w./:,=@%+-]+)*""",
    re.VERBOSE,
)
"""One program and plain words; not what a shell answers itself (POSIX, Shell Command
Language, 2.9 and 2.14, and what common shells add)."""
KILLED = (124, 137, 143)
"""Exit codes of `timeout`: after its TERM, after its KILL, and of busybox's."""

RUNNER = r"""exec 4>&1
S=$1 N=$2
shift 2
while [ $# -gt 3 ]; do
  printf '\n%s b %s\n' "$N" "$1"
  c=$({ { timeout -k 1 "$2" "$S" -c "$4" </dev/null 2>/dev/null 3>&- 4>&-
    echo $? >&3; } | head -c "$3" >&4; } 3>&1)
  printf '\n%s e %s %s\n' "$N" "$1" "$c"
  shift 4
done"""
"""POSIX shell: `shell nonce (key seconds bytes text)...`; one frame for each."""


QUICK = r"""_nonce=$1 _end=
shift
while [ $# -gt 1 ]; do
  printf '%s\n%s b %s\n' "$_end" "$_nonce" "$1"
  (eval "$2") </dev/null 2>/dev/null
  _end="
$_nonce e $1 $?
"
  shift 2
done
printf '%s' "$_end"
"""
"""POSIX shell: `shell nonce (key text)...`; for a group within one bound and limit.

Snippets share its variables, so it has two alone, of names that none of them uses."""


class Snippet(NamedTuple):
    """One shell question: `key` names its answer, `group` those it runs after.

    `pid`, where given, is the process whose network namespace is entered; such a
    snippet is bash. All snippets of a group have the same `pid`.
    """

    key: int
    text: str
    timeout_s: float
    limit: int
    group: str = "host"
    pid: int | None = None


class Batch(NamedTuple):
    """One line for a transport, the keys it answers, and the bounds it is to have.

    `limit` is in bytes, and nothing on the host need cut there; `bound_s` is how long
    the line may run, None where it bounds itself.
    """

    line: str
    keys: tuple[int, ...]
    limit: int
    bound_s: float | None = None


def argv(snippets: Iterable[Snippet], *, program: str, nonce: str) -> tuple[str, ...]:
    """Return the runner's arguments for snippets. Seconds are whole: busybox."""
    words = [program, nonce]
    for one in snippets:
        seconds = max(1, math.ceil(one.timeout_s))
        words += [str(one.key), str(seconds), str(one.limit), one.text]
    return tuple(words)


def _quoted(text: str) -> str:
    r"""Return a bash word that has no quote inside: `$'it\x27s'`.

    The line is quoted twice more on its way, and each level makes five characters
    out of every quote.
    """
    if not re.search(r"[\\'\n]", text):
        return shlex.quote(text)
    return "$'" + text.replace("\\", "\\\\").replace("'", "\\x27") + "'"


class _Way(NamedTuple):
    """How groups are asked: quickly within `quick_s`, or (at 0) within `bound_s`."""

    nonce: str
    bound_s: int
    quick_s: int = 0

    def is_quick(self, group: Iterable[Snippet]) -> bool:
        """Whether a group is asked quickly."""
        return self.quick_s > 0 and all(s.timeout_s <= QUICKEST_S for s in group)


def _limit(group: Iterable[Snippet]) -> int:
    """Return the bytes that a group may write, frames and all."""
    return sum(one.limit + 200 for one in group)


def _lean(text: str) -> str:
    """Return a snippet so that its subshell becomes the command, where it is only one.

    Else the subshell waits for a process more, a third of what a short command costs.
    """
    return f"exec {text}" if _COMMAND.fullmatch(text) else text


def _quick(group: Iterable[Snippet], way: _Way) -> list[str]:
    """Return the arguments of the quick runner."""
    words = (word for one in group for word in (str(one.key), _lean(one.text)))
    return [way.nonce, *words]


def _command(group: Sequence[Snippet], way: _Way, *, runners: Sequence[str]) -> str:
    """Return the shell command that runs one group within its bound."""
    pid = group[0].pid
    enter = "" if pid is None else f"nsenter -t {pid} -n "
    shell = "sh" if pid is None else "bash"
    careful, quick = runners
    if way.is_quick(group):
        words = " ".join(_quoted(word) for word in _quick(group, way))
        run = f"timeout -k 1 {way.quick_s} {enter}{shell} -c {quick} escalade {words}"
        return f"{run} </dev/null | head -c {_limit(group)}"
    words = " ".join(
        _quoted(word) for word in argv(group, program=shell, nonce=way.nonce)
    )
    return f"timeout -k 1 {way.bound_s} {enter}{shell} -c {careful} escalade {words}"


def _groups(snippets: Sequence[Snippet]) -> list[list[Snippet]]:
    """Return the snippets by group, both in their first order."""
    table: dict[tuple[str, int | None], list[Snippet]] = {}
    for one in snippets:
        table.setdefault((one.group, one.pid), []).append(one)
    return list(table.values())


def _bash(groups: Sequence[Sequence[Snippet]], way: _Way) -> str:
    """Return the line whose groups run side by side, each buffered by its own pipe."""
    lines = [f"R={_quoted(RUNNER)}", f"Q={_quoted(QUICK)}"]
    for start in range(0, len(groups), ABREAST):
        wave = groups[start : start + ABREAST]
        fds = range(10, 10 + len(wave))
        for fd, group in zip(fds, wave, strict=True):
            command = _command(group, way, runners=('"$R"', '"$Q"'))
            lines.append(f"exec {fd}< <({command})")
        lines += [f"cat <&{fd}; exec {fd}<&-" for fd in fds]
    return "bash -c " + shlex.quote("\n".join(lines))


def _one_by_one(groups: Sequence[Sequence[Snippet]], way: _Way) -> str:
    """Return the line for a host without bash: one after the other."""
    flat = [one for group in groups for one in group]
    words = shlex.join(argv(flat, program="sh", nonce=way.nonce))
    return f"sh -c {shlex.quote(RUNNER)} escalade {words}"


def _alone(group: Sequence[Snippet], way: _Way) -> str:
    """Return the line of a single group that is asked quickly: any shell will do.

    The transport's shell runs it, bounds and cuts it: three processes less. `dd` sends
    in few pieces what comes in many, each a packet to seal, send and open; it outlives
    the first signal, so that what was answered until then is sent, too.
    """
    run = f"set -- {shlex.join(_quick(group, way))}\n{{\n{QUICK}}}"
    return f"{run} | (trap '' TERM; exec dd obs={PIECE} 2>/dev/null)"


def _batch(groups: Sequence[Sequence[Snippet]], way: _Way, *, bash: bool) -> Batch:
    """Return the batch of some groups."""
    flat = [one for group in groups for one in group]
    keys, limit = tuple(one.key for one in flat), _limit(flat)
    together = flat if not bash or len(groups) == 1 else []
    if together and flat[0].pid is None and way.is_quick(flat):
        return Batch(_alone(flat, way), keys, limit, float(way.quick_s))
    line = _bash(groups, way) if bash else _one_by_one(groups, way)
    return Batch(line, keys, limit)


def build(
    snippets: Sequence[Snippet],
    *,
    nonce: str,
    bash: bool,
    bound_s: float,
    quick_s: float = 0.0,
) -> tuple[Batch, ...]:
    """Return as few lines as the length of an argument allows.

    `bound_s` bounds each group; with `quick_s`, those whose snippets are short are
    asked quickly within it. A single snippet that is too long for any line is left out:
    its answer is then missing.
    """
    way = _Way(nonce, max(1, int(bound_s)), int(quick_s))

    def pack(groups: Sequence[Sequence[Snippet]]) -> tuple[Batch, ...]:
        batch = _batch(groups, way, bash=bash)
        if len(shlex.quote(batch.line)) <= MAX_LINE:
            return (batch,)
        first, second = _halves(groups)
        return (*pack(first), *pack(second)) if second else ()

    return pack(_groups(snippets)) if snippets else ()


def _halves(
    groups: Sequence[Sequence[Snippet]],
) -> tuple[Sequence[Sequence[Snippet]], Sequence[Sequence[Snippet]]]:
    """Return the groups in two parts, or the only group's snippets in two."""
    if len(groups) > 1:
        middle = len(groups) // 2
        return groups[:middle], groups[middle:]
    only = groups[0]
    middle = len(only) // 2
    return ([only[:middle]], [only[middle:]]) if middle else ([only], [])


def _answer(body: bytes, code: int, limit: int) -> Answer:
    """Return the answer of a snippet that came to an end."""
    cut, body = len(body) >= limit, body[:limit]
    if code in KILLED:
        return Answer(Status.TIMEOUT, body, code, reason="it took too long there")
    return Answer(Status.OK, body, code, truncated=cut)


def take_apart(
    output: bytes, snippets: Iterable[Snippet], *, nonce: str
) -> Mapping[int, Answer]:
    """Return the answers found in a batch's output, by key.

    A snippet that began and has no end was cut off: TIMEOUT, with what it said. One
    that never began is absent.
    """
    limits = {one.key: one.limit for one in snippets}
    answers: dict[int, Answer] = {}
    for piece in output.split(b"\n" + nonce.encode() + b" ")[1:]:
        head, _, body = piece.partition(b"\n")
        kind, _, rest = head.partition(b" ")
        key, _, code = rest.partition(b" ")
        if not key.isdigit() or int(key) not in limits:
            continue
        number = int(key)
        if kind == b"b":
            answers[number] = Answer(Status.TIMEOUT, body, reason=CUT)
        elif kind == b"e" and code.isdigit() and number in answers:
            answers[number] = _answer(answers[number].body, int(code), limits[number])
    return answers
