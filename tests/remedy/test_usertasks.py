"""Tasks of an operator's own: which there are, their risk, and how one runs and ends."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from escalade.errors import UsageError
from escalade.model import Host
from escalade.model import Status
from escalade.plans import Ended
from escalade.plans import Risk
from escalade.remedy.contexts import wrapped
from escalade.remedy.spoken import Lines
from escalade.remedy.usertasks import Ran
from escalade.remedy.usertasks import Terms
from escalade.remedy.usertasks import known
from escalade.remedy.usertasks import run_task
from escalade.shapes import shaped
from escalade.transport.base import Output
from escalade.transport.base import Transport
from escalade.transport.factory import open_for
from escalade.transport.local import LocalTransport

TASKS = '''
"""Ours."""
from invoke.collection import Collection
from invoke.exceptions import Exit
from invoke.tasks import task
from escalade.tasks.declare import risk

@task
@risk("safe")
def look(c, path="/", deep=False):
    """Look at a folder."""
    print("looking at", path, deep)
    c.run("uname -s")

@task
def quiet(c):
    assert c.run("echo hidden", hide=True).stdout == "hidden\\n"
    c.run("echo loud >&2", echo=True)

@task(pre=[look])
@risk("safe")
def after_look(c):
    c.run("true")

@task
@risk("safe")
def before(c):
    c.run("true")

@task(pre=[before])
@risk("safe")
def both_safe(c):
    c.run("true")

@task
def fails(c):
    c.run("exit 7")

@task
def says_no(c):
    raise Exit("not today", code=4)

@task
def breaks(c):
    raise ValueError("oops")

@task
def reads(c):
    c.run("cat; echo no-stdin")

@task
def quoted(c, value=""):
    c.run('printf "%s\\\\n" "$A"', env={"A": value})

@task
def moved(c):
    with c.cd("/"):
        with c.prefix("X=1"):
            c.run('pwd; echo "x=$X"')

@task
def bounded(c):
    c.run("sleep 61", timeout=0.3)

@task
def warned(c):
    print("code", c.run("exit 3", warn=True, hide=True).exited)

@task
def sleeps(c, mark=""):
    try:
        c.run("sleep 300 & setsid sleep 300 & wait", env={"MARK": mark}, warn=True)
    except Exception:
        pass
    c.run("echo went on")

@task
def leaves(c, mark=""):
    c.run("setsid sleep 300 >/dev/null 2>&1 & sleep 300", env={"MARK": mark}, timeout=0.7)

@task
def forgets(c, mark=""):
    c.run(f"env -i MARK={mark} setsid sleep 300 >/dev/null 2>&1 & sleep 300", warn=True)

@task
def counts(c, number=1):
    c.run(f"echo {number}")

@task
def leaks(c):
    c.run("echo password=hunter2hunter2")

@task
def copies(c, source="", target="", back=""):
    c.put(source, target)
    c.get(target, back)

@task
def roots(c):
    c.sudo("id -u && id -u")

@task
def both(c):
    print("user", c.run("echo out; echo err >&2", pty=False).ok)
'''


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Return a project with a tasks.py that no other test's is taken for."""
    name = tmp_path / "tasks.py"
    name.write_text(TASKS)
    before, path = dict(sys.modules), list(sys.path)
    yield tmp_path
    sys.modules.pop("tasks", None)
    if "tasks" in before:
        sys.modules["tasks"] = before["tasks"]
    sys.path[:] = path


@pytest.fixture(params=["local", pytest.param("ssh", marks=pytest.mark.ssh)])
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    """Return this machine, then a host of the bed."""
    if request.param == "local":
        made: Any = open_for(Host("localhost"))
    else:
        config = request.getfixturevalue("hosts").ssh_config
        made = open_for(Host("host1", "ssh"), ssh_config=config)
    yield made
    made.close()


@pytest.fixture
def run(project: Path, transport: Transport) -> Callable[..., tuple[Ran, list[str]]]:
    """Return what runs a task of the project and gives how it ended and what it said."""

    def ran(*words: str, timeout_s: float = 30, stop: Any = None) -> Any:
        said: list[str] = []
        terms = Terms(
            timeout_s, f"esc-more/{os.urandom(4).hex()}/", stop or threading.Event(),
            shaped, said.append,
        )  # fmt: skip
        return run_task(words, transport, terms, folder=project), said

    return ran


# ------------------------------------------------------------------- which there are


def test_tasks_are_known_by_name_risk_and_arguments(project: Path) -> None:
    """What a task does not say is disruptive; what runs around it counts, too."""
    tasks = known(project)
    assert tasks["look"].risk is Risk.SAFE
    assert tasks["look"].arguments == ("path", "deep")
    assert tasks["look"].doc == "Look at a folder."
    assert tasks["quiet"].risk is Risk.DISRUPTIVE
    assert tasks["both-safe"].risk is Risk.SAFE
    assert tasks["look"].source == str(project / "tasks.py")


def test_our_own_tasks_are_none_of_the_operator_s(project: Path) -> None:
    """A tasks.py that only takes ours has none of its own."""
    (project / "tasks.py").write_text("from escalade.tasks import ns\n")
    assert not known(project)


