"""The words of ssh's own line that change the way to a host: taken, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.errors import InventoryError
from escalade.inventory import load
from escalade.inventory.ssh_args import parse
from escalade.model import Host


def only(folder: Path, *lines: str) -> Host:
    """Return the one host of an inventory with these variables."""
    file = folder / "hosts.yaml"
    file.write_text("\n".join(("all:", "  hosts:", "    a:", *lines, "")))
    return load([file]).hosts["a"]


@pytest.mark.parametrize(
    ("text", "jump", "key"),
    [
        ("ssh -i /k -W %h:%p me@gate", "me@gate", "/k"),
        ("ssh -W %h:%p -i/k -p 9 gate", "gate:9", "/k"),
        (
            "ssh -o IdentityFile=/k -o User=me -o Port=9 -W %h:%p gate",
            "me@gate:9",
            "/k",
        ),
        ("ssh -l me -W %h:%p you@gate", "me@gate", ""),
        ("ssh -p 1 -p 2 -W %h:%p gate", "gate:1", ""),
        ("ssh -o StrictHostKeyChecking=no -W %h:%p gate", "gate", ""),
    ],
)
def test_a_jump_written_as_a_proxy_command(text: str, jump: str, key: str) -> None:
    """Keeps its user, its port and its key; the first that is said counts."""
    said = parse(f"-o ProxyCommand='{text}'")
    assert said == {"proxyjump": jump, "jumpkey": key}


@pytest.mark.parametrize(
    "text",
    [
        "ssh -J other -W %h:%p gate",
        "ssh -F /cfg -W %h:%p gate",
        "ssh -o ProxyJump=other -W %h:%p gate",
        "ssh -o ProxyCommand=nc -W %h:%p gate",
        "ssh -o HostName=x -W %h:%p gate",
        "ssh -o HostKeyAlias=x -W %h:%p gate",
        "ssh -i /a -i /b -W %h:%p gate",
    ],
)
def test_what_no_jump_can_say_is_refused(text: str) -> None:
    """It belongs into ssh_config."""
    with pytest.raises(ValueError, match="is not understood: write -J HOST"):
        parse(f"-o ProxyCommand='{text}'")


def test_another_host_name_is_refused() -> None:
    """The address has a variable of its own."""
    with pytest.raises(ValueError, match="HostName is not taken: write ansible_host"):
        parse("-o HostName=192.0.2.7")


def test_no_proxy_at_all() -> None:
    """As ssh has it: neither a command nor a jump."""
    assert parse("-o ProxyCommand=none")["proxyjump"] == "none"


@pytest.mark.parametrize(
    "name", ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"]
)
def test_a_jump_in_any_of_the_arguments(tmp_path: Path, name: str) -> None:
    """With its key, and an alias for the host's key."""
    line = f"      {name}: -o ProxyCommand='ssh -i ~/k -W %h:%p me@gate'"
    host = only(tmp_path, f"{line} -o HostKeyAlias=web")
    assert host.jump == "me@gate"
    assert host.vars["escalade_jump_key"] == str(Path("~/k").expanduser())
    assert host.vars["escalade_host_key_alias"] == "web"


def test_the_order_of_the_arguments(tmp_path: Path) -> None:
    """As Ansible writes them on ssh's line, and the first one counts there."""
    host = only(
        tmp_path,
        "      ansible_ssh_extra_args: -J three -o HostKeyAlias=c",
        "      ansible_ssh_common_args: -o ProxyCommand='ssh -i /k -W %h:%p two' -p 2",
        "      ansible_ssh_args: -J one -o ControlMaster=auto",
    )
    assert (host.jump, host.port) == ("one", 2)
    assert host.vars["escalade_host_key_alias"] == "c"
    assert "escalade_jump_key" not in host.vars


def test_what_is_not_understood_names_the_variable(tmp_path: Path) -> None:
    """One line with the place."""
    with pytest.raises(InventoryError, match=r"ansible_ssh_args: .*HostName"):
        only(tmp_path, "      ansible_ssh_args: -o HostName=x")
