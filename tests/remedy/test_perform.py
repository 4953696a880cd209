"""Actions done for real: containers of our own, and processes here and on an SSH host."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.model import Comparison
from escalade.model import Host
from escalade.model import Node
from escalade.model import Status
from escalade.model import Truth
from escalade.plans import Action
from escalade.plans import Call
from escalade.plans import Check
from escalade.plans import Collect
from escalade.plans import Did
from escalade.plans import Do
from escalade.plans import Ended
from escalade.plans import Shell
from escalade.redact import Redactor
from escalade.remedy.groups import Group
from escalade.remedy.output import Head
from escalade.remedy.output import Lines
from escalade.remedy.perform import Performer
from escalade.transport.base import Output
from escalade.transport.factory import open_for
from escalade.transport.fake import FakeTransport
from escalade.transport.fake import Recorded
from tests.remedy.performing import IMAGE
from tests.remedy.performing import docker
from tests.remedy.performing import eventually
from tests.remedy.performing import inspect
from tests.remedy.performing import remove
from tests.remedy.performing import runs

NAME = "esc-perf-box"


def action(do: Do | None, *after: Check, **more: Any) -> Action:
    """Return an action of this run."""
    node = Node("localhost", None, NAME)
    made = Action("localhost", "test", node, do, "as typed", id="1.1.1", after=after)
    return replace(made, **more)


def of(name: str, *expect: tuple[str, str, object]) -> Check:
    """Return a check of a container."""
    return Check("container", (name,), tuple(Comparison(*one) for one in expect))


def path(name: object, *, exists: bool = True) -> Check:
    """Return a check of a file."""
    return Check("path", (str(name),), (Comparison("exists", "eq", exists),))


class Stage:
    """A performer, and all that it tells."""

    def __init__(self, transport: Any, *, there: bool = False) -> None:
        self.there = there
        self.transport = transport
        self.stop = threading.Event()
        self.lines: list[str] = []
        self.groups: list[str] = []
        self.performer = Performer(
            transport.host,
            transport,
            stop=self.stop,
            redact=Redactor(["hunter2-and-more"], b"key").text,
            # As runs are: what ends is looked for by it on the whole machine.
            tag=f"run-{secrets.token_hex(4)}",
        )

    def do(self, what: Action, *, attempt: int = 1, timeout_s: float = 30.0) -> Did:
        """Perform an action."""
        return self.performer.perform(
            what,
            attempt,
            timeout_s=timeout_s,
            started=self.groups.append,
            say=self.lines.append,
        )

    def apart(self, what: Action, **more: Any) -> Callable[[], Did]:
        """Perform an action in another thread; the call waits for how it ended."""
        kept: list[Did] = []
        thread = threading.Thread(target=lambda: kept.append(self.do(what, **more)))
        thread.start()

        def did() -> Did:
            thread.join(30)
            return kept[0]

        return did

    def said(self, word: str) -> int:
        """Wait for a line `WORD number` and return the number."""
        assert eventually(lambda: any(x.startswith(word) for x in self.lines))
        line = next(line for line in self.lines if line.startswith(word))
        return int(line.split()[1])

    def runs(self, pid: int) -> bool:
        """Whether a process runs where the performer acts."""
        return runs(pid, there=self.there)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a performer of this machine."""
    made = Stage(open_for(Host("localhost")))
    yield made
    made.performer.close()
    made.transport.close()


