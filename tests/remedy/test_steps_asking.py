"""wait, logs, network, resources, run, bundle, handoff: what each plans, and does."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from escalade.model import Node
from escalade.plans import Collect
from escalade.plans import Ended
from escalade.plans import Risk
from escalade.plans import Shell
from escalade.remedy.catalog import steps
from escalade.remedy.render import typed_arguments
from escalade.remedy.step import CannotError
from escalade.remedy.steps.handoff import PAGES
from tests.remedy.performing import docker
from tests.remedy.performing import remove
from tests.remedy.scenes import actions
from tests.remedy.scenes import carried_out
from tests.remedy.scenes import commands
from tests.remedy.scenes import recorded

MINE = (
    "bundle", "cleanup", "handoff", "logs", "network", "rebuild", "resources",
    "rollback", "run", "wait",
)  # fmt: skip


@pytest.mark.parametrize("name", MINE)
def test_each_argument_has_help_and_each_flag_an_argument(name) -> None:
    """The command line, Python and YAML know the same words."""
    kind = steps()[name]
    assert set(kind.help) == set(kind.arguments)
    assert set(kind.positional) <= set(kind.arguments)
    assert kind.timeout_s > 0


# ---------------------------------------------------------------------------- wait


def test_a_wait_is_for_health_unless_it_says_otherwise() -> None:
    """Nothing is done: its check must hold within the time given."""
    (act,) = actions(recorded("healthy"), "wait", "redis", timeout=7)
    assert act.do is None
    assert act.reads
    assert (act.risk, act.settle_s) == (Risk.SAFE, 7)
    assert act.timeout_s > 7
    assert (act.after[0].of, act.after[0].target) == ("service", ("eloquence", "redis"))
    assert {one.reading for one in act.after[0].expect} >= {"running", "health"}


def test_a_wait_without_a_service_is_for_the_stack() -> None:
    """One for each of its services."""
    assert len(actions(recorded("healthy"), "wait")) == 6


@pytest.mark.parametrize(
    ("args", "of", "target"),
    [
        ({"port": "6379"}, "tcp", ("127.0.0.1", "6379")),
        ({"port": "db:5432"}, "tcp", ("db", "5432")),
        ({"port": "[::1]:80"}, "tcp", ("::1", "80")),
        ({"http": "http://h/x?y=1"}, "http", ("h", "80", "/x?y=1")),
        ({"http": "http://h:81"}, "http", ("h", "81", "/")),
        ({"log": "ready; $(id)"}, "log", ("eloquence-redis-1", "ready; $(id)")),
    ],
)
def test_a_wait_for_something_else(args, of, target) -> None:
    """A port, an address, a line: health is not asked unless it is wanted, too."""
    (act,) = actions(recorded("healthy"), "wait", "redis", **args)
    assert (act.after[0].of, act.after[0].target) == (of, target)
    assert (
        len(actions(recorded("healthy"), "wait", "redis", healthy=True, port="1")) == 2
    )


def test_what_is_waited_for_is_quoted() -> None:
    """The command shown could be typed as it stands."""
    (told,) = commands(recorded("healthy"), "wait", "redis", log="a'; id")
    assert "'a'\"'\"'; id'" in told


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"port": "0"}, "1 to 65535"),
        ({"port": "http"}, "1 to 65535"),
        ({"http": "https://h"}, "an http:// address"),
        ({"http": "http://h:x"}, "an http:// address"),
        ({"http": "h"}, "an http:// address"),
    ],
)
def test_a_wait_for_nothing_that_can_be(args, told) -> None:
    """It is told before anything runs."""
    with pytest.raises(CannotError, match=told):
        commands(recorded("healthy"), "wait", "redis", **args)


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers 204 to /good and 500 to anything else."""

    def do_GET(self) -> None:
        self.send_response(204 if self.path == "/good" else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Give the port of a small web server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_waits_end_as_what_they_wait_for(port: int) -> None:
    """An answer that is none ends in a timeout."""
    scene = recorded("healthy")
    good = actions(scene, "wait", "redis", http=f"http://127.0.0.1:{port}/good")
    bad = actions(scene, "wait", "redis", http=f"http://127.0.0.1:{port}/", timeout=1)
    here = actions(scene, "wait", "redis", port=str(port))
    ended = [did.ended for did in carried_out([*good, *bad, *here])]
    assert ended == [Ended.DONE, Ended.TIMEOUT, Ended.DONE]


# ----------------------------------------------------------------------------- run


def test_words_are_words() -> None:
    """What looks like a shell's work is none without a shell."""
    (act,) = actions(recorded("healthy"), "run", "redis", argv=("echo", "$(id); a b"))
    assert act.do == Shell("echo '$(id); a b'")
    assert act.command == "echo '$(id); a b'"
    assert (act.risk, act.always, act.touches) == (Risk.DISRUPTIVE, True, ())
    (did,) = carried_out([act])
    assert did.output.strip() == "$(id); a b"


def test_a_line_is_split_and_not_given_to_a_shell() -> None:
    """Unless that is asked for; then it is one word for sh."""
    scene = recorded("healthy")
    assert commands(scene, "run", command="echo 'a b' | cat") == ["echo 'a b' '|' cat"]
    (act,) = actions(scene, "run", command="echo $((1 + 1)) | cat", shell=True)
    (did,) = carried_out([act])
    assert (did.ended, did.output.strip()) == (Ended.DONE, "2")


def test_a_command_in_a_container() -> None:
    """Once in each that runs."""
    told = commands(
        recorded("healthy"), "run", "redis", where="container", command="redis-cli ping"
    )
    assert told == ["docker exec eloquence-redis-1 redis-cli ping"]


def test_a_risk_is_what_it_says() -> None:
    """Safe only where somebody wrote it down."""
    (act,) = actions(recorded("healthy"), "run", command="true", risk="safe")
    assert act.risk is Risk.SAFE


@pytest.mark.parametrize(
    ("service", "args", "told"),
    [
        (None, {}, "either a command or argv"),
        (None, {"command": "a", "argv": ("b",)}, "either a command or argv"),
        (None, {"command": "a 'b"}, "No closing quotation"),
        (None, {"argv": ("a", "b"), "shell": True}, "one line"),
        (None, {"argv": ("a\0",)}, "NUL"),
        (None, {"command": "a", "where": "container"}, "needs a service"),
    ],
)
def test_a_command_that_is_none(service, args, told) -> None:
    """It is told before anything runs."""
    with pytest.raises(CannotError, match=told):
        commands(recorded("healthy"), "run", service, **args)


def test_a_container_that_does_not_run_runs_nothing() -> None:
    """Its name is told."""
    with pytest.raises(CannotError, match="no container of it runs"):
        commands(
            recorded("lk-01"), "run", "livekit-server", where="container", command="id"
        )


def test_yaml_gives_a_list_of_words() -> None:
    """Items are words, commas and all; a text is a command."""
    args = typed_arguments(steps()["run"], {"argv": ["echo", "a,b"], "where": "host"})
    assert args["argv"] == ("echo", "a,b")


# ------------------------------------------------------------------- what is kept


def test_logs_are_one_reading_a_service() -> None:
    """With the command that an operator would type."""
    (act,) = actions(recorded("healthy"), "logs", "redis", lines=7)
    assert act.do == Collect("logs", (("lines", 7),))
    assert act.command == "docker logs --tail 7 eloquence-redis-1"
    assert (act.risk, act.reads, act.node.service) == (Risk.SAFE, True, "redis")
    with pytest.raises(CannotError, match="at least 1"):
        commands(recorded("healthy"), "logs", "redis", lines=0)


def test_a_network_is_that_of_the_stack() -> None:
    """A service only says which stack is meant."""
    (act,) = actions(recorded("healthy"), "network", "redis")
    assert act.node == Node("localhost", "eloquence")
    assert act.do == Collect("network")


def test_resources_and_bundle_ask_for_what_docker_keeps() -> None:
    """The road asks it before: it takes seconds, at times."""
    assert steps()["resources"].asks == ("docker_disk",)
    assert steps()["bundle"].asks == ("docker_disk",)
    (act,) = actions(recorded("healthy"), "bundle", "redis")
    assert act.do == Collect("bundle")
    assert act.node.service == "redis"


@pytest.mark.parametrize(
    ("service", "role"),
    [
        ("redis", "redis"),
        ("livekit-server", "livekit"),
        ("vosk-stt", "stt"),
        ("mistral-conversation", "llm"),
    ],
)
def test_a_handoff_names_the_maker_s_pages(service, role) -> None:
    """Those of the service's role; what a runbook names comes first."""
    page = "https://wiki.example/page"
    (act,) = actions(
        recorded("healthy"), "handoff", service, see=(page,), to="web team"
    )
    assert act.do == Collect(
        "handoff", (("see", (page, *PAGES[role])), ("to", "web team"))
    )
    assert act.command == "invoke handoff --to 'web team'"


def test_a_handoff_of_a_host_names_docker_s_pages() -> None:
    """Nobody's software is at fault there."""
    (act,) = actions(recorded("healthy"), "handoff")
    assert all("docs.docker.com" in page for page in dict(act.do.args)["see"])


def test_a_page_is_a_web_address() -> None:
    """Anything else would be a link that runs something."""
    with pytest.raises(CannotError, match="web address"):
        commands(recorded("healthy"), "handoff", see=("javascript:x",))


# ----------------------------------------------------------------- on a real Engine


@pytest.mark.engine
def test_a_log_line_is_waited_for() -> None:
    """It is looked for since the container's start."""
    from tests.remedy.more import look

    name = "esc-more-talker"
    remove(name)
    docker(
        *("run", "-d", "--name", name, "--entrypoint", "sh", "escalade-bed/redis:1"),
        *("-c", "sleep 0.5; echo now it is ready; sleep 60"),
    )
    try:
        scene = look("")
        node = scene.node(Node(scene.host), name)
        kind = steps()["wait"]
        args = {k: a.default for k, a in kind.arguments.items()} | {"log": "is ready"}
        never = {**args, "log": "is never", "timeout": 1}
        todo = [*kind.actions(scene, node, args), *kind.actions(scene, node, never)]
        ended = [did.ended for did in carried_out(todo)]
        assert ended == [Ended.DONE, Ended.TIMEOUT]
    finally:
        remove(name)
