"""The batch: one script, bounded and framed, run for real in the shells of this host."""

from __future__ import annotations

import shlex
import subprocess
import time

import pytest

from escalade.evidence.batch import CUT
from escalade.evidence.batch import MAX_LINE
from escalade.evidence.batch import Snippet
from escalade.evidence.batch import build
from escalade.evidence.batch import take_apart
from escalade.evidence.probe import Answer
from escalade.evidence.shell import run_batch
from escalade.model import Host
from escalade.model import Status
from escalade.transport.local import LocalTransport

NONCE = "f00dfeed"
HERE = Host("here", connection="local")
SHELLS = [True, False]


def run(
    snippets: list[Snippet], *, bash: bool, bound_s: float = 10.0, quick_s: float = 0.0
) -> dict[int, Answer]:
    """Run a batch as a transport does, and take its output apart."""
    answers: dict[int, Answer] = {}
    for batch in build(
        snippets, nonce=NONCE, bash=bash, bound_s=bound_s, quick_s=quick_s
    ):
        output = run_batch(LocalTransport(HERE), batch, bound_s=20.0)
        assert len(output.stdout) <= batch.limit
        answers |= take_apart(output.stdout, snippets, nonce=NONCE)
    return answers


def snippet(key: int, text: str, **more: object) -> Snippet:
    """Return a snippet with usual bounds."""
    known: dict[str, object] = {"timeout_s": 5.0, "limit": 1000, **more}
    return Snippet(key, text, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("bash", SHELLS)
@pytest.mark.parametrize(
    ("text", "body", "code"),
    [
        ("echo one; echo two", b"one\ntwo\n", 0),
        ("printf 'no end'", b"no end", 0),
        ("exit 7", b"", 7),
        ("echo $((1+1)) \"it's\" '\"quoted\"' $HOME >/dev/null; echo 'a\\b'", None, 0),
        ("printf 'a\\000b'", b"a\0b", 0),
        ("nosuchcommand", b"", 127),
        ("echo unfinished ( quote", b"", 2),
        ("echo err >&2; echo out", b"out\n", 0),
        ("cat; echo closed", b"closed\n", 0),
        (f"echo {NONCE}x; echo", None, 0),
    ],
)
@pytest.mark.parametrize("quick_s", [0.0, 5.0])
@pytest.mark.parametrize("apart", [True, False])
def test_answers(
    text: str,
    body: bytes | None,
    code: int,
    *,
    bash: bool,
    quick_s: float,
    apart: bool,
) -> None:
    """Each snippet has its own output and exit code; a broken one breaks no other."""
    group = "other" if apart else "host"
    found = run(
        [
            snippet(0, "echo before", timeout_s=3.0),
            snippet(1, text, timeout_s=3.0),
            snippet(2, "echo after", timeout_s=3.0, group=group),
        ],
        bash=bash,
        quick_s=quick_s,
    )
    assert found[0].body == b"before\n"
    assert found[2].body == b"after\n"
    assert found[1].code == code
    assert body is None or found[1].body == body


@pytest.mark.parametrize("bash", SHELLS)
def test_a_hang_is_bounded_and_holds_no_other(*, bash: bool) -> None:
    """A snippet that hangs ends by its own bound, what it said before is kept."""
    found = run(
        [snippet(0, "echo begun; sleep 30", timeout_s=1.0), snippet(1, "echo after")],
        bash=bash,
    )
    assert (found[0].status, found[0].body) == (Status.TIMEOUT, b"begun\n")
    assert found[1].body == b"after\n"


@pytest.mark.parametrize("bash", SHELLS)
def test_output_is_cut(*, bash: bool) -> None:
    """Endless output is cut at its limit and ends its snippet."""
    found = run([snippet(0, "yes"), snippet(1, "echo after")], bash=bash)
    assert len(found[0].body) == 1000
    assert found[0].truncated
    assert found[1].body == b"after\n"


def test_groups_run_side_by_side() -> None:
    """With bash, snippets of other groups do not wait for a slow one."""
    slow = [snippet(i, "sleep 1; echo x", group=f"g{i}") for i in range(6)]
    started = time.monotonic()
    found = run(slow, bash=True)
    took = time.monotonic() - started
    assert all(answer.body == b"x\n" for answer in found.values())
    assert took < 6


def test_a_group_is_bounded() -> None:
    """A group that as a whole takes too long ends; what it has is kept."""
    snippets = [snippet(0, "echo one"), snippet(1, "sleep 5", timeout_s=9.0)]
    snippets += [snippet(2, "echo never"), snippet(3, "echo other", group="o")]
    found = run(snippets, bash=True, bound_s=1.0)
    assert found[0].body == b"one\n"
    assert found[3].body == b"other\n"
    assert found[1].status is Status.TIMEOUT
    assert 2 not in found


def test_many_groups_come_in_waves() -> None:
    """More groups than run side by side all have their say."""
    snippets = [snippet(i, f"echo {i}", group=f"g{i}") for i in range(20)]
    found = run(snippets, bash=True)
    assert [found[i].body for i in range(20)] == [b"%d\n" % i for i in range(20)]


def test_long_batches_are_split() -> None:
    """No line is longer than an argument may be; a snippet that is is left out."""
    filler = "# " + "x" * 9000
    snippets = [snippet(i, f"echo {i} {filler}", group="one") for i in range(30)]
    snippets.append(snippet(99, "echo " + "y" * 200_000, group="big"))
    batches = build(snippets, nonce=NONCE, bash=True, bound_s=5)
    assert len(batches) > 1
    assert all(len(shlex.quote(b.line)) <= MAX_LINE for b in batches)
    found = run(snippets, bash=True)
    assert sorted(found) == list(range(30))


def test_quotes_do_not_multiply() -> None:
    """A snippet full of quotes stays about as long on its way through three shells."""
    text = "awk '{print $1}' '/proc/x' | sed 's/a/b/'; " * 50
    (batch,) = build([snippet(0, text)], nonce=NONCE, bash=True, bound_s=5)
    assert len(shlex.quote(batch.line)) < 2.5 * len(text)


def test_nothing_to_ask() -> None:
    """Without a snippet there is no line."""
    assert build([], nonce=NONCE, bash=True, bound_s=5) == ()


def test_output_that_is_not_ours_is_left_alone() -> None:
    """Banners, foreign keys and half a frame are no answers."""
    noise = b"Welcome!\n\nf00dfeed b 9\nx\nf00dfeed e 9 0\n\nf00dfeed b 1\ncut"
    found = take_apart(noise, [snippet(1, "x")], nonce=NONCE)
    assert found == {1: Answer(Status.TIMEOUT, b"cut", reason="cut off there")}
    odd = b"\nf00dfeed e 1 0\n\nf00dfeed b \n\nf00dfeed z 1\n"
    assert take_apart(odd, [snippet(1, "x")], nonce=NONCE) == {}


@pytest.mark.parametrize("bash", SHELLS)
@pytest.mark.parametrize("text", ["echo begun; sleep 30", "yes"])
def test_what_comes_to_no_end_quickly_is_left_for_a_careful_round(
    text: str, *, bash: bool
) -> None:
    """Those before it keep their answers; it and those after it have none yet."""
    texts = ("echo one", text, "echo after")
    snippets = [snippet(key, t, timeout_s=3.0) for key, t in enumerate(texts)]
    found = run(snippets, bash=bash, quick_s=1.0)
    assert found[0].body == b"one\n"
    assert found[1].reason == CUT
    assert 2 not in found


def test_a_slow_snippet_is_never_asked_quickly() -> None:
    """It keeps the bound that it asked for, beside quick ones of other groups."""
    slow = snippet(0, "sleep 2; echo slow", timeout_s=9.0, group="slow")
    found = run([slow, snippet(1, "echo x", timeout_s=3.0)], bash=True, quick_s=1.0)
    assert [found[key].body for key in (0, 1)] == [b"slow\n", b"x\n"]


@pytest.mark.parametrize("bash", SHELLS)
def test_a_lone_group_that_never_ends_writing_is_cut_and_ended(*, bash: bool) -> None:
    """Nothing on the host cuts it: reading ends at the limit, and what wrote, too."""
    word = "escalade-flood-cut"
    flood = snippet(0, f"yes {word}", timeout_s=3.0)
    found = run([flood], bash=bash, quick_s=3.0)
    assert found[0].status is Status.TIMEOUT
    assert found[0].reason == CUT
    done = subprocess.run(["pgrep", "-f", f"^yes {word}"], check=False)
    assert done.returncode == 1


@pytest.mark.parametrize(
    "text",
    ["cd /nosuch", "export A=b", "command -v sh", "uptime", "[ -d / ]", "test a"],
)
def test_a_lone_command_ends_as_it_does_in_a_shell(text: str) -> None:
    """That it may take its subshell's place changes nothing that is seen of it."""
    done = subprocess.run(["sh", "-c", text], capture_output=True, check=False)
    pair = [snippet(0, text, timeout_s=2.0), snippet(1, "echo on", timeout_s=2.0)]
    found = run(pair, bash=True, quick_s=2.0)
    assert found[0].code == done.returncode
    assert bool(found[0].body) is bool(done.stdout)
    assert found[1].body == b"on\n"
