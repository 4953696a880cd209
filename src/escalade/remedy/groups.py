"""The processes of one action on its host: how they are known, found and ended.

An action's line runs under `timeout`, which leads a process group of its own. A child
that left the group (setsid) is known by the tag in its environment, or by its parent.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from escalade.model import Status
from escalade.transport.base import Command
from escalade.transport.base import Transport
from escalade.transport.outputs import one_line

__all__ = ["NOTHING", "Group", "Left", "end", "look", "tagged"]

TERM_S = 2.0
"""Seconds between TERM and KILL, and again at most until all are gone."""
VARIABLE = "ESCALADE_RUN"
"""What every process of an action has in its environment."""
MARKER = "escalade-group "
"""What the first line of an action's output begins with; the group's number follows."""
_ASK_S = 2 * TERM_S + 4.0
_MOST = 20

# A group's number can belong to somebody else by now: it counts only while its leader,
# or a process with the tag, says that it is ours. Zombies are gone. Whoever left the
# group is found by the tag, or as a child of one that was found. The tag is put together
# here: sudo keeps this whole script in the environment of what runs it (SUDO_COMMAND).
_LOOK = """
group=%s tag=%s
tag=%s=$tag
[ "$PPID" = "$group" ] && exit 0
look() {
  found=' '
  for file in $(grep -lF -e "$tag" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${file#/proc/}; found="$found${pid%%/environ} "
  done
  ours=$found
  tr '\\0' ' ' <"/proc/$group/cmdline" 2>/dev/null | grep -qF -e "$tag" && ours=$group
  rows=
  for place in /proc/[0-9]*; do
    read -r row <"$place/stat" || continue
    set -- ${row##*) }
    [ "$1" = Z ] || rows="$rows ${place#/proc/}:$2:$3"
  done 2>/dev/null
  left=' ' before=
  while [ "$left" != "$before" ]; do
    before=$left
    for row in $rows; do
      pid=${row%%%%:*} rest=${row#*:}
      case $left in *" $pid "*) continue ;; esac
      case $found in *" $pid "*) left="$left$pid "; continue ;; esac
      case $left in *" ${rest%%:*} "*) left="$left$pid "; continue ;; esac
      [ "$ours" != ' ' ] && [ "${rest#*:}" = "$group" ] && left="$left$pid "
    done
  done
  [ "$left" != ' ' ]
}
"""
_SAY = """
for pid in $left; do
  words=$(tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | head -c 200 | tr '\\n' ' ')
  echo "$pid ${words:-$(cat "/proc/$pid/comm" 2>/dev/null)}"
done
"""
_END = """
wait_for() { for turn in $(seq 20); do look || exit 0; sleep %s; done; }
look || exit 0
kill -TERM $left 2>/dev/null; kill -CONT $left 2>/dev/null; wait_for
kill -KILL $left 2>/dev/null; wait_for
kill -KILL $left 2>/dev/null; sleep %s
look || exit 0
"""


class Group(NamedTuple):
    """An action's processes on its host: the group's number, and the action's tag.

    The number is 0 where it was never learnt: then the tag alone finds them. Its text form is what is told through `started`, journalled, and read back.
    """

    number: int
    tag: str

    def __str__(self) -> str:
        """Return `number tag`."""
        return f"{self.number} {self.tag}"

    @classmethod
    def read(cls, text: str) -> Group | None:
        """Return a group from its text form, None where it is none."""
        number, _, tag = text.partition(" ")
        return cls(int(number), tag) if number.isdecimal() and tag else None


class Left(NamedTuple):
    """What is still there of a group: `pid words` each; `trouble`: nobody could look."""

    processes: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def gone(self) -> bool:
        """Whether it is proved that nothing is left."""
        return not self.processes and not self.trouble

    def orphan(self, host: str) -> str:
        """Return in one line what still runs on a host, "" where nothing does."""
        if self.trouble:
            return f"what was started may still run on {host}: {self.trouble}"
        if not self.processes:
            return ""
        words = [p.partition(" ") for p in self.processes[:3]]
        named = ", ".join(f"pid {pid} ({said.strip()})" for pid, _, said in words)
        more = len(self.processes) - len(words)
        verb = "still runs" if len(self.processes) == 1 else "still run"
        return f"{named}{f' and {more} more' if more else ''} {verb} on {host}"


NOTHING = Left()
"""Nothing is left."""


def tagged(line: str, tag: str) -> str:
    """Return a shell line whose processes can be found again by the tag.

    Its first line of output is the marker with the group's number: `timeout` is the
    parent of the shell. Both streams become one, in the order in which they came.
    """
    head = f'echo "{MARKER}$PPID"; exec 2>&1; export {VARIABLE}={shlex.quote(tag)}'
    return f"{head}\n{line}"


def look(transport: Transport, group: Group) -> Left:
    """Return what is there of a group (under a second on a host)."""
    return _ask(transport, _script(group, "look || exit 0\n"))


def end(transport: Transport, group: Group) -> Left:
    """End a group: TERM, up to two seconds, KILL, up to two more; return what is left."""
    pause = f"{TERM_S / _MOST:g}"
    return _ask(transport, _script(group, _END % (pause, pause)))


def _script(group: Group, work: str) -> str:
    """Return a shell script that looks for a group, does the work, and says what is left.

    The tag is searched as a whole variable: an environment ends each with a NUL, which
    no pattern can hold, so tags end with a mark of their own.
    """
    # Kernel threads are of group 0, so that must never be looked for.
    number = str(group.number) if group.number > 0 else "none"
    head = Command(_LOOK, (number, group.tag, VARIABLE)).line
    return head + work + _SAY


def _ask(transport: Transport, script: str) -> Left:
    """Run a script and read the processes that it names."""
    output = transport.run(script, timeout_s=_ASK_S, limit=65_536)
    if output.status is not Status.OK:
        return Left(trouble=output.reason or output.status.value)
    if output.code != 0:
        said = one_line(output.stderr) or f"exit {output.code}"
        return Left(trouble=f"looking for it failed: {said}")
    rows = output.stdout.decode("utf-8", "replace").splitlines()
    return Left(tuple(one_line(row, 120) for row in rows if row.strip()))