def test_a_folder_without_tasks_has_none(tmp_path: Path) -> None:
    """No file here or above is no mistake."""
    assert not known(tmp_path, "no-such-tasks")


def test_a_file_that_cannot_be_loaded_is_named(project: Path) -> None:
    """The line says which file, and why."""
    (project / "tasks.py").write_text("import no_such_module\n")
    with pytest.raises(UsageError, match=r"tasks\.py: ModuleNotFoundError"):
        known(project)


def test_a_wrong_risk_is_a_mistake(project: Path) -> None:
    """The words are those of the policy."""
    from escalade.tasks.declare import risk

    with pytest.raises(ValueError, match="safe, disruptive, destructive"):
        risk("harmless")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lock",), "no task 'lock'.*did you mean 'look'"),
        (("look", "--no-such"), "no-such"),
        (("look", "quiet"), "one task at a time"),
        (("counts", "-n", "x"), "counts -n x: not what its parameter takes"),
        ((), "which task"),
    ],
)
def test_words_that_mean_no_task(run, words, told) -> None:
    """They are told before anything ran."""
    with pytest.raises(UsageError, match=told):
        run(*words)


# ---------------------------------------------------------------------- how one runs


def test_a_task_runs_with_the_host_as_its_context(run) -> None:
    """What it prints and what its commands write comes line by line."""
    ran, said = run("look", "--path", "/tmp", "--deep")
    assert (ran.ended, ran.code) == (Ended.DONE, 0)
    assert said == ["looking at /tmp True", "Linux"]
    assert ran.output == "looking at /tmp True\nLinux\n"


def test_tasks_before_it_run_before_it(run) -> None:
    """As Invoke does it."""
    assert run("after-look")[1][0] == "looking at / False"


def test_hide_and_echo_are_invoke_s(run) -> None:
    """The echo is of the task's own line, not of what it is wrapped in."""
    ran, said = run("quiet")
    assert ran.ended is Ended.DONE
    assert "hidden" not in ran.output
    assert said == ["echo loud >&2", "loud"]


def test_a_command_that_fails_is_named(run) -> None:
    """The reason holds the task's own line and code."""
    ran, _ = run("fails")
    assert (ran.ended, ran.code) == (Ended.FAILED, 7)
    assert ran.reason == "`exit 7` ended with 7"


def test_other_ways_to_fail(run) -> None:
    """An Exit has its code and words; a mistake in the body its kind."""
    exited, _ = run("says-no")
    broke, _ = run("breaks")
    assert (exited.ended, exited.code, exited.reason) == (Ended.FAILED, 4, "not today")
    assert (broke.ended, broke.reason) == (Ended.FAILED, "ValueError: oops")


def test_warn_is_invoke_s(run) -> None:
    """A code that is only warned of is a result."""
    assert run("warned")[1] == ["code 3"]


def test_stdin_is_closed(run) -> None:
    """What reads it gets the end at once."""
    assert run("reads", timeout_s=20)[1] == ["no-stdin"]


def test_variables_are_quoted(run, tmp_path: Path) -> None:
    """What a variable holds is never run."""
    value = f"$(touch {tmp_path}/bad); `id` 'x' b c"
    assert run("quoted", "--value", value)[1] == [value]
    assert not (tmp_path / "bad").exists()


def test_folders_and_prefixes_work(run) -> None:
    """They stand inside the wrapped line."""
    assert run("moved")[1] == ["/", "x=1"]


def test_files_travel(run, tmp_path: Path) -> None:
    """`put` and `get` work here as on a host."""
    (tmp_path / "a").write_text("content")
    target, back = f"/tmp/esc-more-{os.urandom(4).hex()}", str(tmp_path / "b")
    ran, _ = run(
        "copies", "--source", str(tmp_path / "a"), "--target", target, "--back", back
    )
    assert ran.ended is Ended.DONE, ran
    assert Path(back).read_text() == "content"


def test_no_secret_is_said(run) -> None:
    """Neither to who watches nor to the journal."""
    ran, said = run("leaks")
    assert "hunter2" not in ran.output + " ".join(said)


# ----------------------------------------------------------------------- how it ends


def test_a_command_s_own_bound(run) -> None:
    """Invoke's exception comes in time, and its words name the task's line."""
    ran, _ = run("bounded")
    assert ran.ended is Ended.TIMEOUT
    assert ran.reason == "`sleep 61` did not end within 0.3 s"


def _left(transport: Transport, mark: str) -> bytes:
    line = f"grep -al MARK={mark} /proc/[0-9]*/environ 2>/dev/null; true"
    return transport.run(line, timeout_s=10).stdout


def test_a_task_s_bound_ends_all_that_it_started(run, transport: Transport) -> None:
    """Children that left the group, too; a task that catches everything goes no further."""
    mark = os.urandom(6).hex()
    ran, said = run("sleeps", "--mark", mark, timeout_s=1.0)
    assert (ran.ended, ran.orphan) == (Ended.TIMEOUT, "")
    assert ran.reason == "no end within 1 s"
    assert "went on" not in said
    assert _left(transport, mark) == b""


