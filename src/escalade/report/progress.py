"""Live progress on stderr while hosts are gathered; `first` has printed its line.

Three ways of one protocol: `Silent` for programs, `Lines` for pipes and logs, `Live`
for a person at a terminal. They may be called from the threads that work the hosts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING
from typing import Protocol
from typing import Self
from typing import TextIO

from escalade.model import HostState
from escalade.report import words
from escalade.report.look import Look
from escalade.report.safe import ascii_only
from escalade.report.safe import clean
from escalade.report.safe import cut

if TYPE_CHECKING:
    from rich.live import Live as RichLive

__all__ = ["PATIENCE_S", "Lines", "Live", "Progress", "Silent", "progress_for"]

PATIENCE_S = 0.4
"""Seconds before a live display appears: a shorter run would only flicker."""
_SHOWN = 6
_BAR = 20
_ROOMY = 60
_PER_SECOND = 8


class Progress(Protocol):
    """What the road tells while it looks. None of it ever raises or blocks."""

    def hosts(self, names: Sequence[str]) -> None:
        """Say which hosts will be looked at."""

    def note(self, host: str, step: str) -> None:
        """Say what is being done on a host: a word of `words.STEPS`, or a probe."""

    def done(self, state: HostState, took_s: float) -> None:
        """Say that a host is finished, or that it could not be reached."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the live display away."""


def progress_for(look: Look, stream: TextIO, *, silent: bool = False) -> Progress:
    """Return the progress that suits a stream.

    `silent` is for output that programs read. Without a terminal, or without colour,
    there is one line a finished host, with `verbose` only.
    """
    if silent:
        return Silent()
    return Live(look, stream) if look.colour else Lines(look, stream)


class Silent:
    """Says nothing: for programs, and where nobody wants to know."""

    def hosts(self, names: Sequence[str]) -> None:
        """Say nothing."""

    def note(self, host: str, step: str) -> None:
        """Say nothing."""

    def done(self, state: HostState, took_s: float) -> None:
        """Say nothing."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""


class Lines(Silent):
    """One line for each finished host, where asked for more."""

    def __init__(self, look: Look, stream: TextIO) -> None:
        self._look = look
        self._stream = stream

    def done(self, state: HostState, took_s: float) -> None:
        """Print the line of a finished host."""
        if self._look.verbose:
            self._say(finished(state, took_s, self._look))

    def _say(self, text: str) -> None:
        """Print one line at once; a reader that went away is no reason to stop."""
        _print(text, self._stream, self._look)


class Live(Silent):
    """A few lines that follow what is being done, and vanish at the end.

    Rich is loaded only when the run has taken longer than `PATIENCE_S`.
    """

    def __init__(
        self,
        look: Look,
        stream: TextIO,
        *,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._look = look
        self._stream = stream
        self._clock = clock
        self._patience_s = patience_s
        self._began = clock()
        self._lock = threading.RLock()
        self._steps: dict[str, str] = {}
        self._total = 0
        self._lost = 0
        self._over = False
        self._display: RichLive | None = None
        self._timer: threading.Timer | None = None

    def hosts(self, names: Sequence[str]) -> None:
        """Remember which hosts will be looked at."""
        with self._lock:
            self._steps = dict.fromkeys(names, "wait")
            self._total = len(self._steps)
            self._lost = 0

    def note(self, host: str, step: str) -> None:
        """Remember what is being done on a host."""
        with self._lock:
            if host in self._steps:
                self._steps[host] = step

    def done(self, state: HostState, took_s: float) -> None:
        """Remember that a host is finished; with `verbose`, leave a line of it."""
        with self._lock:
            self._steps.pop(state.host, None)
            self._lost += not state.reachable
            display = self._display
        if not self._look.verbose:
            return
        text = finished(state, took_s, self._look)
        if display:
            display.console.print(text, markup=False, highlight=False)
        else:
            _print(text, self._stream, self._look)

    def __enter__(self) -> Self:
        """Begin to show what is done, if it takes a while."""
        self._timer = threading.Timer(self._patience_s, self._start)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the display away; the terminal is as it was, whatever happened."""
        if self._timer:
            self._timer.cancel()
        with self._lock:
            self._over = True
            display, self._display = self._display, None
        if display:
            display.stop()

    def _start(self) -> None:
        """Load rich and start the display, unless all is over by then."""
        from rich.console import Console
        from rich.live import Live as RichLive
        from rich.text import Text

        def shown() -> Text:
            return Text(self._shown(), style="bright_black", no_wrap=True)

        console = Console(file=self._stream, force_terminal=True)
        display = RichLive(
            console=console,
            get_renderable=shown,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with self._lock:
            if self._over:
                return
            display.start()
            self._display = display

    def _shown(self) -> str:
        """Return the text of the display as things are now."""
        with self._lock:
            steps, total, lost = dict(self._steps), self._total, self._lost
        passed_s = self._clock() - self._began
        text = following(steps, total, passed_s, self._look, lost=lost)
        return text if self._look.unicode else ascii_only(text)


def finished(state: HostState, took_s: float, look: Look) -> str:
    """Return the line of a finished host."""
    took = words.seconds(took_s, look.lang)
    if state.reachable:
        return words.HOST_DONE.fill({"host": state.host, "took": took}).pick(look.lang)
    cause = words.one_of(words.HOST_CAUSES, state.cause or "unreachable", look.lang)
    values = {"host": state.host, "cause": cause, "took": took}
    return words.HOST_LOST.fill(values).pick(look.lang)


def following(
    steps: dict[str, str], total: int, passed_s: float, look: Look, *, lost: int = 0
) -> str:
    """Return what is being done on which host, in a few lines cut to the width.

    Several hosts have a bar and are counted, those that could not be reached too.
    """
    rows: list[str] = []
    if total > 1:
        done = total - len(steps)
        values = {"done": str(done), "n": str(total)}
        counted = words.DONE_OF.fill(values).pick(look.lang)
        told = [counted, words.seconds(passed_s, look.lang)]
        told += [words.HOSTS_LOST.say(lost, look.lang)] if lost else []
        drawn = f"{bar(done, total, look)} " if look.width >= _ROOMY else ""
        rows.append(drawn + " · ".join(told))
    shown = list(steps.items())[:_SHOWN]
    size = max((len(clean(host)) for host, _ in shown), default=0)
    rows += [
        f"  {clean(host).ljust(size)}  {words.one_of(words.STEPS, step, look.lang)}"
        for host, step in shown
    ]
    rest = len(steps) - len(shown)
    if rest:
        rows.append(f"  {words.AND_MORE.say(rest, look.lang)}")
    return "\n".join(cut(clean(row), look.width - 1) for row in rows)


def bar(done: int, total: int, look: Look) -> str:
    """Return a bar that is full when all is done, and never before."""
    full = _BAR * done // total if total else _BAR
    marks = ("█", "░") if look.unicode else ("#", "-")
    return marks[0] * full + marks[1] * (_BAR - full)


def _print(text: str, stream: TextIO, look: Look) -> None:
    """Print one line at once; a reader that went away is no reason to stop."""
    shown = clean(text)
    try:
        stream.write((shown if look.unicode else ascii_only(shown)) + "\n")
        stream.flush()
    except (OSError, ValueError):
        return
