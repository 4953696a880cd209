"""The `process` probe: a container's processes and its cgroup."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Target
from escalade.evidence.process import PROCESS
from escalade.model import Address
from escalade.model import Status

sys.path.insert(0, str(Path(__file__).parent))

from recorded import Case
from recorded import case
from recorded import cases
from recorded import text_of

BOX = "ab12"
LIMITS = "Max open files            1024                 524288               files\n"


@pytest.mark.parametrize("case", cases("process"), ids=lambda case: case.name)
def test_recorded(case: Case) -> None:
    """Each recorded answer means what its case says."""
    assert case.parse(PROCESS) == case.expect, case.fact
    assert all(set(r) == set(PROCESS.readings) for r in case.expect.readings)


def test_the_init_is_not_the_program() -> None:
    """A program stopped under an init is stopped; an init stopped alone is not."""
    assert case("process", "init-child-stopped").reading("stopped") is True
    assert case("process", "init-stopped").reading("stopped") is False


def _stopped(first: str, *children: str) -> object:
    """Return whether process 7 is judged stopped: `name state` of it and of its children."""
    lines = []
    for pid, (said, above) in enumerate([(first, 1), *((c, 7) for c in children)], 7):
        name, state = said.split()
        words = {"Name": name, "State": state, "PPid": str(above)}
        lines += [f"/proc/{pid}/status:{key}:\t{word}" for key, word in words.items()]
    answer = Answer(Status.OK, "\n".join(lines).encode())
    (record,) = PROCESS.parse(_target(7), (), [answer]).readings
    return record["stopped"]


@pytest.mark.parametrize(
    ("processes", "stopped"),
    [
        # Stopped, a shell does not bury what it started.
        (("sh T", "curl Z"), True),
        (("bash T", "sleep S"), True),
        (("sh T",), True),
        (("docker-init T", "sh Z"), True),
        (("sh S", "sleep S"), False),
        (("sh S", "sleep T"), True),
        (("sh S", "sleep Z"), False),
        # What it started serves on.
        (("sh T", "redis-server S"), False),
        (("sh T", "sleep S", "redis-server S", "curl Z"), False),
        (("sh S", "redis-server T"), True),
        (("docker-init S", "sleep T"), True),
    ],
)
def test_a_shell_is_the_program_where_it_minds_none(
    processes: tuple[str, ...],
    stopped: bool,  # noqa: FBT001
) -> None:
    """Neither who has ended nor a pause of a loop is the program of a container."""
    assert _stopped(*processes) is stopped


def _target(pid: int) -> Target:
    place = Address("host", "stack", "web", "web-1", "process")
    return Target(place, {"Id": BOX, "State": {"Pid": pid}})


def _run(text: str, target: Target) -> Parsed:
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False)
    assert done.stderr == b""
    return PROCESS.parse(target, (), [Answer(Status.OK, done.stdout)])


def test_this_process_answers() -> None:
    """The script runs here in a plain shell, on a process of our own."""
    target = _target(os.getpid())
    (record,) = _run(text_of(PROCESS.questions(target, ())), target).readings
    assert record["pid_state"] in ("R", "S")
    assert record["files_open"]
    assert record["stopped"] is False


def test_a_process_that_ended_has_vanished() -> None:
    """A number that is nobody's any more is told from an error."""
    done = subprocess.Popen(["true"])
    done.wait()
    target = _target(done.pid)
    assert (
        _run(text_of(PROCESS.questions(target, ())), target).status.value == "vanished"
    )


def test_a_container_that_does_not_run_is_not_asked() -> None:
    """Process 0 is nobody, and an id that is none goes into no shell."""
    assert PROCESS.questions(_target(0), ()) == ()
    odd = replace(_target(7), inspect={"Id": "x; id", "State": {"Pid": 7}})
    assert PROCESS.questions(odd, ()) == ()


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _in(root: Path, target: Target) -> Parsed:
    text = text_of(PROCESS.questions(target, ()))
    text = text.replace("/sys/fs/cgroup", f"{root}/cgroup")
    return _run(text.replace("/proc/", f"{root}/proc/"), target)


