"""The `mounts` probe: what stands at a mount's source on the host."""

from __future__ import annotations

import subprocess
from pathlib import Path

from escalade.evidence.mounts import MOUNTS
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.model import Address
from escalade.model import Status


def target(*binds: str) -> Target:
    """Return a container with paths bound into it, and two volumes."""
    mounts = [
        {"Type": "bind", "Source": path, "Destination": f"/b{i}", "RW": i == 0}
        for i, path in enumerate(binds)
    ]
    volume = {"Type": "volume", "Source": "/x", "Destination": "/v", "RW": True}
    mounts.append({**volume, "Name": "data"})
    mounts.append({**volume, "Name": "ab" * 32, "Destination": "/w"})
    return Target(Address("h", "s", "a", "a-1", "mounts"), {"Mounts": mounts})


def test_a_folder_where_a_file_was_meant(tmp_path: Path) -> None:
    """The script runs here, on paths with every awkward character."""
    file, folder = tmp_path / "a 'file' $x", tmp_path / "d"
    file.write_text("")
    folder.mkdir()
    found = target(str(file), str(folder), str(tmp_path / "none"))
    (script,) = MOUNTS.questions(found, ())
    assert isinstance(script, Script)
    done = subprocess.run(["sh", "-c", script.text], capture_output=True, check=True)
    readings = MOUNTS.parse(found, (), (Answer(Status.OK, done.stdout),)).readings
    assert [r["kind"] for r in readings] == [
        "file", "directory", "missing", "directory", "directory",
    ]  # fmt: skip
    assert [r["writable"] for r in readings[:2]] == [True, False]
    assert [r["named"] for r in readings[3:]] == [True, False]
    assert readings[3]["source"] == "data"
    assert all(set(r) == set(MOUNTS.readings) for r in readings)


def test_without_binds_nobody_is_asked() -> None:
    """Volumes are the Engine's: they are there."""
    assert MOUNTS.questions(target(), ()) == ()
    parsed = MOUNTS.parse(target(), (), ())
    assert parsed.complete
    assert len(parsed.readings) == 2


def test_a_script_that_did_not_answer() -> None:
    """The mounts are known from the Engine; what stands there is not."""
    found = target("/etc")
    parsed = MOUNTS.parse(found, (), (Answer(Status.TIMEOUT, reason="late"),))
    assert (parsed.complete, parsed.reason) == (False, "late")
    assert parsed.readings[0]["kind"] == "unknown"
