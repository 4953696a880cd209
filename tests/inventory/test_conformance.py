"""Our reading of an inventory beside Ansible's own: `ansible-inventory --list` decides.

Where ansible-core lists an inventory, ours prints the same JSON; where it refuses one, so
do we, in one line with the place. Recorded cases say where we differ on purpose.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from escalade.errors import EscaladeError
from escalade.inventory.export import graph
from escalade.inventory.export import listing
from escalade.inventory.load import inventory_of
from escalade.inventory.load import tree_of
from escalade.inventory.patterns import chosen
from escalade.settings import resolve
from tests.inventory.cases import Case
from tests.inventory.cases import recorded
from tests.inventory.generate import generated

HERE = Path(__file__).resolve().parent
SRC = HERE.parent.parent / "src"
RECORDED = list(recorded())
GENERATED = generated(240)
START = "from escalade.program import main; main()"
FLAGS = {"-i": "inventory", "--limit": "limit"}

# Ansible is asked once for all of them.
pytestmark = pytest.mark.xdist_group("conformance")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return where each case's files lie."""
    root = tmp_path_factory.mktemp("inventories")
    cases = enumerate([*RECORDED, *GENERATED])
    return {case.name: case.laid_in(root / str(number)) for number, case in cases}


@pytest.fixture(scope="module")
def answers(folders: dict[str, Path]) -> dict[str, Any]:
    """Return what Ansible says of each case."""
    cases = [*RECORDED, *GENERATED]
    asked = "".join(
        json.dumps({"words": list(case.words), "folder": str(folders[case.name])})
        + "\n"
        for case in cases
    )
    done = subprocess.run(
        [sys.executable, str(HERE / "oracle.py")],
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    return {
        case.name: json.loads(line) for case, line in zip(cases, lines, strict=True)
    }


def ours(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the JSON that we print of a case, or the words of our refusal."""
    monkeypatch.chdir(folder)
    flags: dict[str, list[str]] = {}
    for flag, value in zip(case.words[::2], case.words[1::2], strict=True):
        # `--vault-id dev@file` is `--vault-password-file dev@file` here.
        flags.setdefault(FLAGS.get(flag, "vault_password_file"), []).append(value)
    here = Path()
    settings = resolve({}, environ={}, flags=flags, base=here, here=here)
    try:
        tree = tree_of(settings.inventory, vault=settings.vault_password_file)
        names = chosen(inventory_of(tree), settings.limit) if settings.limit else None
        made = listing(tree, names)
    except EscaladeError as error:
        return str(error)
    return json.loads(json.dumps(made))


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal; a number that is none is equal to itself."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_recorded_inventories(
    case: Case,
    folders: dict[str, Path],
    answers: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same JSON, the same refusals; what differs on purpose is said in the case."""
    said, theirs = ours(case, folders[case.name], monkeypatch), answers[case.name]
    if case.verdict == "same":
        assert "list" in theirs, theirs["refused"]
        assert same(said, theirs["list"])
    elif case.verdict == "laxer":
        assert "list" not in theirs
        assert not isinstance(said, str)
    else:
        listed = "list" in theirs
        assert case.verdict == "either" or listed is (case.verdict == "stricter")
        assert said == case.said


@pytest.mark.parametrize("case", GENERATED, ids=lambda case: case.name)
def test_inventories_made_by_chance(
    case: Case,
    folders: dict[str, Path],
    answers: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same JSON, or a refusal of both."""
    said, theirs = ours(case, folders[case.name], monkeypatch), answers[case.name]
    if "list" in theirs:
        assert same(said, theirs["list"])
    else:
        assert isinstance(said, str), theirs["refused"]
        assert "\n" not in said


def test_chance_makes_inventories_that_say_something(answers: dict[str, Any]) -> None:
    """Nearly all are listed, with hosts, variables and groups."""
    lists = [answers[case.name].get("list") for case in GENERATED]
    full = [made for made in lists if made and made["_meta"]["hostvars"]]
    assert len(full) > 0.8 * len(GENERATED)
    assert sum(len(made) for made in full) > 4 * len(full)


def command(folder: Path, *words: str) -> str:
    """Return what our own command prints in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", START, *words],
        cwd=folder,
        env={"PYTHONPATH": str(SRC), "HOME": str(folder), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "ini: values are literals of Python where they can be",
        "sources: later sources add and win",
        "sources: a list of hosts",
        "vault: an encrypted file of variables",
        "ini: an empty file",
    ],
)
def test_the_command_prints_what_ansibles_does(
    name: str, folders: dict[str, Path], answers: dict[str, Any]
) -> None:
    """`hosts.list --format ansible`, with Ansible's own `-i`."""
    case = next(case for case in RECORDED if case.name == name)
    printed = command(folders[name], "hosts.list", *case.words, "--format", "ansible")
    assert same(json.loads(printed), answers[name]["list"])


GROUPS = """
loose
[web]
a
b
[db]
c
[p:children]
web
db
[p]
x
[e]
[q:children]
web
[all]
z
"""


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inventory with groups in groups."""
    path = tmp_path_factory.mktemp("groups") / "hosts"
    path.write_text(GROUPS)
    return path


def theirs_of(path: Path, *words: str) -> str:
    """Return what ansible-inventory prints of a file."""
    program = Path(sys.executable).with_name("ansible-inventory")
    done = subprocess.run(
        [str(program), "-i", str(path), *words],
        env={"HOME": str(path.parent), "ANSIBLE_NOCOLOR": "1", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_graph_is_ansibles(grouped: Path) -> None:
    """Groups before hosts, each as deep as it lies."""
    assert graph(tree_of([grouped])) == theirs_of(grouped, "--graph").rstrip("\n")


@pytest.mark.parametrize("limit", ["web", "p:!a", "all"])
def test_a_limited_list_is_ansibles(grouped: Path, limit: str) -> None:
    """Groups stay as they are; only the hosts chosen are in them."""
    words = ("hosts.list", "-i", str(grouped), "--limit", limit, "--format", "ansible")
    printed = json.loads(command(grouped.parent, *words))
    assert printed == json.loads(theirs_of(grouped, "--list", "--limit", limit))