@pytest.fixture(params=["local", pytest.param("ssh", marks=pytest.mark.ssh)])
def anywhere(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Return a performer of this machine, then of host1."""
    if request.param == "local":
        made = Stage(open_for(Host("localhost")))
    else:
        config = request.getfixturevalue("hosts").ssh_config
        made = Stage(open_for(Host("host1", "ssh"), ssh_config=config), there=True)
    yield made
    made.performer.close()
    made.transport.close()


@pytest.fixture
def box() -> Iterator[str]:
    """Return a container that runs."""
    remove(NAME)
    docker("run", "-d", "--name", NAME, IMAGE, "sleep", "300")
    yield NAME
    remove(NAME)


# ------------------------------------------------------------- calls of the Engine


@pytest.mark.engine
def test_a_call_is_proved_by_its_postcondition(stage: Stage, box: str) -> None:
    """A restart is done once the Engine tells a newer start."""
    before = inspect(box)["State"]["Pid"]
    seen = of(box, ("started_at", "gt", time.time()), ("running", "eq", True))
    restart = Call("POST", f"/containers/{box}/restart?t=0")
    did = stage.do(action(restart, seen, settle_s=5.0))
    assert (did.action, did.ended, did.code) == ("1.1.1", Ended.DONE, 204)
    assert inspect(box)["State"]["Pid"] != before
    assert did.started > 1e9
    assert did.took_s > 0


@pytest.mark.engine
def test_what_is_so_already_is_skipped(stage: Stage, box: str) -> None:
    """Nothing is sent, unless the action is to be done always."""
    before = inspect(box)["State"]["StartedAt"]
    up = of(box, ("running", "eq", True))
    restart = action(Call("POST", f"/containers/{box}/restart?t=0"), up)
    did = stage.do(restart)
    assert (did.ended, did.reason) == (Ended.SKIPPED, "it is so already")
    assert inspect(box)["State"]["StartedAt"] == before
    assert stage.do(replace(restart, always=True)).ended is Ended.DONE
    assert inspect(box)["State"]["StartedAt"] != before


@pytest.mark.engine
def test_the_engine_says_why_it_refuses(stage: Stage) -> None:
    """In its own words, and at once."""
    did = stage.do(action(Call("POST", "/containers/esc-perf-none/start")))
    assert (did.ended, did.code) == (Ended.FAILED, 404)
    assert "No such container: esc-perf-none" in did.reason


@pytest.mark.engine
def test_codes_that_mean_it_is_so_are_fine(stage: Stage, box: str) -> None:
    """304 of a start, 404 of a removal that says so."""
    start = stage.do(action(Call("POST", f"/containers/{box}/start")))
    assert (start.ended, start.code) == (Ended.DONE, 304)
    gone = Call("DELETE", "/containers/esc-perf-none", fine=(404,))
    assert stage.do(action(gone)).ended is Ended.DONE


@pytest.mark.engine
def test_a_restart_that_leaves_it_unhealthy_is_not_done(stage: Stage) -> None:
    """The Engine answers 204, and the health check fails on."""
    remove(NAME)
    health = ["--health-cmd=false", "--health-interval=200ms", "--health-retries=1"]
    docker("run", "-d", "--name", NAME, *health, IMAGE, "sleep", "300")
    try:
        restart = Call("POST", f"/containers/{NAME}/restart?t=0")
        well = of(NAME, ("health", "in", ("healthy", "none")))
        did = stage.do(action(restart, well, settle_s=3.0))
    finally:
        remove(NAME)
    assert (did.ended, did.code) == (Ended.FAILED, 204)
    assert did.reason.startswith(f"did, but {NAME}: health is ")


@pytest.mark.engine
def test_a_call_that_outlives_its_bound_is_looked_at(stage: Stage, box: str) -> None:
    """The Engine goes on with it: a stop that waits longer than we do is done all the same.

    PID 1 ignores TERM, so that the Engine kills it after the two seconds asked for.
    """
    down = of(box, ("running", "eq", False))
    stop = Call("POST", f"/containers/{box}/stop?t=2")
    did = stage.do(action(stop, down, timeout_s=0.5, settle_s=10.0))
    assert did.ended is Ended.DONE
    assert did.reason.endswith("but it is done")
    docker("start", box)
    late = stage.do(action(stop, down, timeout_s=0.3, settle_s=0.1))
    assert late.ended is Ended.TIMEOUT
    assert "within 0.3 s" in late.reason


@pytest.mark.engine
def test_a_stop_does_not_wait_for_the_engine(stage: Stage, box: str) -> None:
    """The call is left to the Engine, and that is said."""
    did = stage.apart(action(Call("POST", f"/containers/{box}/stop?t=3")))
    time.sleep(0.2)
    stage.stop.set()
    assert did().ended is Ended.INTERRUPTED
    assert "may go on" in did().reason


def test_an_engine_that_is_not_there_is_unreachable() -> None:
    """Nothing was sent, so nothing is asked afterwards."""
    from escalade.transport.base import Trouble

    none = Recorded(engine_trouble=Trouble("missing", "no Engine here"))
    stage = Stage(FakeTransport(Host("web1"), none))
    did = stage.do(action(Call("POST", "/containers/x/start"), of("x")))
    assert (did.ended, did.reason) == (Ended.UNREACHABLE, "no Engine here")


def test_a_pull_that_fails_in_mid_stream_has_failed() -> None:
    """The Engine answers 200 first, and the error comes later."""
    body = b'{"status":"Pulling"}\r\n{"errorDetail":{"message":"no such tag"}}\r\n'
    told = Recorded(engine={"POST /images/create?fromImage=x": body})
    stage = Stage(FakeTransport(Host("web1"), told))
    did = stage.do(action(Call("POST", "/images/create?fromImage=x")))
    assert (did.ended, did.code, did.reason) == (Ended.FAILED, 200, "no such tag")


# -------------------------------------------------------------------- shell lines


def test_a_line_tells_what_it_writes_as_it_comes(anywhere: Stage) -> None:
    """Both streams, in order, without secrets; the marker of the group is not told."""
    line = "echo one; echo two >&2; PASSWORD=x; echo token=hunter2-and-more; printf end"
    did = anywhere.do(action(Shell(line)))
    assert (did.ended, did.code) == (Ended.DONE, 0)
    assert anywhere.lines[:2] == ["one", "two"]
    assert anywhere.lines[3:] == ["end"]
    assert "hunter2" not in "".join(anywhere.lines)
    assert did.output == "\n".join(anywhere.lines)
    assert re.fullmatch(r"\d+ run-\w{8}/1\.1\.1/1/", anywhere.groups[0])


def test_a_line_that_fails_says_its_code_and_last_words(stage: Stage) -> None:
    """What it wrote last is the reason, without secrets."""
    did = stage.do(action(Shell("echo working; echo no hunter2-and-more >&2; exit 7")))
    assert (did.ended, did.code) == (Ended.FAILED, 7)
    assert did.reason.startswith("exit 7: no [secret")


def test_only_the_end_of_a_long_output_is_kept(stage: Stage) -> None:
    """All of it is told."""
    did = stage.do(action(Shell("seq 20000")))
    assert len(stage.lines) == 20_000
    assert did.output.endswith("19999\n20000")
    assert len(did.output) <= 4096


def test_what_a_login_shell_wrote_first_is_no_marker() -> None:
    """The group's number is found behind it, however the bytes are cut."""
    whole = b"Welcome to host1\nescalade-group 4711\nfirst\nescalade-group 1\n"
    for cut in range(len(whole)):
        head = Head()
        told = head.without(whole[:cut]) + head.without(whole[cut:])
        assert head.number == 4711
        assert told == b"Welcome to host1\nfirst\nescalade-group 1\n"


def test_an_output_without_a_marker_is_told_all_the_same() -> None:
    """It waits for one only so long."""
    head = Head()
    assert head.without(b"x" * 100) == b""
    assert head.rest == b"x" * 100
    assert head.without(b"y" * 20_000) == b"x" * 100 + b"y" * 20_000
    assert (head.number, head.without(b"z")) == (None, b"z")


@given(st.integers(0, 60))
def test_lines_are_the_same_however_they_are_cut(cut: int) -> None:
    """Progress bars, other systems' line ends, a last line without an end, UTF-8."""
    data = "10 %\r20 %\r\ndéjà vu\n\n\x1b[31mred\x1b[0m\nlast".encode()
    told: list[str] = []
    lines = Lines(str, told.append)
    lines.feed(data[:cut])
    lines.feed(data[cut:])
    assert lines.finish() == "\n".join(told)
    assert told == ["10 %", "20 %", "déjà vu", "red", "last"]


def test_a_private_key_is_told_as_one_mark(stage: Stage) -> None:
    """Its lines, taken one by one, look like no secret."""
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----"
    stage.do(action(Shell(f"echo '{key}'; echo after")))
    assert stage.lines == ["[redacted]", "after"]


def test_a_line_that_ends_well_is_not_done_without_its_effect(
    stage: Stage, tmp_path: Any
) -> None:
    """The exit code does not count, the postcondition does."""
    wanted = tmp_path / "made"
    did = stage.do(action(Shell("true"), path(wanted)))
    assert (did.ended, did.code) == (Ended.FAILED, 0)
    assert did.reason == f"did, but {wanted} does not exist"


def test_an_effect_may_come_a_little_later(stage: Stage, tmp_path: Any) -> None:
    """The postcondition is asked again while it settles."""
    wanted = tmp_path / "made"
    line = f"(sleep 0.5; touch {wanted}) >/dev/null 2>&1 &"
    assert (
        stage.do(action(Shell(line), path(wanted), settle_s=10.0)).ended is Ended.DONE
    )


def test_a_child_that_was_left_on_purpose_lives_on(anywhere: Stage) -> None:
    """A line that ended by itself is not cleaned up after."""
    did = anywhere.do(action(Shell("setsid sleep 77 >/dev/null 2>&1 & echo kid $!")))
    kid = anywhere.said("kid")
    assert did.ended is Ended.DONE
    assert anywhere.runs(kid)
    assert anywhere.performer.alive(anywhere.groups[0])
    assert anywhere.performer.end(anywhere.groups[0])
    assert not anywhere.runs(kid)


FAMILY = """
sh -c 'sleep 301 & echo grandchild $!; wait' &
setsid sh -c 'echo away $$; exec sleep 302' &
env -i PATH="$PATH" setsid sh -c 'echo stranger $$; exec sleep 303' &
sh -c 'trap "" TERM; echo stubborn $$; while :; do sleep 0.1; done' &
echo shell $$
wait
"""
"""A grandchild; one that left the group; one without the tag; one that ignores TERM."""
MEMBERS = ("shell", "grandchild", "away", "stranger", "stubborn")


def test_a_timeout_ends_all_that_was_started(anywhere: Stage) -> None:
    """By pid: grandchildren, those that left the group, and those that ignore TERM."""
    did = anywhere.apart(action(Shell(FAMILY), timeout_s=1.5))
    pids = [anywhere.said(name) for name in MEMBERS]
    assert all(anywhere.runs(pid) for pid in pids)
    assert did().ended is Ended.TIMEOUT
    assert not [pid for pid in pids if anywhere.runs(pid)]
    assert did().orphan == ""


def test_a_stop_ends_all_that_was_started(anywhere: Stage) -> None:
    """Also of a line that is silent, and soon."""
    did = anywhere.apart(action(Shell(FAMILY)))
    pids = [anywhere.said(name) for name in MEMBERS]
    anywhere.stop.set()
    assert did().ended is Ended.INTERRUPTED
    assert not [pid for pid in pids if anywhere.runs(pid)]
    assert did().orphan == ""


def test_a_stop_before_the_beginning_does_nothing(stage: Stage, tmp_path: Any) -> None:
    """The line never ran."""
    stage.stop.set()
    did = stage.do(action(Shell(f"touch {tmp_path}/made")))
    assert (did.ended, did.reason) == (Ended.INTERRUPTED, "was not begun")
    assert not (tmp_path / "made").exists()


def test_a_stop_lets_a_line_end_in_good_order(stage: Stage) -> None:
    """It gets a TERM first, and its last words are told."""
    did = stage.apart(action(Shell('trap "echo bye; exit 3" TERM; echo up 1; sleep 9')))
    stage.said("up")
    stage.stop.set()
    assert did().ended is Ended.INTERRUPTED
    assert stage.lines[-1] == "bye"


def test_the_bound_of_the_step_is_a_bound_too(stage: Stage) -> None:
    """Whatever the action itself may take."""
    did = stage.do(action(Shell("sleep 40")), timeout_s=0.3)
    # What is left of it after the first microseconds is nobody's number.
    assert (did.ended, did.reason) == (Ended.TIMEOUT, "no end within 0.3 s")


def test_a_timeout_whose_effect_is_there_is_done(stage: Stage, tmp_path: Any) -> None:
    """The postcondition tells, and the reason says both."""
    wanted = tmp_path / "made"
    line = action(Shell(f"touch {wanted}; sleep 40"), path(wanted), timeout_s=0.4)
    did = stage.do(line)
    assert (did.ended, did.reason) == (
        Ended.DONE,
        "no end within 0.4 s, but it is done",
    )


def test_a_journal_that_cannot_keep_the_group_ends_the_line(stage: Stage) -> None:
    """What is not recorded is not left running."""

    def started(group: str) -> None:
        stage.groups.append(group)
        raise OSError(28, "No space left on device")

    did = stage.performer.perform(
        action(Shell("sleep 44")), 1, timeout_s=30, started=started, say=print
    )
    assert did.ended is Ended.INTERRUPTED
    assert "No space left on device" in did.reason
    assert eventually(lambda: not stage.performer.alive(stage.groups[0]))


# ----------------------------------------------------------- lost hosts and orphans


@pytest.mark.ssh
def test_a_lost_host_ends_the_line_over_a_new_connection(hosts: Any) -> None:
    """What was started is looked for where it runs, and ended there."""
    opened = [open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)]
    stage = Stage(opened[0], there=True)

    def again() -> Any:
        opened.append(open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config))
        return opened[-1]

    stage.performer._again = again
    did = stage.apart(action(Shell(FAMILY)))
    pids = [stage.said(name) for name in MEMBERS]
    opened[0]._link.transport.sock.close()
    assert did().ended is Ended.UNREACHABLE
    assert not [pid for pid in pids if stage.runs(pid)]
    assert (did().orphan, len(opened)) == ("", 2)
    for one in opened:
        one.close()


