"""What ssh_config and the inventory say together."""

from __future__ import annotations

from pathlib import Path

import pytest

from escalade.model import Host
from escalade.transport.ssh_options import Hop
from escalade.transport.ssh_options import hop_for


def hop(tmp_path: Path, text: str, host: Host | None = None) -> Hop:
    """Return the way to web1 under a configuration."""
    path = tmp_path / "ssh_config"
    path.write_text(text)
    return hop_for(host or Host("web1", "ssh"), ssh_config=path)


def test_ssh_config_fills_what_the_inventory_leaves_open(tmp_path: Path) -> None:
    """HostName, Port, User, IdentityFile and UserKnownHostsFile."""
    made = hop(
        tmp_path,
        "Host web1\n HostName 192.0.2.7\n Port 2200\n User deploy\n"
        f" IdentityFile {tmp_path}/key\n UserKnownHostsFile {tmp_path}/a {tmp_path}/b\n",
    )
    assert (made.address, made.port, made.user) == ("192.0.2.7", 2200, "deploy")
    assert made.identities == (f"{tmp_path}/key",)
    assert made.known_hosts[:2] == (tmp_path / "a", tmp_path / "b")
    assert made.known_as == "[192.0.2.7]:2200"


def test_the_inventory_wins(tmp_path: Path) -> None:
    """What it says stands above ssh_config; what it leaves open comes from there."""
    host = Host("web1", "ssh", address="192.0.2.9", user="root", identity="/k")
    made = hop(tmp_path, "Host web1\n HostName x\n User a\n Port 2\n", host)
    assert (made.address, made.user, made.port) == ("192.0.2.9", "root", 2)
    assert made.identities == ("/k",)


def test_options_of_an_address_count_too(tmp_path: Path) -> None:
    """Ansible's way to look them up: by what ssh is given as the host."""
    host = Host("web1", "ssh", address="192.0.2.9")
    made = hop(tmp_path, "Host 192.0.2.*\n User by-address\n", host)
    assert made.user == "by-address"


def test_an_alias_for_the_key(tmp_path: Path) -> None:
    """HostKeyAlias is what known_hosts is asked for."""
    assert hop(tmp_path, "Host web1\n HostKeyAlias Web\n Port 22\n").known_as == "web"


def test_a_chain_of_jumps(tmp_path: Path) -> None:
    """Each hop stands behind the one before, with options of its own."""
    made = hop(
        tmp_path,
        "Host web1\n ProxyJump me@gate:2222,inner\n"
        "Host gate\n HostName 192.0.2.1\n User nobody\n Port 99\n"
        "Host inner\n User i\n ProxyJump elsewhere\n",
    )
    assert made.via is not None
    assert (made.via.name, made.via.user) == ("inner", "i")
    gate = made.via.via
    assert gate is not None
    assert (gate.address, gate.user, gate.port) == ("192.0.2.1", "me", 2222)
    assert gate.via is None


def test_the_first_jump_may_have_a_jump(tmp_path: Path) -> None:
    """As in OpenSSH: `ssh gate` itself goes through another."""
    made = hop(tmp_path, "Host web1\n ProxyJump gate\nHost gate\n ProxyJump outer\n")
    assert made.via is not None
    assert made.via.via is not None
    assert made.via.via.name == "outer"


def test_a_jump_for_everybody_is_no_circle(tmp_path: Path) -> None:
    """`Host *` with a ProxyJump holds for the gateway too."""
    made = hop(tmp_path, "Host *\n ProxyJump gate\n")
    assert made.via is not None
    assert made.via.name == "gate"
    assert made.via.via is None


def test_the_inventorys_jump_wins_over_a_proxy_command(tmp_path: Path) -> None:
    """One way only."""
    host = Host("web1", "ssh", jump="gate")
    made = hop(tmp_path, "Host web1\n ProxyCommand nc %h %p\n", host)
    assert made.via is not None
    assert made.proxy_command == ""


def test_jump_none_switches_it_off(tmp_path: Path) -> None:
    """The word that OpenSSH has for it."""
    host = Host("web1", "ssh", jump="none")
    assert hop(tmp_path, "Host web1\n ProxyJump gate\n", host).via is None


def test_a_proxy_command_has_its_tokens_filled(tmp_path: Path) -> None:
    """Host and port stand in it."""
    text = "Host web1\n HostName h\n Port 5\n ProxyCommand nc %h %p\n"
    assert hop(tmp_path, text).proxy_command == "nc h 5"


def test_includes_are_read(tmp_path: Path) -> None:
    """With globs, relative to the file, and what follows is not swallowed by them."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.conf").write_text("Host other\n User wrong\n")
    (tmp_path / "conf.d" / "b.conf").write_text("Host web1\n Port 2201\n")
    made = hop(tmp_path, "Include conf.d/*.conf\nUser everybody\n")
    assert (made.port, made.user) == (2201, "everybody")


def test_an_include_of_itself_ends(tmp_path: Path) -> None:
    """With an error that says so."""
    with pytest.raises(ValueError, match="nested"):
        hop(tmp_path, "Include ssh_config\n")


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    """A path that was given must exist."""
    with pytest.raises(OSError, match="No such file"):
        hop_for(Host("web1", "ssh"), ssh_config=tmp_path / "missing")


@pytest.mark.parametrize("text", ["Host\x00\xff", "nonsense", "\x00"])
def test_a_configuration_that_is_none(tmp_path: Path, text: str) -> None:
    """What cannot be parsed names the file."""
    with pytest.raises(ValueError, match="ssh_config: "):
        hop(tmp_path, text)


def test_the_users_own_configuration_is_the_default(home: Path) -> None:
    """~/.ssh/config and ~/.ssh/known_hosts."""
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text("Host web9\n User mine\n")
    made = hop_for(Host("web9", "ssh"))
    assert made.user == "mine"
    assert made.known_hosts[0] == home / ".ssh" / "known_hosts"


def test_a_version_6_address(tmp_path: Path) -> None:
    """Its colons are no port."""
    host = Host("web1", "ssh", address="2001:db8::1", jump="[2001:db8::2]:2222")
    made = hop(tmp_path, "", host)
    assert (made.address, made.known_as) == ("2001:db8::1", "2001:db8::1")
    assert made.via is not None
    assert (made.via.address, made.via.port) == ("2001:db8::2", 2222)


@pytest.mark.parametrize("address", ["me@192.0.2.1", "192.0.2.1:22"])
def test_an_address_that_is_more_than_one(tmp_path: Path, address: str) -> None:
    """User and port have places of their own."""
    with pytest.raises(ValueError, match="is no address"):
        hop(tmp_path, "", Host("web1", "ssh", address=address))
