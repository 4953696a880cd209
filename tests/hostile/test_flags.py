"""Flags, settings and files that cannot work: one clear line, exit 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.command import run
from tests.hostile.engine import box
from tests.hostile.engine import healthy

SOUND = healthy([box("web"), box("db")])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("diagnose --limit localhos", "(did you mean 'localhost'?)"),
        ("diagnose --limit [", "matches '['"),
        ("diagnose --limit ,", "an empty pattern"),
        ("diagnose --limit=", "not empty"),
        ("diagnose --stack=", "not empty"),
        ("diagnose --save=", "--save: expected a text that is not empty"),
        ("diagnose --from=", "--from: expected a text that is not empty"),
        ("diagnose --format xml", "expected text or json or markdown"),
        ("diagnose --forks 0", "--forks: expected at least 1"),
        ("diagnose --forks abc", "--forks: expected a whole number"),
        ("diagnose --quick --deep", "--quick and --deep exclude each other"),
        ("diagnose --lang de", "expected one of en, fr"),
        ("diagnose --deadline -1", "--deadline: expected a number of seconds above 0"),
        ("diagnose --deadline 1e300", "--deadline: expected at most 86400 seconds"),
        ("logs web --lines abc", "--lines: expected a whole number"),
        ("logs web --lines 0", "--lines: expected a whole number"),
        ("check ftp://x", "expected http://HOST"),
        ("check localhost:99999", "expected a port"),
        ("runbook.show redis.stoped", "(did you mean 'redis.stopped'?)"),
        ("hosts.trust localhos", "(did you mean 'localhost'?)"),
    ],
)
def test_a_flag_that_cannot_work(words: str, says: str) -> None:
    """What is wrong, where, and the nearest that would work."""
    done = run(*words.split(" "))
    assert (done.code, done.out) == (1, "")
    assert says in done.complaint


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ESCALADE_MODE", "fast", "ESCALADE_MODE: expected one of quick, full, deep"),
        ("ESCALADE_FORK", "1", "unknown setting (did you mean 'forks'?)"),
        ("ESCALADE_RUNBOOKS", "/nonexistent", "/nonexistent:1:1: cannot be read"),
        ("ESCALADE_INVENTORY", "/nonexistent", "/nonexistent: no such file"),
        ("ESCALADE_INVENTORY", "/dev/zero", "a file or a folder is expected"),
    ],
)
def test_a_variable_that_cannot_work(name: str, value: str, says: str) -> None:
    """The variable is named, or the file that it leads to."""
    done = run("diagnose", env={name: value})
    assert (done.code, done.out) == (1, "")
    assert says in done.complaint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "configuration cannot be read"),
        ("- 1", "configuration cannot be read"),
        ("tasks: 5", "configuration cannot be read"),
        ("escalade: 5", "expected a mapping"),
        ("escalade: {lang: de}", "invoke.yaml: escalade.lang: expected one of en, fr"),
    ],
)
def test_an_invoke_yaml_that_cannot_work(tmp_path: Path, text: str, says: str) -> None:
    """Invoke's own file is as good a place for a mistake as any other."""
    (tmp_path / "tasks.py").write_text("from escalade.tasks import ns\n")
    (tmp_path / "invoke.yaml").write_text(text)
    done = run("diagnose", root=tmp_path)
    assert done.code == 1
    assert says in done.complaint


def test_a_runbook_that_cannot_work(tmp_path: Path) -> None:
    """A broken runbook of one's own is told with file, line and column."""
    (tmp_path / "mine.yaml").write_text("runbook: mine\ntitle: [\n")
    done = run("diagnose", env={"ESCALADE_RUNBOOKS": str(tmp_path)})
    assert done.code == 1
    assert done.complaint.startswith(f"escalade: {tmp_path}/mine.yaml:3:1: broken YAML")


def test_a_role_that_no_runbook_knows(tmp_path: Path, serve) -> None:
    """A role that is misspelt in the inventory would leave a service unjudged."""
    hosts = tmp_path / "hosts.yaml"
    stacks = "{s: {web: {role: rediss}}}"
    hosts.write_text(
        "all:\n  hosts:\n    here:\n      ansible_connection: local\n"
        f"      escalade_stacks: {stacks}\n"
    )
    env = {"DOCKER_HOST": serve(SOUND)}
    done = run("diagnose", "--inventory", str(hosts), env=env)
    assert done.code == 1
    assert "s.web: unknown role 'rediss' (did you mean 'redis'?)" in done.complaint


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    """Relative paths count from a folder that somebody may have removed."""
    line = f'mkdir {tmp_path}/x; cd {tmp_path}/x; rmdir {tmp_path}/x; "$@"'
    done = run("diagnose", shell=line)
    assert (done.code, done.out) == (1, "")
    assert "the folder that this was started in is gone" in done.complaint


# --------------------------------------------------------------- names of stacks


def test_a_stack_that_is_nowhere(look) -> None:
    """It is a gap that names those that are there, beside the others' findings."""
    _, diagnosis = look(SOUND, stacks=("S", "s"))
    (gap,) = (gap for gap in diagnosis.gaps if gap.hides)
    assert (diagnosis.exit, gap.node.stack) == (3, "S")
    assert gap.reason == "no such stack; there are: s"
    assert len(diagnosis.services) == 2


@pytest.mark.parametrize(
    "words", [("ps",), ("logs", "web"), ("resources",), ("audit",)], ids=" ".join
)
def test_a_single_question_about_it(serve, words: tuple[str, ...]) -> None:
    """Every question says that the stack is nowhere, and what would be."""
    env = {"DOCKER_HOST": serve(SOUND)}
    done = run(*words, "--stack", "ss", "--format", "json", env=env)
    assert done.code == 3
    reason = "no such stack; there are: s (did you mean 's'?)"
    assert {"target": "ss", "reason": reason} in done.report["missing"]


@pytest.mark.parametrize(
    "words", [("ps",), ("logs", "web"), ("resources",), ("audit",)], ids=" ".join
)
def test_a_single_question_without_an_engine(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """What could not be asked is missing, and never "nothing there"."""
    env = {"DOCKER_HOST": f"unix://{tmp_path}/none"}
    done = run(*words, "--format", "json", env=env)
    assert done.code == 3
    missing = {"target": "localhost", "reason": "Docker Engine: not-running"}
    assert missing in done.report["missing"]


def test_only_what_was_asked_for_can_be_missing(look, monkeypatch, tmp_path) -> None:
    """What the inventory expects of other stacks is not looked at with --stack."""
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text(
        "all:\n  hosts:\n    here:\n      ansible_connection: local\n"
        "      escalade_stacks: {s: {web: }, other: {api: }}\n"
    )
    found = {
        stack: {
            root.node.service
            for root in look(SOUND, inventory=(hosts,), stacks=(stack,))[1].roots
        }
        for stack in ("s", "other")
    }
    assert found == {"s": set(), "other": {"api"}}
