"""The line that carries the Engine API through a channel, run in a shell of this host."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from escalade.transport.ssh_channels import DIAL_ENGINE


def test_without_docker_it_takes_our_first_byte_before_it_ends(tmp_path: Path) -> None:
    """A byte that we send to a channel that has ended would cost the connection."""
    for name in ("sh", "timeout", "head"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    with subprocess.Popen(
        ["/bin/sh", "-c", DIAL_ENGINE.replace("docker ", "no-such-docker ")],
        env={"PATH": str(tmp_path)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as dialled:
        assert dialled.stdin
        assert dialled.stderr
        assert b"not found" in dialled.stderr.readline()
        dialled.stdin.write(b"GET / HTTP/1.1")
        dialled.stdin.flush()
