"""The wheel is what people install, so the wheel is tested: built, installed, used."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from escalade import paths

ROOT = Path(__file__).resolve().parent.parent
# One build and one installation serve all tests here.
pytestmark = pytest.mark.xdist_group("wheel")


def run(*command: str | Path, **options) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return what it said."""
    words = [str(word) for word in command]
    return subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """Return the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    built = run(*command, "--outdir", folder, ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory, real_environment) -> Path:
    """Return the programs of a fresh environment: the locked packages and the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    lock = ROOT / "locks" / "runtime.txt"
    for words in (("--require-hashes", "--requirement", lock), (wheel,)):
        command = [*pip, "install", "--quiet", "--no-deps", *words]
        done = run(*command, env=real_environment)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bin"


def test_the_lock_holds_all_that_the_wheel_asks_for(installed, tmp_path) -> None:
    """No dependency of the wheel is missing from the lock file or of a wrong version."""
    done = run(installed / "python", "-m", "pip", "check", cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_command_tells_its_version(installed, tmp_path) -> None:
    """`escalade --version` is the version of pyproject.toml."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    done = run(installed / "escalade", "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"Escalade {version}\n")


def test_the_command_lists_as_invoke_does(installed, tmp_path) -> None:
    """`escalade --list` names the tasks, and not this project's chores."""
    done = run(installed / "escalade", "--list", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = [line.split()[0] for line in done.stdout.splitlines()[2:] if line.strip()]
    assert "diagnose" in listed
    assert "lint" not in listed


@pytest.mark.parametrize("case", sorted(paths.cases().glob("*.jsonl"))[:1], ids=str)
def test_a_recorded_incident_is_one_command_away(installed, tmp_path, case) -> None:
    """`escalade diagnose --from CASE` reports on a machine with nothing else on it."""
    words = ("diagnose", "--from", case.stem, "--format", "json")
    done = run(installed / "escalade", *words, cwd=tmp_path)
    report = json.loads(done.stdout)
    assert report["schema"] == "escalade.diagnosis/1"
    assert report["roots"], done.stderr
    assert done.returncode == report["exit"] == 2


def test_a_task_file_of_one_line_is_enough(installed, tmp_path) -> None:
    """`from escalade.tasks import ns` works in any folder."""
    (tmp_path / "tasks.py").write_text("from escalade.tasks import ns\n")
    done = run(installed / "invoke", "--list", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "diagnose" in done.stdout


@pytest.mark.parametrize("name", ["bed", "cases", "inventory", "runbooks", "templates"])
def test_the_content_is_in_the_wheel(installed, tmp_path, name) -> None:
    """Each folder of content has the files that it has in the checkout."""
    script = (
        f"from escalade import paths; top = paths.{name}(); "
        "print(*sorted(str(p.relative_to(top)) for p in top.rglob('*') "
        "if p.is_file() and '__pycache__' not in p.parts), sep='\\n')"
    )
    done = run(installed / "python", "-c", script, cwd=tmp_path)
    top = getattr(paths, name)()
    expected = {
        str(path.relative_to(top))
        for path in top.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert set(done.stdout.split("\n")) - {""} == expected