@pytest.mark.ssh
def test_a_host_that_stays_lost_leaves_an_orphan(hosts: Any) -> None:
    """It is said, and a later run can end it by what was journalled."""
    first = open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config)
    stage = Stage(first, there=True)
    did = stage.apart(action(Shell("echo pid $$; sleep 304")))
    pid = stage.said("pid")
    first._link.transport.sock.close()
    assert did().ended is Ended.UNREACHABLE
    assert "may still run on host1" in did().orphan
    later = Stage(
        open_for(Host("host1", "ssh"), ssh_config=hosts.ssh_config), there=True
    )
    assert later.runs(pid)
    assert later.performer.alive(stage.groups[0])
    assert later.performer.end(stage.groups[0])
    assert not later.runs(pid)
    assert not later.performer.alive(stage.groups[0])
    later.transport.close()


def test_what_cannot_be_ended_is_named(stage: Stage) -> None:
    """By pid, command and host."""
    from escalade.remedy.groups import Left

    left = Left(("12 docker compose build", "13 sh"))
    said = "pid 12 (docker compose build), pid 13 (sh) still run on host1"
    assert left.orphan("host1") == said


def test_another_group_of_the_same_number_is_left_alone(stage: Stage) -> None:
    """A number says nothing without the tag: it may belong to somebody else by now."""
    did = stage.do(action(Shell("setsid sleep 78 >/dev/null 2>&1 & echo kid $!")))
    assert did.ended is Ended.DONE
    kid = stage.said("kid")
    assert stage.performer.end(str(Group(kid, "run8/1.1.1/1/")))
    assert stage.runs(kid)
    assert stage.performer.end(stage.groups[0])
    assert not stage.runs(kid)


