"""The `sockets` probe: what listens in a container's network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.evidence.probe import Answer
from escalade.evidence.sockets import SOCKETS
from escalade.model import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import cases
from recorded import text_of


@pytest.mark.parametrize("case", cases("sockets"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(SOCKETS) == case.expect, case.fact


def test_a_socket_of_this_process_is_seen() -> None:
    """The script finds a port that really listens, and who waits for it."""
    target = replace(
        cases("sockets")[0].target, inspect={"State": {"Pid": os.getpid()}}
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            text = text_of(SOCKETS.questions(target, ()))
            done = subprocess.run(["sh", "-c", text], capture_output=True, check=False)
    parsed = SOCKETS.parse(target, (), [Answer(Status.OK, done.stdout)])
    found = [r for r in parsed.readings if r["port"] == port]
    expect = {"address": "127.0.0.1", "port": port, "loopback": True, "backlog": 1}
    assert found == [{"proto": "tcp", **expect}]


def test_a_container_that_does_not_run_is_not_asked() -> None:
    """Process 0 is nobody: no question, no socket."""
    target = replace(cases("sockets")[0].target, inspect={"State": {"Pid": 0}})
    assert SOCKETS.questions(target, ()) == ()
    assert SOCKETS.parse(target, (), ()).readings == ()
