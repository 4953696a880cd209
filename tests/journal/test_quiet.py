"""What libraries log and what Python prints of an exception has no secret."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from escalade.tasks.quiet import Redacting

ROOT = Path(__file__).resolve().parents[2]
URL = "redis://:hunter2@redis:6379"
LOGGING = """
import logging
from escalade.tasks.quiet import hush
logging.basicConfig(level=logging.DEBUG, format="%(name)s %(message)s")
hush(); hush()
"""


def said(script: str, *, dev: bool = False) -> str:
    """Return what a process of its own wrote on stderr."""
    options = ["-X", "dev"] if dev else []
    done = subprocess.run(
        [sys.executable, *options, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["paramiko.transport", "invoke", "docker.api.client"])
def test_records_of_libraries(name: str) -> None:
    """The message, its arguments, and those of loggers below."""
    text = said(f"{LOGGING}\nlogging.getLogger('{name}').debug('to %s', '{URL}')")
    assert text == f"{name} to redis://:[redacted]@redis:6379\n"


def test_tracebacks_in_records() -> None:
    """An exception that is logged is cleaned as its message is."""
    text = said(
        f"{LOGGING}\n"
        f"try:\n  raise ValueError('{URL}')\n"
        "except ValueError:\n  logging.getLogger('fabric.x').exception('lost')"
    )
    assert "hunter2" not in text
    assert "ValueError: redis://:[redacted]@redis:6379" in text


def test_other_loggers_are_left_alone() -> None:
    """An operator's own records are not ours to change."""
    text = said(f"{LOGGING}\nlogging.getLogger('mine').debug('{URL}')")
    assert text == f"mine {URL}\n"


def test_arguments_that_do_not_fit_are_no_way_out() -> None:
    """Logging shows the arguments of a broken record; ours has none any more."""
    text = said(f"{LOGGING}\nlogging.getLogger('docker').info('a %d', '{URL}')")
    assert "hunter2" not in text


def test_a_filter_keeps_every_record() -> None:
    """It can be added to any handler by hand."""
    record = logging.LogRecord("x", 10, "f", 1, "to %s", (URL,), None)
    assert Redacting().filter(record)
    assert record.getMessage() == "to redis://:[redacted]@redis:6379"


def test_a_traceback_on_the_way_out() -> None:
    """What nobody caught is printed without secrets, and is still a traceback."""
    text = said(
        f"from escalade.tasks.quiet import hush; hush(); raise KeyError('{URL}')"
    )
    assert "Traceback" in text
    assert "hunter2" not in text.replace(f"raise KeyError('{URL}')", "")


def test_a_traceback_of_a_thread() -> None:
    """Threads have a hook of their own."""
    text = said(
        "import threading\nfrom escalade.tasks.quiet import hush\nhush()\n"
        f"def work():\n  raise KeyError('{URL}')\n"
        "thread = threading.Thread(target=work)\nthread.start()\nthread.join()"
    )
    assert "Exception in thread" in text
    assert "KeyError" in text
    assert "hunter2" not in text


TOLD = """
import escalade.tasks
from escalade.tasks.desk import told
from escalade.errors import UsageError
with told():
    raise {error}
"""


@pytest.mark.parametrize("error", ["UsageError(url)", "OSError(url)", "KeyError(url)"])
@pytest.mark.parametrize("dev", [False, True])
def test_the_end_of_a_task(error: str, *, dev: bool) -> None:
    """Bad input, the system's errors and our own mistakes; with a traceback too."""
    text = said(TOLD.format(error=error.replace("url", f"'{URL}'")), dev=dev)
    assert "redis://:[redacted]@redis:6379" in text
    assert "hunter2" not in text