def test_attempts_and_actions_are_told_apart(stage: Stage) -> None:
    """Ending the first attempt does not touch what the eleventh left running."""
    line = action(Shell("setsid sleep 79 >/dev/null 2>&1 & echo kid $!"))
    stage.do(line, attempt=1)
    stage.do(line, attempt=11)
    first, last = (int(said.split()[1]) for said in stage.lines)
    assert stage.performer.end(stage.groups[0])
    assert (stage.runs(first), stage.runs(last)) == (False, True)
    assert stage.performer.end(stage.groups[1])


# ---------------------------------------------------------------- waiting and resuming


def test_waiting_is_an_action_without_a_doing(stage: Stage, tmp_path: Any) -> None:
    """It ends with the postcondition, or in a timeout that says what is missing."""
    wanted = tmp_path / "made"
    did = stage.apart(action(None, path(wanted), settle_s=20.0))
    wanted.touch()
    assert did().ended is Ended.DONE
    late = stage.do(action(None, path(wanted, exists=False), settle_s=0.2))
    assert late.ended is Ended.TIMEOUT
    assert late.reason == f"not in time: {wanted}: exists is yes"


def test_waiting_is_stopped(stage: Stage, tmp_path: Any) -> None:
    """Ctrl-C does not wait for what is waited for."""
    did = stage.apart(action(None, path(tmp_path / "never"), settle_s=60.0))
    stage.stop.set()
    assert did().ended is Ended.INTERRUPTED


