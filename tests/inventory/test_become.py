"""Whom to become on a host, and where sudo's password comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.errors import InventoryError
from escalade.inventory import load
from escalade.inventory.become import becoming
from escalade.inventory.become import password_for
from escalade.model import Host
from escalade.run import hosts_for
from escalade.settings import resolve

SECRET = "correct horse"


def host(folder: Path, text: str) -> Host:
    """Return host `a` with these variables."""
    path = folder / "hosts.yaml"
    path.write_text(f"all: {{hosts: {{a: {{{text}}}}}}}\n")
    return load([path]).hosts["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("ansible_become: true", "root"),
        ("ansible_become: 'yes'", "root"),
        ("ansible_become: false", ""),
        ("ansible_become: 'no', ansible_become_user: ops", ""),
        ("ansible_become_user: ops", None),
        ("ansible_become: true, ansible_become_user: ops", "ops"),
        ("ansible_become: true, ansible_become_method: sudo", "root"),
        ("ansible_become: '{{ 1 == 1 }}', ansible_become_user: '{{ \"o\" }}ps'", "ops"),
    ],
)
def test_whom(tmp_path, text, expected):
    """`ansible_become` decides, `ansible_become_user` says who: root without it."""
    assert host(tmp_path, text).become == expected


@pytest.mark.parametrize(
    ("text", "become", "user", "expected"),
    [
        ("", False, "", None),
        ("", True, "", "root"),
        ("", True, "deploy", "deploy"),
        ("", False, "deploy", None),
        ("ansible_become: false", True, "deploy", ""),
        ("ansible_become: true", False, "", "root"),
        ("ansible_become: true", False, "deploy", "deploy"),
        ("ansible_become: true, ansible_become_user: ops", True, "deploy", "ops"),
        ("ansible_become_user: ops", True, "deploy", "ops"),
        ("ansible_become_user: ops", False, "deploy", None),
    ],
)
def test_variables_win_over_flags(tmp_path, text, become, user, expected):
    """As in Ansible: what a host or group says is never what a flag or setting says."""
    made = becoming(host(tmp_path, text), become=become, user=user)
    assert made.become == expected


def test_a_group_s_no_wins_over_the_setting(tmp_path):
    """The nearest variable decides, and only without one the setting."""
    (tmp_path / "hosts.yaml").write_text(
        "all:\n  children:\n    plain:\n      vars: {ansible_become: no}\n"
        "      hosts: {a: {}, b: {ansible_become: yes}}\n  hosts: {c: {}}\n"
    )
    section = {"inventory": str(tmp_path / "hosts.yaml"), "become": "root"}
    settings = resolve(section, environ={}, flags={}, base=tmp_path, here=tmp_path)
    found = {host.name: host.become for host in hosts_for(settings)}
    assert found == {"a": "", "b": "root", "c": "root"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ansible_become: perhaps", "ansible_become: expected true or false"),
        ("ansible_become: true, ansible_become_method: su", "'su' is not supported"),
        ("ansible_becom: true", "did you mean 'ansible_become'?"),
    ],
)
def test_what_cannot_work(tmp_path, text, words):
    """A wrong word is refused with its place."""
    with pytest.raises(InventoryError) as error:
        assert host(tmp_path, text)
    assert words in str(error.value)
    assert "hosts.yaml:1:" in str(error.value)


def test_a_method_that_is_not_used(tmp_path):
    """Who becomes nobody may name any method."""
    assert host(tmp_path, "ansible_become_method: su").become is None


def test_the_hosts_own_password_wins(tmp_path):
    """A password of the inventory comes before any file, and no repr shows it."""
    one = host(tmp_path, f"ansible_become: true, ansible_become_password: {SECRET}")
    password = password_for(one, tmp_path / "missing")
    assert password is not None
    assert password() == SECRET
    assert SECRET not in repr(one)


def test_a_file_beside_the_inventory(tmp_path):
    """A relative path counts from the inventory's folder; one line is the password."""
    (tmp_path / "pw").write_text(f"{SECRET}\n")
    one = host(tmp_path, "ansible_become: true, ansible_become_password_file: pw")
    password = password_for(one, None)
    assert password is not None
    assert password() == SECRET


def test_a_command(tmp_path):
    """A file that can be run prints it."""
    script = tmp_path / "pw"
    script.write_text(f"#!/bin/sh\necho '{SECRET}'\n")
    script.chmod(0o700)
    password = password_for(Host("a", become="root"), script)
    assert password is not None
    assert password() == SECRET


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"", "one line"),
        (b"a\nb\n", "one line"),
        (b"\xff", "UTF"),
    ],
)
def test_a_file_that_gives_none(tmp_path, content, words):
    """It is said when the password is asked for, without what the file holds."""
    path = tmp_path / "pw"
    if content is not None:
        path.write_bytes(content)
    password = password_for(Host("a", become="root"), path)
    assert password is not None
    with pytest.raises(InventoryError, match=words):
        password()


def test_no_source_at_all():
    """Without a source there is no password, and sudo is told not to ask."""
    assert password_for(Host("a", become="root"), None) is None
