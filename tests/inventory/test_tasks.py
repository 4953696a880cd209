"""`hosts.list`, `hosts.graph`, `hosts.ping` and `hosts.facts`, as they are called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.inventory.sealed import tagged

SRC = Path(__file__).resolve().parents[2] / "src"
START = "from escalade.program import main; main()"
# Nothing listens on port 1.
HOSTS = """
localhost ansible_connection=local
[web]
web1 ansible_host=192.0.2.1 ansible_user=deploy
web2:2222
[prod:children]
web
[gone]
nobody ansible_host=127.0.0.1 ansible_port=1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an inventory `hosts`."""
    (tmp_path / "hosts").write_text(HOSTS)
    return tmp_path


def called(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Return how a call of ours ended."""
    return subprocess.run(
        [sys.executable, "-c", START, *words],
        cwd=folder,
        env={"PYTHONPATH": str(SRC), "HOME": str(folder), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def printed(folder: Path, *words: str, code: int = 0) -> str:
    """Return what a call prints that ends with a code."""
    done = called(folder, *words)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_the_list_for_people(folder: Path) -> None:
    """A line a host: name, how, where, groups."""
    lines = printed(folder, "hosts.list", "-i", "hosts").splitlines()
    assert [line.split() for line in lines] == [
        ["localhost", "local"],
        ["web1", "ssh", "deploy@192.0.2.1", "prod", "web"],
        ["web2", "ssh", "web2:2222", "prod", "web"],
        ["nobody", "ssh", "127.0.0.1:1", "gone"],
    ]


def test_the_list_for_programs(folder: Path) -> None:
    """The same hosts as JSON."""
    text = printed(
        folder, "hosts.list", "-i", "hosts", "--limit", "web2", "--format", "json"
    )
    data = json.loads(text)
    assert data["schema"] == "escalade.hosts/1"
    assert data["hosts"] == [
        {
            "host": "web2",
            "connection": "ssh",
            "address": None,
            "port": 2222,
            "user": None,
            "jump": None,
            "groups": ["prod", "web"],
        }
    ]


def test_several_sources(folder: Path) -> None:
    """`-i` and `--inventory` are the same flag, and can be mixed."""
    text = printed(folder, "hosts.list", "-i", "hosts", "--inventory", "x,y:22,")
    assert [line.split()[0] for line in text.splitlines()][-2:] == ["x", "y"]


def test_a_list_of_hosts_by_the_environment(folder: Path) -> None:
    """Its commas and colons are its own."""
    done = subprocess.run(
        [sys.executable, "-c", START, "hosts.list"],
        cwd=folder,
        env={
            "PYTHONPATH": str(SRC),
            "HOME": str(folder),
            "ESCALADE_INVENTORY": "a:22,b,",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["a", "b"]


@pytest.mark.parametrize("name", ["hosts", "hosts.ini", "hosts.yml"])
def test_the_projects_own_inventory(tmp_path: Path, name: str) -> None:
    """It is found in its folder, in any format."""
    (tmp_path / "inventory").mkdir()
    text = "all: {hosts: {mine: }}\n" if name.endswith("yml") else "mine\n"
    (tmp_path / "inventory" / name).write_text(text)
    (tmp_path / "invoke.yaml").write_text("escalade: {}\n")
    assert printed(tmp_path, "hosts.list").split()[0] == "mine"


def test_a_user_out_of_a_vault(folder: Path) -> None:
    """The list hides it; the password file is a flag, with its vault id."""
    (folder / "hosts.yml").write_text(
        f"all:\n  hosts:\n    a:\n      ansible_user: {tagged('hunter2', label='dev')}"
    )
    (folder / "key").write_text("open sesame")
    words = ("hosts.list", "-i", "hosts.yml", "--vault-password-file", "dev@key")
    for kind in ("text", "json", "ansible"):
        assert "hunter2" not in printed(folder, *words, "--format", kind)
    assert "********@a" in printed(folder, *words)
    wrong = called(folder, *words[:3])
    assert wrong.returncode == 1
    assert wrong.stderr == (
        "escalade: hosts.yml:4:21: encrypted, and no --vault-password-file opens it\n"
    ).replace("hosts.yml", str(folder / "hosts.yml"))


def test_a_host_that_cannot_be_made_stands_beside_the_others(folder: Path) -> None:
    """In the list, in a ping, in a diagnosis; with its place, and its cause."""
    (folder / "hosts").write_text(
        "localhost ansible_connection=local\n[web]\na ansible_host='{{ nope }}'\n"
    )
    why = f"{folder}/hosts:3:1: template: 'nope' is undefined"
    words = ("-i", "hosts")
    lines = printed(folder, "hosts.list", *words).splitlines()
    assert [" ".join(line.split()) for line in lines] == ["localhost local", f"a {why}"]
    rows = json.loads(printed(folder, "hosts.list", *words, "--format", "json"))[
        "hosts"
    ]
    assert [row.get("trouble") for row in rows] == [None, why]
    text = printed(folder, "hosts.ping", *words, "--format", "json", code=2)
    here, lost = json.loads(text)["hosts"]
    assert here["reachable"] is True
    assert (lost["cause"], lost["reason"]) == ("inventory", why)
    text = printed(
        folder, "diagnose", *words, "--stack", "none", "--format", "json", code=2
    )
    roots = json.loads(text)["roots"]
    (root,) = [r for r in roots if r["symptom"] == "host.unreachable"]
    assert root["host"] == "a"
    assert why in root["remedy"]["advice"]
    enrolled = called(folder, "hosts.trust", "all", *words)
    assert enrolled.returncode == 2
    assert f"a: {why}\n" in enrolled.stderr
    # Alone it leaves nothing to do.
    alone = called(folder, "hosts.ping", *words, "--limit", "web")
    assert (alone.returncode, alone.stderr) == (1, f"escalade: {why}\n")


def test_a_host_is_named_once(folder: Path) -> None:
    """Where its key cannot be had."""
    done = called(folder, "hosts.trust", "nobody", "-i", "hosts")
    assert done.returncode == 2
    assert done.stderr.count("nobody") == 1


def test_the_list_of_ansible_keeps_its_letters(folder: Path) -> None:
    """As ansible-inventory prints them."""
    (folder / "hosts").write_text("a motd='été à Orléans'\n")
    assert "été à Orléans" in printed(
        folder, "hosts.list", "-i", "hosts", "--format", "ansible"
    )


def test_a_folder_is_no_password_file(folder: Path) -> None:
    """It is there, and what it is is told."""
    words = ("hosts.list", "-i", "hosts", "--vault-password-file", ".")
    done = called(folder, *words)
    assert done.returncode == 1
    assert "is a folder, not a vault password file" in done.stderr


def test_the_graph(folder: Path) -> None:
    """Of all groups, or of one, and of the hosts chosen."""
    words = ("hosts.graph", "-i", "hosts", "--group", "prod", "--limit", "web1")
    assert printed(folder, *words) == "@prod:\n  |--@web:\n  |  |--web1\n"
    wrong = called(folder, "hosts.graph", "-i", "hosts", "--group", "prd")
    assert wrong.stderr == "escalade: no group 'prd' (did you mean 'prod'?)\n"


def test_ping_says_who_answers_and_why_others_do_not(folder: Path) -> None:
    """One host that is gone holds no other, and makes the exit code 2."""
    words = ("hosts.ping", "-i", "hosts", "--limit", "localhost,gone")
    data = json.loads(printed(folder, *words, "--format", "json", code=2))
    assert data["schema"] == "escalade.ping/1"
    here, gone = data["hosts"]
    assert (here["host"], here["reachable"], here["cause"]) == ("localhost", True, None)
    assert (gone["host"], gone["reachable"], gone["cause"]) == (
        "nobody",
        False,
        "refused",
    )
    assert "nobody" in printed(folder, *words, code=2)
    assert printed(folder, *words[:4], "localhost", code=0)


def test_ping_in_french(folder: Path) -> None:
    """Its headings are in the language of the reader."""
    text = printed(
        folder, "hosts.ping", "-i", "hosts", "--limit", "localhost", "--lang", "fr"
    )
    assert "répond" in text
    assert "oui" in text


def test_facts(folder: Path) -> None:
    """What the questions rest on: rights, tools, kernel, clock."""
    words = ("hosts.facts", "-i", "hosts", "--limit", "localhost,nobody")
    data = json.loads(printed(folder, *words, "--format", "json", code=2))
    here, gone = data["hosts"]
    assert here["kernel"] == Path("/proc/sys/kernel/osrelease").read_text().strip()
    assert here["has_timeout"] is True
    assert here["offset_s"] == 0.0
    assert gone["cause"] == "refused"
    assert "kernel" not in gone


@pytest.mark.parametrize("name", ["list", "graph", "ping", "facts", "trust"])
def test_help_names_ansibles_flag(folder: Path, name: str) -> None:
    """`-i` is in the help of each."""
    text = printed(folder, "--help", f"hosts.{name}")
    assert "-i, --inventory" in text
    assert "--vault-password-file" in text
