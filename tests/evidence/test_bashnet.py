"""bashnet: names and ports asked from inside a network, with nothing but bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalade.evidence.bashnet import Attempt
from escalade.evidence.bashnet import Heard
from escalade.evidence.bashnet import Place
from escalade.evidence.bashnet import hear
from escalade.evidence.bashnet import speak

HERE = Path(__file__).parent
ATTEMPTS = (
    Attempt("web", 80, "http"),
    Attempt("web", 86, "http"),
    Attempt("web", 81, "http"),
    Attempt("web", 81, "tcp"),
    Attempt("web", 82, "http"),
    Attempt("web", 83, "http"),
    Attempt("web", 84, "http"),
    Attempt("web", 85, "http"),
    Attempt("web", 6379, "redis"),
    Attempt("tenletters", 80, "http"),
    Attempt("twice", 80, "http"),
    Attempt("gone", 80, "http"),
    Attempt("mute", 80, "http"),
    Attempt("pinned", 80, "http"),
    Attempt("127.0.0.2", 80, "tcp"),
    Attempt("203.0.113.9", 80, "tcp"),
)
OUTCOMES = {
    ATTEMPTS[0]: ("ok", "HTTP/1.1 200 OK"),
    ATTEMPTS[1]: ("refused", ""),
    ATTEMPTS[2]: ("silent", ""),
    ATTEMPTS[3]: ("ok", ""),
    ATTEMPTS[4]: ("reset", ""),
    ATTEMPTS[5]: ("closed", ""),
    ATTEMPTS[8]: ("ok", "-LOADING Redis is loading"),
    ATTEMPTS[9]: ("ok", "HTTP/1.1 200 OK"),
    ATTEMPTS[10]: ("ok", "HTTP/1.1 200 OK"),
    ATTEMPTS[11]: ("dns", ""),
    ATTEMPTS[12]: ("dns", ""),
    ATTEMPTS[13]: ("ok", "HTTP/1.1 200 OK"),
    ATTEMPTS[14]: ("ok", ""),
    ATTEMPTS[15]: ("unreachable", ""),
}


def run(text: str, *shell: str) -> str:
    """Run a text in a namespace of its own that has a name server and some peers."""
    command = [sys.executable, str(HERE / "in_namespace.py"), *shell]
    done = subprocess.run(
        ["unshare", *(["--map-root-user"] if os.getuid() else []), "--net", *command],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a container's files as the host has them."""
    folder = tmp_path_factory.mktemp("container")
    (folder / "resolv.conf").write_text(
        "# made by hand\nsearch here\nnameserver 127.0.0.11\nnameserver 192.0.2.1\n"
    )
    (folder / "hosts").write_text(
        "127.0.0.1 localhost\n::1 pinned\n127.0.0.2\tother pinned # not gone\n"
    )
    return Place("box", str(folder / "resolv.conf"), str(folder / "hosts"))


@pytest.fixture(scope="module")
def heard(place: Place) -> dict[Attempt, Heard]:
    """Return what bash heard of all attempts at once."""
    said = run(speak(ATTEMPTS, place), "bash", "-c")
    return dict(zip(ATTEMPTS, hear(ATTEMPTS, said), strict=True))


@pytest.mark.parametrize("attempt", OUTCOMES, ids=str)
def test_every_end_is_told_apart(heard: dict[Attempt, Heard], attempt: Attempt) -> None:
    """Refused, silent, reset, closed, unknown names and answers: each is itself."""
    found = heard[attempt]
    assert (found.outcome, found.reply.strip()) == OUTCOMES[attempt]


def test_who_is_mute_is_heard_as_well(place: Place) -> None:
    """Less is waited for an answer, and what comes of each attempt is the same."""
    text = speak(ATTEMPTS, place, mute={attempt.host for attempt in ATTEMPTS})
    found = hear(ATTEMPTS, run(text, "bash", "-c"))
    heard = dict(zip(ATTEMPTS, found, strict=True))
    assert {a: (heard[a].outcome, heard[a].reply.strip()) for a in OUTCOMES} == OUTCOMES


def test_addresses_are_all_that_a_name_stands_for(heard: dict[Attempt, Heard]) -> None:
    """An alias is followed, and further addresses are kept."""
    assert heard[Attempt("twice", 80, "http")].addresses == ("127.0.0.2", "127.0.0.3")
    assert heard[Attempt("pinned", 80, "http")].addresses == ("127.0.0.2",)


def test_an_answer_cannot_speak_for_others(heard: dict[Attempt, Heard]) -> None:
    """A hostile peer's line ends and escapes stay in its own reply; length is cut."""
    assert heard[ATTEMPTS[6]].outcome == "ok"
    assert heard[ATTEMPTS[6]].reply.startswith("HTTP/1.1 204")
    assert len(heard[ATTEMPTS[7]].reply) == 200


def test_python_stands_in_for_bash(place: Place, tmp_path: Path) -> None:
    """Where a container has no bash, its python tells the same of what it can see."""
    (tmp_path / "python3").symlink_to(sys.executable)
    (tmp_path / "sh").symlink_to(shutil.which("sh") or "sh")
    where = Place(place.hostname, place.resolv, place.hosts, bash=False)
    few = [a for a in ATTEMPTS if a.literal][:1]
    few += [Attempt("127.0.0.2", a.port, a.kind) for a in ATTEMPTS[:6]]
    text = speak(few, where)
    text = text.replace("command -v bash", "command -v no-bash-here")
    said = run(text, "/usr/bin/env", f"PATH={tmp_path}", "sh", "-c")
    outcomes = [h.outcome for h in hear(few, said)]
    assert outcomes == ["ok", "ok", "refused", "silent", "ok", "reset", "closed"]


def test_without_any_tool_it_says_so(place: Place, tmp_path: Path) -> None:
    """A container with nothing but a shell is unsupported, not broken."""
    (tmp_path / "sh").symlink_to(shutil.which("sh") or "sh")
    text = speak(ATTEMPTS, Place(place.hostname, bash=False))
    said = run(text, "/usr/bin/env", f"PATH={tmp_path}", "sh", "-c")
    assert said == "UNSUPPORTED\n"


def test_the_hosts_resolver_is_never_asked() -> None:
    """With the host's files around and none of the container's, names stay open."""
    attempts = (Attempt("web", 80, "http"), Attempt("127.0.0.2", 80, "tcp"))
    said = run(speak(attempts, Place("not-this-host")), "bash", "-c")
    name, address = hear(attempts, said)
    assert (name.outcome, address.outcome) == (None, "ok")


def test_many_names_keep_their_own_answers(place: Place) -> None:
    """Ids step over the newline, which bash would write in two."""
    names = [f"n{i}" for i in range(11)] + ["web"] + [f"m{i}" for i in range(9)]
    attempts = [Attempt(name, 80, "http") for name in [*names, "tenletters"]]
    found = hear(attempts, run(speak(attempts, place), "bash", "-c"))
    good = [a.host for a, h in zip(attempts, found, strict=True) if h.outcome == "ok"]
    assert good == ["web", "tenletters"]
    assert {h.outcome for h in found} == {"ok", "dns"}


@given(st.text(alphabet=st.sampled_from("DE 0123\nokfailupwb.\rhsts"), max_size=200))
def test_no_answer_breaks_the_reader(text: str) -> None:
    """Whatever comes back, each attempt has one result."""
    assert len(hear(ATTEMPTS, text)) == len(ATTEMPTS)


def test_nothing_said_is_not_known() -> None:
    """An empty answer proves nothing of anybody."""
    assert {h.outcome for h in hear(ATTEMPTS, "")} == {None}
