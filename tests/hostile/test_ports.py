"""SSH hosts and addresses behind which anything may be: bounded, and never healthy."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hostile.command import HANGS_S
from tests.hostile.command import environment
from tests.hostile.command import invoke
from tests.hostile.command import run
from tests.hostile.engine import box
from tests.hostile.engine import healthy
from tests.hostile.servers import SERVERS
from tests.hostile.servers import listening
from tests.hostile.servers import unreached

SHORT = {"ESCALADE_CONNECT_TIMEOUT_S": "0.5"}


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Return the ports of all servers, by name."""
    with ExitStack() as stack:
        found = {n: stack.enter_context(listening(s)) for n, s in SERVERS.items()}
        yield {**found, "unreached": stack.enter_context(unreached()), "refused": 1}


@pytest.fixture
def inventory(tmp_path: Path, ports) -> Path:
    """Return an inventory of all of them as SSH hosts, and this machine."""
    hosts = {
        name: {"ansible_host": "127.0.0.1", "ansible_port": port}
        for name, port in ports.items()
    }
    hosts |= {"here": {"ansible_connection": "local"}}
    hosts |= {"nameless": {"ansible_host": "no-such-name.invalid"}}
    file = tmp_path / "hosts.yaml"
    file.write_text(json.dumps({"all": {"hosts": hosts}}))
    return file


def test_hosts_that_speak_no_ssh(inventory: Path, serve) -> None:
    """Each is a root of its own with its cause; those that answer are seen as ever."""
    env = {**SHORT, "DOCKER_HOST": serve(healthy([box("web")]))}
    words = ("--inventory", str(inventory), "--format", "json")
    done = run("diagnose", *words, env=env)
    assert done.code == 2
    causes = {host["host"]: host["cause"] for host in done.report["hosts"]}
    assert causes.pop("here") is None
    # Who hangs up, says nonsense or takes too long can look alike.
    vague = ("banner", "closed", "timeout")
    told = {"unreached": "timeout", "refused": "refused", "nameless": "name"}
    for name, cause in causes.items():
        assert cause in told.get(name, vague), (name, done.report["gaps"])
    roots = {(root["symptom"], root["host"]) for root in done.report["roots"]}
    assert roots == {("host.unreachable", name) for name in causes}
    (service,) = done.report["services"]
    assert (service["host"], service["verdict"]) == ("here", "ok")


@pytest.mark.parametrize(
    "words", [("ps",), ("logs", "web"), ("audit",), ("resources",)], ids=" ".join
)
def test_a_single_question_to_them(ports, tmp_path, serve, words) -> None:
    """A host that was not reached is named, and the answer is not called whole."""
    lost = {"ansible_host": "127.0.0.1", "ansible_port": ports["closes"]}
    hosts = {"lost": lost, "here": {"ansible_connection": "local"}}
    file = tmp_path / "two.yaml"
    file.write_text(json.dumps({"all": {"hosts": hosts}}))
    env = {**SHORT, "DOCKER_HOST": serve(healthy([box("web")]))}
    done = run(*words, "--inventory", str(file), "--format", "json", env=env)
    assert done.code == 3
    assert "lost" in {each["target"] for each in done.report["missing"]}


def test_ctrl_c_does_not_wait_for_them(inventory: Path) -> None:
    """Hosts that hang keep nobody who has had enough."""
    process = subprocess.Popen(
        invoke("diagnose", "--inventory", str(inventory)),
        # Long enough to be seen to wait.
        env=environment(ESCALADE_CONNECT_TIMEOUT_S="600"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert "…" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANGS_S)
    assert (out, err) == ("", "escalade: interrupted\n")
    assert process.returncode in (130, -signal.SIGINT)


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("closes", 2, "accepts, then"),
        ("refused", 2, "refuses the connection"),
        ("floods", 2, "answers, but not in HTTP"),
    ],
)
def test_an_address_that_speaks_no_http(ports, name: str, code: int, says: str) -> None:
    """`check` of a URL is well only where HTTP says so."""
    done = run("check", f"http://127.0.0.1:{ports[name]}/")
    assert done.code == code
    assert says in done.out
    assert done.out.replace("\n", " ").isprintable()


def test_an_address_that_only_has_to_accept(ports) -> None:
    """Without a path, a port that accepts is well; what it says is its own affair."""
    assert run("check", f"127.0.0.1:{ports['silent']}").code == 0
    assert run("check", "127.0.0.1:1").code == 2