def _process(pid: int, group: str) -> dict[str, str]:
    return {
        f"proc/{pid}/cgroup": group,
        f"proc/{pid}/status": "Name:\tapp\nState:\tS (sleeping)\nPPid:\t1\n",
        f"proc/{pid}/limits": LIMITS,
        f"proc/{pid}/fd/0": "",
        f"proc/{pid}/fd/1": "",
    }


VERSION_2 = {
    "cgroup.procs": "7\n",
    "memory.current": "1000\n",
    "memory.max": "2000\n",
    "memory.stat": "anon 1\ninactive_file 500\n",
    "memory.events": "low 0\noom 2\noom_kill 2\n",
    "cpu.max": "50000 100000\n",
    "cpu.stat": "usage_usec 9\nnr_periods 10\nnr_throttled 5\nthrottled_usec 7\n",
    "pids.current": "3\n",
    "pids.max": "max\n",
    "pids.events": "max 2\n",
}


@pytest.mark.parametrize(
    ("group", "folder"),
    [
        (f"/docker/{BOX}", f"docker/{BOX}"),
        (f"/system.slice/docker-{BOX}.scope", f"system.slice/docker-{BOX}.scope"),
        # A container whose program moved itself into a group of its own.
        (f"/docker/{BOX}/init.scope", f"docker/{BOX}"),
        # A host that is itself a container sees only its own part of the tree.
        (f"/docker/outer/docker/{BOX}", f"docker/{BOX}"),
    ],
)
def test_cgroup_2_is_found(tmp_path: Path, group: str, folder: str) -> None:
    """The one tree of version 2 is read wherever the container stands in it."""
    _write(tmp_path, _process(7, f"0::{group}\n"))
    _write(tmp_path / "cgroup" / folder, VERSION_2)
    (record,) = _in(tmp_path, _target(7)).readings
    assert record["memory_ratio"] == 0.25
    assert record["oom_kills"] == 2
    assert record["cpu_quota"] == 0.5
    assert record["cpu_throttled_ratio"] == 0.5
    assert (record["pids"], record["pids_limit"]) == (3, 0)
    assert record["pids_refused"] == 2
    assert record["files_open"] == 2


def test_cgroup_1_is_read_by_controller(tmp_path: Path) -> None:
    """Version 1 has a tree for each controller; `cpu` may share one with `cpuacct`."""
    path = f"/docker/outer/docker/{BOX}"
    group = f"5:memory:{path}\n4:cpu,cpuacct:{path}\n3:pids:{path}\n0::/\n"
    _write(tmp_path, _process(7, group))
    here = f"docker/{BOX}"
    _write(
        tmp_path / "cgroup",
        {
            f"memory/{here}/memory.usage_in_bytes": "1000\n",
            f"memory/{here}/memory.limit_in_bytes": "9223372036854771712\n",
            f"memory/{here}/memory.stat": "inactive_file 1\ntotal_inactive_file 400\n",
            f"memory/{here}/memory.oom_control": "under_oom 0\noom_kill 4\n",
            f"cpu/{here}/cpu.cfs_quota_us": "-1\n",
            f"cpu/{here}/cpu.cfs_period_us": "100000\n",
            f"cpu/{here}/cpu.stat": "nr_periods 0\nnr_throttled 0\n",
            f"pids/{here}/cgroup.procs": "7\n",
            f"pids/{here}/pids.current": "1\n",
            f"pids/{here}/pids.max": "4\n",
            f"pids/{here}/pids.events": "max 0\n",
        },
    )
    (record,) = _in(tmp_path, _target(7)).readings
    assert (record["memory_used"], record["memory_limit"]) == (600, 0)
    assert record["oom_kills"] == 4
    assert record["cpu_quota"] == 0.0
    assert record["pids_ratio"] == 0.25
    assert record["pids_refused"] == 0
