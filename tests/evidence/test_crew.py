"""The crew: bounded, and never in the way of an exit."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from escalade.evidence.crew import Crew


def test_no_more_than_its_size_at_once() -> None:
    """However much is asked for, only so many work at the same time."""
    crew = Crew(3, name="t")
    lock, done = threading.Lock(), threading.Semaphore(0)
    now = most = 0

    def task() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        done.release()

    for _ in range(20):
        crew.ask(task)
    assert all(done.acquire(timeout=5) for _ in range(20))
    crew.close()
    assert most == 3


def test_one_thread_is_enough_for_one_after_the_other() -> None:
    """Threads start as work comes."""
    crew = Crew(8, name="t")
    names: set[str] = set()
    for _ in range(5):
        came = threading.Event()

        def task(came: threading.Event = came) -> None:
            names.add(threading.current_thread().name)
            came.set()

        crew.ask(task)
        assert came.wait(5)
        while not crew._idle:
            time.sleep(0.001)
    crew.close()
    assert len(names) == 1


def test_a_task_that_hangs_does_not_hold_the_exit() -> None:
    """Python ends although a question hangs."""
    code = (
        "import threading\n"
        "from escalade.evidence.crew import Crew\n"
        "crew = Crew(2, name='t')\n"
        "crew.ask(threading.Event().wait)\n"
        "crew.close()\n"
        "print('ended')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=20,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout == b"ended\n"
