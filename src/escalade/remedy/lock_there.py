"""Locks on a host over SSH: a shell there holds them while it can write to us.

It writes a sign of life every half second, so it ends soon after the connection does,
and the kernel of its host frees what it held.
"""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Generator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import cast

from escalade.model import Status
from escalade.remedy.busy import Busy
from escalade.remedy.busy import held_by
from escalade.transport.base import Output
from escalade.transport.base import Transport
from escalade.transport.outputs import one_line

__all__ = ["KeeperThere"]

HOLD_S = 86_400.0
"""Seconds after which a lock is let go whatever happens."""
ANSWER_S = 30.0
"""Seconds beyond the wait that the host may take to answer: reaching it is part of it."""
_TRY_S = 0.1
_RELEASE_S = 3.0
_MOST = 8192

# Each lock is the file 9 of a shell inside the one of the lock before it, so that one
# number does for all (a POSIX shell has ten). What it starts does not get the file, or
# it would hold the lock beyond the shell. `>` on the file itself would ask for O_CREAT,
# which a sticky folder refuses for a file that is somebody else's.
_TAKE = r"""
echo "group $PPID"
fail() { echo "trouble $1"; exit; }
command -v flock >/dev/null 2>&1 || fail 'no `flock` program there (util-linux)'
for folder in $places ''; do
  mkdir "$folder" 2>/dev/null && chmod 1777 "$folder"
  [ -d "$folder" ] && [ ! -L "$folder" ] && [ -w "$folder" ] && break
done
[ -n "$folder" ] || fail "no folder for it: $places"
take() {
  if [ $# = 0 ]; then
    echo held
    while echo . 2>/dev/null; do sleep 0.4 9>&- || sleep 1 9>&-; done
    exit
  fi
  name=$1 file=$folder/$2
  shift 2
  [ -e "$file" ] || (set -C; umask 0; : >"$file") 2>/dev/null
  if [ -L "$file" ] || [ ! -f "$file" ] || [ ! -r "$file" ]; then
    fail "$file is not a file of its own"
  fi
  exec 9<"$file"
  same=$(stat -Lc %d:%i:1 /proc/self/fd/9)
  [ "$same" = "$(stat -c %d:%i:%h "$file")" ] || fail "$file is not a file of its own"
  until flock -n 9; do
    [ "$tries" -gt 0 ] || { echo "busy $name"; head -c 1000 <"$file"; exit; }
    tries=$((tries - 1))
    sleep 0.1 9>&- || sleep 1 9>&-
  done
  { printf '%s\n' "$holder" >/proc/self/fd/9; } 2>/dev/null
  (take "$@")
}
"""
_HELD = re.compile(r"^held$", re.MULTILINE)
_GROUP = re.compile(r"^group (\d+)$", re.MULTILINE)
_BUSY = re.compile(r"^busy (.*)\n(.*)", re.MULTILINE)
_TROUBLE = re.compile(r"^trouble (.*)$", re.MULTILINE)


class KeeperThere:
    """Holds locks through one command that runs on the host until it is ended."""

    def __init__(
        self, transport: Transport, files: Mapping[str, str], places: Sequence[str]
    ) -> None:
        self._transport = transport
        self._files = files
        self._places = places
        self._answered = threading.Event()
        self._ended = threading.Event()
        self._said = ""
        self._output = Output(Status.ERROR, reason="broke")
        self._thread: threading.Thread | None = None

    @property
    def held(self) -> bool:
        """Whether the command still runs: it ends with the connection."""
        return bool(_HELD.search(self._said)) and not self._ended.is_set()

    def take(self, wait_s: float, holder: str) -> Busy | None:
        """Take all or none, in the order given."""
        self._answered.clear()
        self._ended.clear()
        self._said = ""
        line = self._line(wait_s, holder)
        # It must not keep the program alive where a host hangs.
        self._thread = threading.Thread(target=self._hold, args=(line,), daemon=True)
        self._thread.start()
        self._answered.wait(wait_s + ANSWER_S)
        if self.held:
            return None
        busy = self._busy()
        self.let_go()
        return busy

    def let_go(self) -> None:
        """End the command on its host; a lost connection has ended it already."""
        group = _GROUP.search(self._said)
        if self._thread is None:
            return
        if group is not None and not self._ended.is_set():
            line = f"kill -s TERM -- -{int(group[1])}"
            self._transport.run(line, timeout_s=_RELEASE_S)
        self._thread.join(_RELEASE_S)
        self._thread = None

    def _line(self, wait_s: float, holder: str) -> str:
        """Return the shell script that takes the locks and holds them."""
        tries = max(round(wait_s / _TRY_S), 0)
        pairs = [word for pair in self._files.items() for word in pair]
        words = " ".join(shlex.quote(word) for word in pairs)
        places = shlex.quote(" ".join(self._places))
        head = f"places={places} tries={tries} holder={shlex.quote(holder)}\n"
        return f"{head}{_TAKE}take {words}\n"

    def _hold(self, line: str) -> None:
        """Run the command and listen to it until it ends."""
        try:
            stream = self._transport.stream(line, timeout_s=HOLD_S)
            self._output = self._listen(stream)
        except Exception as error:
            self._output = Output(Status.ERROR, reason=one_line(str(error)))
        self._ended.set()
        self._answered.set()

    def _listen(self, stream: Generator[bytes, None, Output]) -> Output:
        """Keep what is said until the locks are held; return how the command ended."""
        while True:
            try:
                data = next(stream)
            except StopIteration as stop:
                return cast("Output", stop.value)
            if not self._answered.is_set() and len(self._said) < _MOST:
                self._said += data.decode("utf-8", "replace")
                if _HELD.search(self._said):
                    self._answered.set()

    def _busy(self) -> Busy:
        """Return why the locks are not held."""
        found = _BUSY.search(self._said)
        if found is not None:
            return held_by(found[1], found[2])
        trouble = _TROUBLE.search(self._said)
        if trouble is not None:
            reason = trouble[1]
        elif not self._ended.is_set():
            reason = "the host did not answer in time"
        else:
            reason = self._output.reason or one_line(self._output.stderr)
        lost = not trouble and not (
            self._ended.is_set() and self._output.status.answered
        )
        name = ", ".join(self._files)
        return Busy(name, reason=reason or "its command ended", lost=lost)
