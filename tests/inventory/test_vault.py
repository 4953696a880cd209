"""Encrypted values and files: opened where they are used, shown nowhere."""

from __future__ import annotations

import copy
import subprocess
import sys
import time
from pathlib import Path

import pytest

from escalade.errors import InventoryError
from escalade.inventory import Inventory
from escalade.inventory import load
from escalade.inventory.become import PASSWORD
from escalade.inventory.vault import HIDDEN
from escalade.inventory.vault import Secret
from tests.inventory.sealed import sealed
from tests.inventory.sealed import tagged


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Return a file with the password that opens everything here."""
    path = tmp_path / "key"
    path.write_text("open sesame\n")
    return path


def inventory(folder: Path, text: str, *keys: Path) -> Inventory:
    """Return what a file with this text says, with passwords from files."""
    path = folder / "hosts.yml"
    path.write_text(text)
    return load([path], vault=[("", key) for key in keys], here=folder)


def test_ansible_opens_what_the_tests_seal(tmp_path: Path, key: Path) -> None:
    """Otherwise they would prove nothing."""
    (tmp_path / "text").write_text(sealed("hello"))
    program = Path(sys.executable).with_name("ansible-vault")
    command = [str(program), "view", "--vault-password-file", str(key)]
    done = subprocess.run(
        [*command, str(tmp_path / "text")],
        env={"HOME": str(tmp_path), "PAGER": "cat", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "hello"


def test_connection_variables_are_opened(tmp_path: Path, key: Path) -> None:
    """Address, port, user, arguments: what is said in secret counts all the same."""
    text = (
        "all:\n  hosts:\n    a:\n"
        f"      ansible_host: {tagged('192.0.2.7')}"
        f"      ansible_port: {tagged('2222')}"
        f"      ansible_user: {tagged('root-of-it')}"
        f"      ansible_ssh_common_args: {tagged('-J gate')}"
    )
    host = inventory(tmp_path, text, key).hosts["a"]
    assert (host.address, host.port, host.jump) == ("192.0.2.7", 2222, "gate")
    assert host.user == "root-of-it"


def test_a_user_out_of_a_vault_is_shown_nowhere(tmp_path: Path, key: Path) -> None:
    """Not in a repr, not in a message; only whoever connects has it."""
    text = f"all:\n  hosts:\n    a:\n      ansible_user: {tagged('root-of-it')}"
    host = inventory(tmp_path, text, key).hosts["a"]
    assert "root-of-it" not in f"{host!r} {host} {host.user} {host.user!r}"
    assert str(host.user).encode() == b"root-of-it"


def test_other_values_are_kept_closed(tmp_path: Path, key: Path) -> None:
    """They show stars until they are revealed."""
    text = (
        "all:\n  hosts:\n    a:\n"
        f"      token: {tagged('hunter2')}"
        f"      nested:\n        list:\n          - {tagged('hunter3', 14)}"
    )
    made = inventory(tmp_path, text, key)
    token = made.hosts["a"].vars["token"]
    assert isinstance(token, Secret)
    assert token.reveal() == "hunter2"
    shown = f"{made!r} {made.hosts['a']!r} {token} {token!r} {copy.copy(token)!r}"
    assert "hunter" not in shown
    assert HIDDEN in shown


def test_all_of_an_encrypted_file_is_secret(tmp_path: Path, key: Path) -> None:
    """Its texts show stars; numbers, lists and mappings keep their shape."""
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text(
        sealed(
            "token: hunter2\nansible_port: 2022\nlist: [hunter3]\nansible_user: me\n"
        )
    )
    made = inventory(tmp_path, "all: {hosts: {a: }}", key)
    host = made.hosts["a"]
    assert host.port == 2022
    assert "hunter" not in f"{made!r} {host!r} {host.vars}"
    assert "me" not in f"{host.user}"
    assert isinstance(host.vars["token"], Secret)
    assert made.opened >= {"me"}


def test_a_template_can_speak_of_a_secret(tmp_path: Path, key: Path) -> None:
    """What it makes is a secret then."""
    (tmp_path / "group_vars/all").mkdir(parents=True)
    (tmp_path / "group_vars/all/vault").write_text(sealed("vault_user: boss\n"))
    (tmp_path / "group_vars/all/clear").write_text(
        "ansible_user: 'x-{{ vault_user }}'\n"
    )
    made = inventory(tmp_path, "all: {hosts: {a: }}", key)
    host = made.hosts["a"]
    assert str(host.user) == "x-boss"
    assert "boss" not in f"{host!r}{host.user}"
    assert "x-boss" in made.opened


def test_a_secret_inside_what_another_host_holds(tmp_path: Path, key: Path) -> None:
    """Is one too, however deep it lies."""
    made = inventory(
        tmp_path,
        "all:\n  hosts:\n"
        "    a: {ansible_user: '{{ hostvars.b.logins.here[0] }}'}\n"
        "    b:\n      logins:\n        here:\n          - "
        f"{tagged('root-of-it', indent=12)}",
        key,
    )
    assert made.hosts["a"].user == "root-of-it"
    assert repr(made.hosts["a"].user) == HIDDEN
    assert "root-of-it" in made.opened


def test_a_password_for_sudo_waits_until_it_is_asked_for(
    tmp_path: Path, key: Path
) -> None:
    """It is kept closed, and nothing shows it."""
    text = (
        "all:\n  vars:\n    sudo: clear\n  hosts:\n    a:\n"
        f"      ansible_become_password: {tagged('hunter2')}"
        "    b:\n      ansible_become_pass: '{{ sudo }}-text'\n    c:\n"
    )
    made = inventory(tmp_path, text, key)
    kept = {name: host.vars.get(PASSWORD) for name, host in made.hosts.items()}
    assert isinstance(kept["a"], Secret)
    assert isinstance(kept["b"], Secret)
    assert [kept["a"].reveal(), kept["b"].reveal()] == ["hunter2", "clear-text"]
    assert kept["c"] is None
    assert "hunter2" not in f"{made!r} {kept}"
    assert "ansible_become_password" not in made.hosts["a"].vars


# --------------------------------------------------------------------- what is not opened


def test_nobody_needs_a_password_for_other_hosts(tmp_path: Path) -> None:
    """A host that is not asked for is not opened; one that is says what it lacks."""
    text = f"all:\n  hosts:\n    a:\n      ansible_user: {tagged('u')}    b:\n"
    made = inventory(tmp_path, text)
    assert made.hosts["b"].user is None
    assert made.groups["all"] == ("a", "b")
    with pytest.raises(InventoryError) as refused:
        made.hosts["a"]
    assert str(refused.value).endswith(
        "hosts.yml:4:21: encrypted, and no --vault-password-file opens it"
    )


def test_a_wrong_password_is_told_with_the_place(tmp_path: Path, key: Path) -> None:
    """File, line and column, and the vault id where there is one."""
    key.write_text("guess")
    text = f"all:\n  hosts:\n    a:\n      ansible_user: {tagged('u', label='dev')}"
    with pytest.raises(InventoryError) as refused:
        inventory(tmp_path, text, key).hosts["a"]
    said = str(refused.value).removeprefix(f"{tmp_path}/")
    assert said == (
        "hosts.yml:4:21: the vault password does not open this (its vault id is 'dev')"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ansible_port", "hunter2"),
        ("ansible_connection", "hunter2"),
        ("ansible_ssh_common_args", "hunter2"),
        ("ansible_ssh_common_args", "-o ProxyCommand=hunter2"),
        ("ansible_user", "{{ hunter2 }"),
        ("ansible_user", "{{ a hunter2 }}"),
        ("ansible_user", "{{ hunter2 }}"),
        ("ansible_user", "{{ 'hunter2' + 1 }}"),
    ],
)
def test_a_slip_in_a_secret_does_not_show_it(
    tmp_path: Path, key: Path, name: str, value: str
) -> None:
    """The place is enough."""
    text = f"all:\n  hosts:\n    a:\n      {name}: {tagged(value)}"
    with pytest.raises(InventoryError) as refused:
        inventory(tmp_path, text, key).hosts["a"]
    assert "hunter2" not in str(refused.value)
    assert "hosts.yml:4:" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "x: *hunter2\n",
        "x: !hunter2 y\n",
        "x: !!int hunter2\n",
        "hunter2",
        "- hunter2",
        "x: [hunter2",
        "ansible_port: hunter2\n",
        "escalade_stacks: {s: {w: {desired: hunter2}}}\n",
        "escalade_stacks: {s: {w: {role: 0, desired: hunter2}}}\n",
    ],
)
def test_a_broken_file_does_not_show_what_it_held(
    tmp_path: Path, key: Path, text: str
) -> None:
    """Not even where a parser would quote it."""
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars/a").write_text(sealed(text))
    with pytest.raises(InventoryError) as refused:
        inventory(tmp_path, "all: {hosts: {a: }}", key).hosts["a"]
    assert "hunter2" not in str(refused.value)
    assert "host_vars/a:" in str(refused.value)


@pytest.mark.parametrize("line", ["a x=1 hunter2", "a x='hunter2", "[hunter2"])
def test_a_broken_inventory_does_not_show_what_it_held(
    tmp_path: Path, key: Path, line: str
) -> None:
    """In the INI format."""
    path = tmp_path / "hosts.ini"
    path.write_text(sealed(f"{line}\n"))
    with pytest.raises(InventoryError) as refused:
        load([path], vault=[("", key)])
    assert "hunter2" not in str(refused.value)
    assert "hosts.ini:1:" in str(refused.value)


def test_a_command_that_does_not_end(tmp_path: Path, monkeypatch) -> None:
    """It is ended with all that it started."""
    monkeypatch.setattr("escalade.inventory.vault._COMMAND_S", 0.3)
    command = tmp_path / "ask"
    command.write_text(f"#!/bin/sh\nsleep 60 & echo $! >{tmp_path}/child\nwait\n")
    command.chmod(0o755)
    text = f"all:\n  hosts:\n    a:\n      ansible_user: {tagged('u')}"
    with pytest.raises(InventoryError, match=r"ask: no answer within 0\.3 s"):
        inventory(tmp_path, text, command).hosts["a"]
    child = int((tmp_path / "child").read_text())
    for _ in range(500):
        if not _lives(child):
            break
        time.sleep(0.01)
    assert not _lives(child)


def _lives(pid: int) -> bool:
    """Whether a process is there and is no corpse."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_command_runs_only_when_something_is_encrypted(tmp_path: Path) -> None:
    """A password manager is not bothered for nothing."""
    command = tmp_path / "ask"
    command.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\necho open sesame\n")
    command.chmod(0o755)
    inventory(tmp_path, "all: {hosts: {a: {ansible_user: u}}}", command).hosts["a"]
    assert not (tmp_path / "ran").exists()
    text = f"all:\n  hosts:\n    a:\n      ansible_user: {tagged('u')}"
    inventory(tmp_path, text, command).hosts["a"]
    assert (tmp_path / "ran").exists()
