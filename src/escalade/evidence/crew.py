"""A few daemon threads that work a queue: bounded, and never in the way of an exit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

__all__ = ["Crew"]

Task = Callable[[], None]


class Crew:
    """At most `size` threads, started as work comes.

    They are daemons on purpose: the standard pools join their threads when Python
    ends, so one hanging question would hold an interrupted run.
    """

    def __init__(self, size: int, *, name: str) -> None:
        self._size = size
        self._name = name
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._lock = threading.Lock()

    def ask(self, task: Task) -> None:
        """Hand over one task; it must keep its own exceptions."""
        with self._lock:
            spare = self._idle > self._tasks.qsize()
            if not spare and len(self._threads) < self._size:
                name = f"{self._name}-{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._tasks.put(task)

    def close(self) -> None:
        """Let the threads end after what they are doing; waits for none of them."""
        for _ in self._threads:
            self._tasks.put(None)

    def _work(self) -> None:
        """Do one task after the other."""
        while True:
            with self._lock:
                self._idle += 1
            task = self._tasks.get()
            with self._lock:
                self._idle -= 1
            if task is None:
                return
            task()
