"""`./inv`: the first start makes .venv, later ones are Invoke, from wherever they come."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# One environment serves all tests here.
pytestmark = pytest.mark.xdist_group("inv")
TASKS = '''
from invoke.tasks import task


@task
def hello(c):
    """Greet."""
    print("{}")
'''


def lock_of(package: str) -> str:
    """Return one package's entry of the lock file, hashes included."""
    text = (ROOT / "locks" / "runtime.txt").read_text("utf-8")
    found = re.search(rf"^{package}==.*(?:\n    --hash=.*)+", text, re.MULTILINE)
    assert found
    return f"{found.group()}\n"


def checkout_at(folder: Path) -> Path:
    """Make a checkout as small as can be: Invoke alone, and one task."""
    for name in ("scripts", "locks", "src"):
        (folder / name).mkdir(parents=True)
    shutil.copy(ROOT / "inv", folder)
    for program in ("environment.py", "inv.py"):
        shutil.copy(ROOT / "scripts" / program, folder / "scripts")
    (folder / "locks" / "runtime.txt").write_text(lock_of("invoke"))
    (folder / "tasks.py").write_text(TASKS.format("from the project"))
    return folder


@pytest.fixture(scope="session")
def environment(real_environment, tmp_path_factory) -> dict[str, str]:
    """Return an environment in which this Python is found, and no uv."""
    tools = tmp_path_factory.mktemp("tools")
    (tools / "python3").symlink_to(sys.executable)
    # Only what a bare machine has: uv would be preferred.
    return {**real_environment, "PATH": f"{tools}:/usr/bin:/bin"}


def start(checkout: Path, environment, *words: str, cwd: Path | None = None):
    """Start `./inv` as a shell would."""
    return subprocess.Popen(
        [str(checkout / "inv"), *words],
        cwd=cwd or checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="session")
def first(tmp_path_factory, environment):
    """Return a checkout after two first starts at once, and what each of them said."""
    checkout = checkout_at(tmp_path_factory.mktemp("a checkout"))
    both = [start(checkout, environment, "hello") for _ in range(2)]
    return checkout, [process.communicate(timeout=300) for process in both]


def test_two_first_starts_at_once_both_work(first) -> None:
    """One makes .venv, in one line; the other waits for it."""
    _, said = first
    assert [stdout for stdout, _ in said] == ["from the project\n"] * 2, said
    assert all(len(stderr.splitlines()) <= 1 for _, stderr in said), said
    assert sum("packages into .venv" in stderr for _, stderr in said) == 1


def test_a_later_start_says_nothing(first, environment) -> None:
    """Once made, it is Invoke and no more."""
    checkout, _ = first
    process = start(checkout, environment, "hello")
    assert process.communicate(timeout=60) == ("from the project\n", "")


def test_it_works_from_another_folder(first, environment, tmp_path) -> None:
    """Where no tasks.py is found, the project's is used."""
    checkout, _ = first
    process = start(checkout, environment, "hello", cwd=tmp_path)
    assert process.communicate(timeout=60) == ("from the project\n", "")


def test_the_task_file_of_the_folder_is_used(first, environment, tmp_path) -> None:
    """Invoke's own rule: the nearest tasks.py upward."""
    (tmp_path / "tasks.py").write_text(TASKS.format("from here"))
    below = tmp_path / "below"
    below.mkdir()
    checkout, _ = first
    process = start(checkout, environment, "hello", cwd=below)
    assert process.communicate(timeout=60) == ("from here\n", "")


def test_the_folder_that_is_named_is_used(first, environment, tmp_path) -> None:
    """`--search-root` means what it means to Invoke."""
    (tmp_path / "tasks.py").write_text(TASKS.format("from there"))
    checkout, _ = first
    process = start(checkout, environment, "--search-root", str(tmp_path), "hello")
    assert process.communicate(timeout=60) == ("from there\n", "")


def test_a_half_made_environment_is_made_anew(first, environment) -> None:
    """Without its stamp, written last, .venv is not used."""
    checkout, _ = first
    (checkout / ".venv" / "runtime.txt").unlink()
    shutil.rmtree(next((checkout / ".venv").glob("lib/python3*/site-packages/invoke")))
    stdout, stderr = start(checkout, environment, "hello").communicate(timeout=300)
    assert stdout == "from the project\n", stderr
    assert len(stderr.splitlines()) == 1


def test_a_wrong_hash_is_refused(tmp_path, environment) -> None:
    """What is not the locked file is not installed, and not used the next time."""
    checkout = checkout_at(tmp_path / "checkout")
    lock = checkout / "locks" / "runtime.txt"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", lock.read_text()))
    process = start(checkout, environment, "hello")
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "hash" in stderr.lower()
    assert not (checkout / ".venv" / "runtime.txt").exists()


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("exit 1", "needs Python 3.11 or newer, and finds none on the PATH"),
        (
            "case $2 in *venv*) exit 1 ;; esac",
            "python3 has no venv (on Debian or Ubuntu: apt-get install python3-venv)",
        ),
    ],
    ids=["too old", "no venv"],
)
def test_a_missing_python_is_one_clear_line(
    tmp_path, environment, python, message
) -> None:
    """A machine that cannot is told what it lacks."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cmp"):
        (tools / name).symlink_to(Path("/usr/bin") / name)
    stand_in = tools / "python3"
    stand_in.write_text(f"#!/bin/sh\n{python}\n")
    stand_in.chmod(0o755)
    checkout = checkout_at(tmp_path / "checkout")
    process = start(checkout, {**environment, "PATH": str(tools)}, "hello")
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (1, f"inv: {message}\n")
