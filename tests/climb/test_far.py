"""A host that only SSH reaches: planned here, carried out there, gone on with."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.climb.stack import HANGS_S
from tests.climb.stack import HEALTH
from tests.climb.stack import IMAGE
from tests.climb.stack import until
from tests.hostile.command import environment
from tests.hostile.command import invoke
from tests.hostile.command import run

pytestmark = pytest.mark.ssh

ROOT = Path(__file__).resolve().parents[2]
KILLER = Path(__file__).with_name("killer")
NAME = "esc-climb-far"
BOX = f"{NAME}-lone-1"
FILE = f"""
name: {NAME}
services:
  lone:
    image: {IMAGE}
    command: [redis-server, --protected-mode, "no"]
    stop_grace_period: 1s
    healthcheck: {HEALTH}
"""


class Far:
    """A small stack in the Engine of a host, and tasks for it."""

    def __init__(self, hosts) -> None:
        self._ssh = ["ssh", "-F", str(hosts.ssh_config), "host1"]
        self.words = ("--inventory", str(hosts.inventory))
        self.where = (*self.words, "--limit", "host1", "--stack", NAME)

    def there(self, line: str, given: bytes = b"", *, check: bool = True) -> str:
        """Run a line on the host."""
        done = subprocess.run(
            [*self._ssh, line],
            input=given,
            capture_output=True,
            timeout=HANGS_S,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.decode()

    def make(self) -> None:
        """Bring the image and the file there, and start the stack."""
        have = f"docker image inspect {IMAGE}"
        if not self.there(f"{have} 2>/dev/null | grep Id || true"):
            image = subprocess.run(
                ["docker", "save", IMAGE], capture_output=True, check=True
            )
            self.there("docker load", image.stdout)
        self.there(
            f"mkdir -p /tmp/{NAME}; cat >/tmp/{NAME}/compose.yaml", FILE.encode()
        )
        self.up()

    def up(self) -> None:
        """Make it whole."""
        self.there(f"docker compose --project-directory /tmp/{NAME} up -d --wait")

    def down(self) -> None:
        """Take it away."""
        self.there(
            f"docker compose --project-directory /tmp/{NAME} down -t 1;"
            f" rm -r /tmp/{NAME}",
            check=False,
        )

    def starts(self) -> int:
        """Return how often it was started, by its own log."""
        text = self.there(f"docker logs {BOX} 2>&1")
        return text.count("Ready to accept connections")

    def runs(self) -> bool:
        """Whether its container runs."""
        said = self.there("docker inspect -f '{{.State.Running}}' " + BOX)
        return said.strip() == "true"


@pytest.fixture(scope="module")
def _far(hosts):
    far = Far(hosts)
    try:
        far.make()
        yield far
    finally:
        far.down()


@pytest.fixture
def far(_far):
    """Return the stack, stopped."""
    _far.up()
    _far.there(f"docker stop {BOX}")
    return _far


def inv(*words: str, **env: str):
    return run(*words, env={"ESCALADE_LANG": "en", **env}, timeout=HANGS_S)


def test_a_plan_is_applied_there(far, tmp_path, told) -> None:
    """Written here, it starts the container there and once."""
    before, file = far.starts(), str(tmp_path / "plan.json")
    assert inv("fix", "--out", file, *far.where).code == 0
    assert not far.runs()
    done = inv("apply", file, *far.words)
    assert done.code == 0, done.out + done.err
    assert far.starts() == before + 1
    assert told("locked")[0]["names"] == [f"{NAME}.lone"]


def test_an_approval_is_carried_out_there(far) -> None:
    """It is for the host that was planned for, without a word where that is."""
    done = inv("fix", *far.where, ESCALADE_UNATTENDED="none")
    assert done.code == 5, done.err
    assert not far.runs()
    approved = inv("approve", "last")
    assert approved.code == 0, approved.out + approved.err
    assert far.runs()


@pytest.mark.parametrize("at", ["after intent 1", "before result 1"])
def test_a_killed_run_is_resumed_there(far, told, at) -> None:
    """Its lock died with its connection; what was done is not done again."""
    before = far.starts()
    process = subprocess.run(
        invoke("fix", *far.where),
        env=environment(PYTHONPATH=f"{KILLER}:{ROOT / 'src'}", KILL=at),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANGS_S,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    done = inv("resume", "last")
    assert done.code == 0, done.out + done.err
    assert far.starts() == before + 1
    assert told()[-1]["kind"] == "ended"


def test_ctrl_c_ends_what_runs_there(far) -> None:
    """The process group on the host is gone, by its pid there."""
    words = ("run", "--command", "sleep 98.76", "--timeout", "100", "--yes")
    process = subprocess.Popen(
        invoke(*words, *far.where),
        env=environment(ESCALADE_LANG="en"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: far.there("pgrep -f '[s]leep 98.76' || true"), "the step")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert not far.there("pgrep -f '[s]leep 98.76' || true")