def test_what_ended_at_its_own_bound_leaves_nothing(run, transport: Transport) -> None:
    """What left the group of the command that took too long is ended, too."""
    mark = os.urandom(6).hex()
    ran, _ = run("leaves", "--mark", mark)
    assert (ran.ended, ran.orphan) == (Ended.TIMEOUT, "")
    assert "did not end within 0.7 s" in ran.reason
    assert _left(transport, mark) == b""


def test_a_child_without_the_tag_is_ended_with_its_parent(
    run, transport: Transport
) -> None:
    """We end it before the host ends the command, while its parent still tells of it."""
    mark = os.urandom(6).hex()
    ran, _ = run("forgets", "--mark", mark, timeout_s=1.0)
    assert (ran.ended, ran.orphan) == (Ended.TIMEOUT, "")
    assert _left(transport, mark) == b""


def test_a_stop_ends_all_that_it_started(run, transport: Transport) -> None:
    """As Ctrl-C does it: the event is set by whoever waits."""
    mark, stop = os.urandom(6).hex(), threading.Event()
    threading.Timer(0.7, stop.set).start()
    ran, _ = run("sleeps", "--mark", mark, stop=stop)
    assert (ran.ended, ran.reason, ran.orphan) == (Ended.INTERRUPTED, "stopped", "")
    assert _left(transport, mark) == b""


def test_a_host_that_is_not_reached_is_a_value(project: Path) -> None:
    """Nothing is raised for a host."""
    host = Host("nobody", "ssh", address="127.0.0.1", port=1)
    terms = Terms(5, "t/", threading.Event(), shaped, lambda _: None)
    ran = run_task(("look",), open_for(host), terms, folder=project)
    assert ran.ended is Ended.UNREACHABLE
    assert ran.reason


class Shellless(LocalTransport):
    """This machine, as one whose login shell runs nothing that it is told."""

    def run(self, line: str, *, timeout_s: float, limit: int = 1_000_000) -> Output:
        """Return what the transport over SSH says of such a shell."""
        del line, timeout_s, limit
        reason = "web1: its login shell ended with 0 before our command: nothing"
        return Output(Status.UNREACHABLE, reason=reason, cause="shell")


def test_a_login_shell_that_runs_nothing_is_no_success(project: Path) -> None:
    """Whatever code it ends with, the task is not called there."""
    said: list[str] = []
    terms = Terms(5, "esc-more/shell/", threading.Event(), shaped, said.append)
    ran = run_task(("warned",), Shellless(Host("web1")), terms, folder=project)
    assert (ran.ended, said) == (Ended.UNREACHABLE, [])
    assert "its login shell ended with 0" in ran.reason


@pytest.mark.ssh
def test_sudo_runs_the_whole_line(project: Path, hosts) -> None:
    """Its second half, too, is run as root; who is root needs no sudo for it."""
    said: list[str] = []
    transport = open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)
    terms = Terms(20, "esc-more/sudo/", threading.Event(), shaped, said.append)
    ran = run_task(("roots",), transport, terms, folder=project)
    transport.close()
    assert (ran.ended, said) == (Ended.DONE, ["0", "0"])


@pytest.mark.ssh
def test_a_connection_that_ends_is_the_host_s_trouble(project: Path, hosts) -> None:
    """It is told as unreachable, and not opened again past the known host keys."""
    transport = open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)
    transport.open()
    link = transport._link
    terms = Terms(20, "esc-more/lost/", threading.Event(), shaped, lambda _: None)
    threading.Timer(0.7, link.transport.close).start()
    ran = run_task(("sleeps",), transport, terms, folder=project)
    transport.close()
    assert ran.ended is Ended.UNREACHABLE
    assert "ended" in ran.reason


# ------------------------------------------------------------------------ what it says


def test_lines_are_passed_on_whole() -> None:
    """A line that is shown anew is passed on as it stood last; a part at the end."""
    said: list[str] = []
    lines = Lines(str.upper, said.append)
    lines.write("a\nb")
    lines.write("c\n10 %\r100 %\nend")
    assert lines.finish() == "A\nBC\n100 %\nEND\n"
    assert said == ["A", "BC", "100 %", "END"]


def test_of_long_output_the_end_is_kept() -> None:
    """What was said first is dropped from memory, not from who watches."""
    said: list[str] = []
    lines = Lines(str, said.append)
    for number in range(20_000):
        lines.write(f"line {number}\n")
    kept = lines.finish()
    assert len(said) == 20_000
    assert len(kept) <= 65_536
    assert kept.endswith("line 19999\n")


def test_a_wrapped_line_quotes_what_it_holds() -> None:
    """Variables and the line are one word each."""
    line = wrapped(
        "echo 'a b'", bound_s=5, shell="/bin/bash", env={"A": "b; id"}, stdin=False
    )
    assert line == (
        "timeout -k 2 5 env 'A=b; id' /bin/bash -c 'echo '\"'\"'a b'\"'\"'' </dev/null"
    )