def test_what_cannot_be_seen_is_unknown() -> None:
    """It was done, but its host does not answer the question."""
    lost = Output(Status.UNREACHABLE, reason="the SSH connection ended")
    stage = Stage(FakeTransport(Host("web1"), Recorded(opened=lost)))
    did = stage.do(action(None, path("/x")))
    assert did.ended is Ended.UNKNOWN
    assert "the SSH connection ended" in did.reason


def test_an_action_in_flight_is_waited_for(stage: Stage, tmp_path: Any) -> None:
    """What a killed controller left running may finish; then its effect is looked at."""
    wanted = tmp_path / "made"
    line = f"setsid sh -c 'sleep 1; touch {wanted}' >/dev/null 2>&1 &"
    what = action(Shell(line))
    stage.do(what)
    asked = stage.performer.settled(
        replace(what, after=(path(wanted),)), stage.groups[0]
    )
    assert asked.truth is Truth.TRUE


def test_an_action_in_flight_is_ended_at_its_bound(stage: Stage, tmp_path: Any) -> None:
    """It does not happen after we have said that it did not."""
    line = "setsid sleep 80 >/dev/null 2>&1 & echo kid $!"
    what = action(Shell(line), timeout_s=1.0)
    stage.do(what)
    asked = stage.performer.settled(
        replace(what, after=(path(tmp_path / "made"),)), stage.groups[0]
    )
    assert asked.truth is Truth.FALSE
    assert not stage.runs(stage.said("kid"))
    assert stage.performer.settled(what, stage.groups[0]).truth is Truth.FALSE


def test_what_is_no_action_on_a_host_is_refused(stage: Stage) -> None:
    """Collecting and an operator's own tasks are done elsewhere: a mistake of ours."""
    with pytest.raises(TypeError, match=r"1\.1\.1"):
        stage.do(action(Collect("logs")))


@pytest.mark.engine
def test_a_further_attempt_does_it_once_more(stage: Stage, box: str) -> None:
    """That the first attempt did it is no reason to leave the second one out."""
    since = of(box, ("started_at", "gt", time.time()))
    restart = action(Call("POST", f"/containers/{box}/restart?t=0"), since)
    seen = set()
    for attempt in (1, 2, 3):
        assert stage.do(restart, attempt=attempt).ended is Ended.DONE
        seen.add(inspect(box)["State"]["StartedAt"])
    assert len(seen) == 3
