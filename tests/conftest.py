"""What all tests share: a clean home, a guard at the door to the world, the bed.

Tests marked `engine`, `bed` or `ssh` touch a real Docker Engine. They share one stack,
so they run on one worker and may change it as long as they leave it whole. Without an
Engine they are skipped and the last section says what would run them; under `CI=true`
no test may be skipped at all.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BED = ROOT / "tests" / "bed"
MARKS = ("engine", "bed", "ssh")
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")
REAL_ENVIRONMENT = dict(os.environ)
# Set by scripts/suite.py.
FAILED_PHASES = os.environ.pop("ESCALADE_TEST_FAILED_PHASES", "")
NO_ENGINE = "no Docker Engine answers here (./inv test --provision sets one up)"

# A run in the background (`nohup ./inv test &`) ignores what tests send to their children,
# who would ignore it, too.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        usual = (
            signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        )
        signal.signal(number, usual)

# A developer's own settings, which would change what tests see.
PERSONAL = ("INVOKE_", "ESCALADE_", "XDG_", "LC_", "DOCKER_", "CLICOLOR", "COMPOSE_")
PERSONAL_NAMES = (
    "COLUMNS",
    "FORCE_COLOR",
    "LANG",
    "LANGUAGE",
    "LINES",
    "NO_COLOR",
    "SSH_AUTH_SOCK",
)


# ------------------------------------------------------------------ the guard

_ENGINE_COMMANDS = frozenset({"docker", "dockerd", "ssh"})
_ENGINE_SOCKETS = frozenset({"/var/run/docker.sock", "/run/docker.sock"})


class _Door:
    """Whether the test that runs may touch the Engine and SSH hosts."""

    is_open = True

    def guard(self, event: str, args: tuple[object, ...]) -> None:
        """Fail a test that reaches out unmarked; not an error that code could catch."""
        if self.is_open or event not in ("subprocess.Popen", "socket.connect"):
            return
        if event == "socket.connect":
            name, refused = str(args[1]), _ENGINE_SOCKETS
        else:
            words = args[1] if isinstance(args[1], list | tuple) else [args[0]]
            name, refused = Path(os.fsdecode(words[0])).name, _ENGINE_COMMANDS
        if name in refused:
            pytest.fail(f"{name} was reached for by a test not marked {MARKS}")


_DOOR = _Door()
# It stays for the whole process: hooks cannot be taken away, only told to look aside.
sys.addaudithook(_DOOR.guard)


def _is_marked(item: pytest.Item) -> bool:
    """Whether a test says that it needs the Engine."""
    return any(item.get_closest_marker(mark) for mark in MARKS)


@pytest.fixture(autouse=True)
def _door(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Open the door for marked tests alone, to the Engine that the shell would use."""
    _DOOR.is_open = _is_marked(request.node)
    if _DOOR.is_open:
        for name, value in REAL_ENVIRONMENT.items():
            if name.startswith("DOCKER_"):
                monkeypatch.setenv(name, value)
    yield
    _DOOR.is_open = True


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    """Let no test hide what another one decrypted."""
    from escalade import known

    yield
    known.forget()


@pytest.fixture(scope="session", autouse=True)
def _clean_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the developer's home, locale, colours and folders out of every test."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(PERSONAL) or name in PERSONAL_NAMES:
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("LANG", "C.UTF-8")
        # No test writes into the journal of whoever works on this machine.
        patch.setenv("ESCALADE_STATE", str(home / "escalade-state"))
        yield home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give one test an empty home folder of its own, to write settings into."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def real_environment() -> dict[str, str]:
    """Return the environment as it was: for what fetches packages or builds the bed."""
    return dict(REAL_ENVIRONMENT)


# -------------------------------------------------------------------- the bed


@dataclass(frozen=True)
class Script:
    """One of the bed's programs, called as a person would; output goes to the test's."""

    path: Path

    def run(self, *words: str, timeout_s: float = 900, check: bool = True) -> int:
        """Run one of its commands and return its exit code; a failure fails the test."""
        command = [sys.executable, str(self.path), *words]
        code = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            env=REAL_ENVIRONMENT,
            timeout=timeout_s,
            check=False,
        ).returncode
        if check and code:
            pytest.fail(f"{self.path.name} {' '.join(words)} ended with {code}")
        return code


@dataclass(frozen=True)
class Hosts:
    """The SSH hosts that are up, and the files by which a client finds them."""

    script: Script
    state: Path

    @property
    def ssh_config(self) -> Path:
        """Return the client configuration that knows each host by name."""
        return self.state / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """Return the hosts' own keys."""
        return self.state / "known_hosts"

    @property
    def inventory(self) -> Path:
        """Return the hosts in Ansible's YAML: groups `bed`, `engines`, `plain`."""
        return self.state / "hosts.yaml"


@pytest.fixture(scope="session")
def bed() -> Script:
    """Return the bed's program, its stack up and healthy."""
    script = Script(BED / "bed.py")
    script.run("up")
    return script


@pytest.fixture(scope="session")
def hosts() -> Hosts:
    """Return the bed's SSH hosts, up: host1 with an Engine of its own, host2 without."""
    script = Script(BED / "hosts" / "hosts.py")
    base = REAL_ENVIRONMENT.get("XDG_STATE_HOME") or (
        Path(REAL_ENVIRONMENT["HOME"]) / ".local/state"
    )
    chosen = REAL_ENVIRONMENT.get("ESCALADE_BED_STATE")
    script.run("up")
    return Hosts(script, Path(chosen or Path(base) / "escalade-bed").resolve())


# ------------------------------------------------------- what is run and skipped


def _engine_answers() -> bool:
    """Whether a Docker Engine answers here."""
    if shutil.which("docker") is None:
        return False
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


# Before xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the marked tests first, on one worker; skip them where there is no Engine."""
    marked = [item for item in items if _is_marked(item)]
    skip = bool(marked) and not config.option.collectonly and not _engine_answers()
    for item in marked:
        item.add_marker(pytest.mark.xdist_group("engine"))
        if skip:
            item.add_marker(pytest.mark.skip(reason=NO_ENGINE))
    # The longest first: the other worker takes the rest meanwhile.
    items.sort(key=lambda item: not _is_marked(item))


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure: under CI nothing is left out."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        where = report.longrepr
        reason = where[2] if isinstance(where, tuple) else str(where)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was not run, and CI=true: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:
    """Judge the skips of tests."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Judge the skips of whole files."""
    report = yield
    _forbid_skip(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was not tested and the command that would, and the failed phases."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    if reasons:
        terminalreporter.section("not tested")
    for reason, count in reasons.items():
        noun = "test" if count == 1 else "tests"
        terminalreporter.write_line(f"{count} {noun}: {reason}")
    if FAILED_PHASES:
        terminalreporter.section("failed before the tests")
        terminalreporter.write_line(FAILED_PHASES)
