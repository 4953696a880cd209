"""Jobs that really run, on a stack of their own: by hand, by cron, by timer, embedded."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from escalade.journal.place import state_folder
from escalade.schedule.lock import held
from tests.schedule.made import START
from tests.schedule.made import escalade
from tests.schedule.made import surroundings
from tests.schedule.made import until
from tests.schedule.made import write_job

pytestmark = pytest.mark.engine

STACK = "esc-sched-jobs"
SERVICES = ("hand", "cron", "timer", "clock")
DAILY = 'schedule: "0 3 * * *"\ntime_zone: UTC\n'
MINUTELY = 'schedule: "* * * * *"\ntime_zone: Europe/Paris\n'
ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
SYSTEMD = "/lib/systemd/systemd"
# systemd refuses to be a user's manager where none is the machine's.
MANAGER = """mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd &&
mkdir -p /run/systemd/system && exec env XDG_RUNTIME_DIR="$1/run" HOME="$1/home" "$2" --user
"""
# Only our own lines are there for this cron, and the machine's own one sees none of it.
CRON = """[ -e /run/crond.pid ] || : >/run/crond.pid
mount --bind "$1/pid" /run/crond.pid && mount --bind "$1/cron.d" /etc/cron.d &&
mount --bind "$1/empty" /var/spool/cron/crontabs && mount --bind "$1/pid" /etc/crontab &&
exec cron -f
"""


class Bench(NamedTuple):
    """A folder of jobs, and the environment in which they run."""

    folder: Path
    environment: dict[str, str]

    def job(self, name: str, text: str) -> None:
        """Write a job about the stack."""
        write_job(self.folder / "own", name, f"stacks: [{STACK}]\n{text}")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command there."""
        return escalade(*words, folder=self.folder, environment=self.environment)

    def once(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a job."""
        return self.run("schedule.run", "--once", name, *words)

    def history(self) -> list[dict]:
        """Return the runs, newest first."""
        done = self.run("history", "--format", "json")
        return json.loads(done.stdout)["runs"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[None]:
    """Bring a stack of four services up."""
    folder = tmp_path_factory.mktemp("stack")
    services = {
        name: {"image": "escalade-bed/redis:1", "stop_grace_period": "1s"}
        for name in SERVICES
    }
    file = folder / "compose.yaml"
    file.write_text(json.dumps({"name": STACK, "services": services}))
    compose = ["docker", "compose", "-f", str(file)]
    subprocess.run([*compose, "up", "-d"], check=True, capture_output=True)
    yield
    subprocess.run([*compose, "down", "-v"], check=True, capture_output=True)


@pytest.fixture
def bench(stack, tmp_path) -> Bench:
    """Return a folder with no jobs but those that ship; the stack runs."""
    run = ["docker", "start", *(f"{STACK}-{name}-1" for name in SERVICES)]
    subprocess.run(run, check=True, capture_output=True)
    (tmp_path / "own").mkdir()
    variables = {
        "ESCALADE_RUNBOOKS": str(tmp_path / "own"),
        "ESCALADE_STATE": str(tmp_path / "state"),
        "ESCALADE_INVENTORY": "",
    }
    return Bench(tmp_path, variables)


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a folder whose name is short: the way to a socket must be."""
    folder = Path(tempfile.mkdtemp(prefix="esc-sched-"))
    yield folder
    subprocess.run([*ROOT, "rm", "-rf", str(folder)], check=True)


def stop(name: str) -> None:
    """Stop a service."""
    words = ["docker", "stop", "-t", "1", f"{STACK}-{name}-1"]
    subprocess.run(words, check=True, capture_output=True)


def runs(name: str) -> bool:
    """Whether a service runs."""
    return inspect(name, "{{.State.Running}}") == "true"


def inspect(name: str, what: str) -> str:
    """Return something of a service's container."""
    words = ["docker", "inspect", "-f", what, f"{STACK}-{name}-1"]
    return subprocess.check_output(words, text=True).strip()


def shut_now() -> str:
    """Return a window that is closed for the next hours."""
    later = datetime.now(UTC) + timedelta(hours=5)
    ends = later + timedelta(hours=1)
    return f'{{from: "{later:%H:%M}", to: "{ends:%H:%M}", time_zone: UTC}}'


# --------------------------------------------------------------------- by hand


def test_a_job_is_carried_out_and_written_down(bench) -> None:
    """Its steps run, the journal knows the run, Prometheus gets its numbers."""
    bench.job(
        "up-again",
        DAILY + f"prometheus: {bench.folder}/\nsteps:\n  - start: {{service: hand}}\n",
    )
    stop("hand")
    done = bench.once("up-again", "--why", "a drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert runs("hand")
    (run,) = bench.history()
    assert (run["kind"], run["exit"], run["why"]) == ("scheduled", 0, "a drill")
    numbers = (bench.folder / "escalade_up-again.prom").read_text()
    assert 'escalade_job_last_run_success{name="up-again"} 1.0' in numbers
    listed = json.loads(bench.run("schedule.list", "--format", "json").stdout)
    row = next(job for job in listed["jobs"] if job["job"] == "up-again")
    assert (row["run"], row["exit"]) == (run["run"], 0)


def test_a_guard_that_does_not_hold_leaves_all_as_it_is(bench) -> None:
    """`when` is asked on the host before the step."""
    bench.job(
        "guarded",
        DAILY + "steps:\n  - start: {service: hand}\n"
        "    when: {disk: {used_ratio: {gt: 100%}}}\n",
    )
    stop("hand")
    done = bench.once("guarded")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not runs("hand")


def test_what_is_riskier_than_the_job_may_be_waits(bench) -> None:
    """Nobody is there to ask: nothing is touched until a person approves the plan."""
    bench.job("again", DAILY + "steps:\n  - restart: {service: hand}\n")
    started = inspect("hand", "{{.State.StartedAt}}")
    done = bench.once("again")
    assert done.returncode == 5, done.stdout + done.stderr
    assert inspect("hand", "{{.State.StartedAt}}") == started
    assert bench.history()[0]["state"] == "waiting-approval"
    agreed = bench.run("approve", "last")
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    assert inspect("hand", "{{.State.StartedAt}}") != started
    assert bench.history()[0]["state"] == "ended"


def test_a_closed_window_refuses_and_can_be_overridden(bench) -> None:
    """A run by hand, too: exit code 5, and when it opens."""
    bench.job(
        "night",
        MINUTELY + f"window: {shut_now()}\nsteps:\n  - start: {{service: hand}}\n",
    )
    stop("hand")
    done = bench.once("night")
    assert done.returncode == 5
    assert "window opens at" in done.stdout
    assert not runs("hand")
    assert bench.history()[0]["exit"] == 5
    assert bench.once("night", "--anytime").returncode == 0
    assert runs("hand")


def test_the_window_of_a_stack_holds_what_disrupts_it(bench) -> None:
    """What is safe runs; a restart of what serves waits for the window."""
    bench.job(
        "again", DAILY + "risk: disruptive\nsteps:\n  - restart: {service: hand}\n"
    )
    (bench.folder / "own/maintenance/windows.yaml").write_text(
        f"windows:\n  - {{stacks: [{STACK}], {shut_now()[1:]}\n"
    )
    started = inspect("hand", "{{.State.StartedAt}}")
    done = bench.once("again")
    assert done.returncode == 5
    assert "window opens at" in done.stdout
    assert inspect("hand", "{{.State.StartedAt}}") == started
    assert bench.once("again", "--anytime").returncode == 0
    assert inspect("hand", "{{.State.StartedAt}}") != started


def test_a_job_cures_by_symptoms_of_its_own(bench) -> None:
    """Its ladder runs for what its symptom found, and the cure is verified."""
    bench.job(
        "wake",
        DAILY + "fix: true\nrole: any\nsymptoms:\n  asleep:\n    kind: intrinsic\n"
        "    title: {en: Asleep, fr: Endormi}\n    severity: error\n"
        "    confidence: proven\n    ladder: wake\n"
        "    when: {container: {state: exited}}\n"
        "ladders:\n  wake:\n    1:\n      - start: {}\n",
    )
    stop("hand")
    done = bench.once("wake")
    assert done.returncode == 0, done.stdout + done.stderr
    assert runs("hand")
    (run,) = bench.history()
    assert (run["outcome"], run["level"]) == ("cured", 1)


def test_a_job_looks_by_symptoms_of_its_own_alone(bench) -> None:
    """What else is wrong with the stack is no matter of the job's."""
    bench.job(
        "log-large",
        DAILY + "role: any\nsymptoms:\n  large:\n    kind: intrinsic\n"
        "    title: {en: 'Log {log_size.size}', fr: 'Journal {log_size.size}'}\n"
        "    severity: warning\n    remedy: none\n"
        "    when: {log_size: {size: {gt: 10}}}\n",
    )
    stop("hand")
    done = bench.once("log-large", "--format", "json")
    assert done.returncode == 2, done.stdout + done.stderr
    told = json.loads(done.stdout)
    symptoms = {finding["symptom"] for finding in told["result"]["findings"]}
    assert symptoms == {"log-large.large"}


def test_two_runs_of_a_job_do_not_overlap(bench) -> None:
    """The second leaves at once, and says why, to the journal too."""
    bench.job("sweep", DAILY + "diagnose: true\n")
    bench.job("often", "every: 1m\ndiagnose: true\n")
    place = state_folder({}, chosen=bench.folder / "state")
    with held(place, "sweep", wait_s=0, stop=threading.Event()) as free:
        assert free
        done = bench.once("sweep")
    assert done.returncode == 0
    assert "another run of it is under way" in done.stdout
    (turn,) = bench.history()
    assert (turn["kind"], turn["exit"]) == ("scheduled", 0)
    assert "another run of it" in bench.run("show", turn["run"]).stdout
    # It took nobody's turn: the next one that is due comes all the same.
    with held(place, "often", wait_s=0, stop=threading.Event()) as free:
        assert free
        assert bench.once("often", "--due").returncode == 0
    assert len(bench.history()) == 2
    assert "another run" not in bench.once("often", "--due").stdout
    assert len(bench.history()) == 3
    # A line that comes too often leaves no trace, whoever is at it.
    with held(place, "sweep", wait_s=0, stop=threading.Event()):
        hour = (datetime.now(UTC) + timedelta(hours=6)).hour
        bench.job("sweep", DAILY.replace("3", f"{hour}", 1) + "diagnose: true\n")
        assert "not due" in bench.once("sweep", "--due").stdout
    assert len(bench.history()) == 3


def test_called_by_a_timer_it_runs_only_when_it_is_due(bench) -> None:
    """A line that comes too often does no harm, and a time is run for once."""
    hour = (datetime.now(UTC) + timedelta(hours=6)).hour
    bench.job("later", f'schedule: "0 {hour} * * *"\ntime_zone: UTC\ndiagnose: true\n')
    done = bench.once("later", "--due")
    assert (done.returncode, "not due" in done.stdout) == (0, True)
    assert bench.history() == []


def test_a_budget_is_kept(bench) -> None:
    """A timer that calls too often is refused, and that is written down."""
    bench.job("often", "every: 1m\nbudget: {runs: 1, within: 1h}\ndiagnose: true\n")
    assert bench.once("often", "--due").returncode in (0, 2)
    assert until(lambda: "budget is spent" in bench.once("often", "--due").stdout)
    assert bench.history()[0]["exit"] == 5


# ------------------------------------------------------------------- by timers


@contextmanager
def apart(script: str, *words: str) -> Iterator[None]:
    """Run a shell script in a mount namespace of its own, until we are done."""
    command = [*ROOT, "unshare", "--mount", "sh", "-ec", script, "sh", *words]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@contextmanager
def systemd(folder: Path) -> Iterator[list[str]]:
    """Run systemd as a manager of units in a home of its own; give how it is told."""
    assert Path(SYSTEMD).exists(), "no systemd: tests/bed/provision.sh installs it"
    (folder / "run").mkdir(mode=0o700)
    tell = ["env", f"XDG_RUNTIME_DIR={folder}/run", f"HOME={folder}/home"]
    tell = [*ROOT, *tell, "systemctl", "--user"]
    with apart(MANAGER, str(folder), SYSTEMD):
        assert until((folder / "run/systemd/private").exists, 30)
        yield tell


@contextmanager
def cron(folder: Path) -> Iterator[None]:
    """Run a cron that knows the lines of a folder alone; without one, each line once."""
    if shutil.which("cron"):
        (folder / "pid").write_text("")
        (folder / "empty").mkdir()
        with apart(CRON, str(folder)):
            yield
        return
    (line,) = [
        text
        for text in (folder / "cron.d/escalade").read_text().splitlines()
        if not text.startswith("#")
    ]
    command = line.split(None, 6)[6].replace("\\%", "%")
    subprocess.run(["sh", "-c", command], check=True)
    yield


@contextmanager
def embedded(bench: Bench) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the job of the embedded scheduler in the foreground."""
    words = ["schedule.run", "--job", "by-clock"]
    process = subprocess.Popen(
        [sys.executable, "-c", START, *words],
        cwd=bench.folder,
        env=surroundings(bench.environment),
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_a_job_comes_by_timer_unit_by_cron_line_and_embedded(bench, place) -> None:
    """Each starts its own service within a minute or two, and the journal has all three."""
    for name in ("cron", "timer", "clock"):
        bench.job(f"by-{name}", MINUTELY + f"steps:\n  - start: {{service: {name}}}\n")
        stop(name)
    units = place / "home/.config/systemd/user"
    for words in (
        ("--how", "systemd", "--folder", str(units), "--job", "by-timer"),
        ("--how", "cron", "--folder", str(place / "cron.d"), "--job", "by-cron"),
    ):
        done = bench.run("schedule.install", *words)
        assert done.returncode == 0, done.stderr
    with systemd(place) as tell, cron(place), embedded(bench) as server:
        on = [*tell, "enable", "--now", "escalade-by-timer.timer"]
        subprocess.run(on, check=True, capture_output=True)
        for name in ("cron", "timer", "clock"):
            assert until(lambda name=name: runs(name), 150), name
        ended = ("by-cron", "by-timer", "by-clock")
        assert until(lambda: _ended(bench) >= set(ended), 60), bench.history()
        off = [*tell, "disable", "--now", "escalade-by-timer.timer"]
        subprocess.run(off, check=True, capture_output=True)
    assert server.returncode == 130


def _ended(bench: Bench) -> set[str]:
    """Return the jobs of which a run ended well."""
    rows = bench.history()
    return {row["why"] for row in rows if row["state"] == "ended" and row["exit"] == 0}
