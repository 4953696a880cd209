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


# ------------------------------------------------------- a name and another address

AT = Host("web1", "ssh", address="192.0.2.9")


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("Host 192.0.2.9\n User by-address\nHost *\n User all\n", "by-address"),
        ("Host 192.0.2.*\n User by-net\nHost *\n User all\n", "by-net"),
        ("Host web1\n User by-name\nHost *\n User all\n", "by-name"),
        ("Host web1 web-*\n User by-name\nHost *\n User all\n", "by-name"),
        ("Host web*\n User by-names\nHost 192.0.2.9\n User by-address\n", "by-address"),
        ("Host web*\n User by-names\nHost 192.0.2.*\n User by-net\n", "by-net"),
        ("Host web*\n User by-names\nHost *\n Port 3\n", "by-names"),
        ("Host web1\n User by-name\nHost 192.0.2.9\n User by-address\n", "by-name"),
        ("Host 192.0.2.9\n User by-address\nHost web1\n User by-name\n", "by-address"),
        ("Host *\n User all\nHost 192.0.2.9 web1\n User late\n", "all"),
        ("Match originalhost web1\n User by-match\n", "by-match"),
        (
            "Match originalhost x\nHost web1\n User by-name\nHost *\n User a\n",
            "by-name",
        ),
        ("Host web1 !192.0.2.9\n User not-here\nHost *\n User all\n", "all"),
    ],
)
def test_ssh_config_is_asked_for_the_address(
    tmp_path: Path, text: str, user: str
) -> None:
    """As Ansible has it: ssh is given the address.

    A block that spells out the name counts as one for the address; one that fits the
    name by a wildcard fills what is left open. The first block wins, as ever.
    """
    assert hop(tmp_path, text, AT).user == user


def test_the_key_and_port_of_an_address(tmp_path: Path) -> None:
    """Stand above those of a wildcard that fits the name as well."""
    text = "Host 192.0.2.9\n Port 22\n IdentityFile /a\n"
    text += "Host *\n Port 2200\n IdentityFile /all\n"
    made = hop(tmp_path, text, AT)
    assert (made.port, made.identities) == (22, ("/a", "/all"))


def test_an_address_may_be_an_alias_of_ssh_config(tmp_path: Path) -> None:
    """Its HostName is where ssh goes; that of a block for the name is not."""
    text = "Host inner\n HostName 192.0.2.5\nHost web1\n HostName 192.0.2.6\n Port 3\n"
    made = hop(tmp_path, text, Host("web1", "ssh", address="inner"))
    assert (made.address, made.port, made.known_as) == (
        "192.0.2.5",
        3,
        "[192.0.2.5]:3",
    )
    assert made.name == "web1"


@pytest.mark.parametrize("block", ["Host web1", "Host web*", "Host 192.0.2.*"])
def test_a_proxy_command_is_given_what_the_inventory_says(
    tmp_path: Path, block: str
) -> None:
    """Address and port, whichever block it comes from."""
    text = f"{block}\n ProxyCommand nc %h %p\n"
    host = Host("web1", "ssh", address="192.0.2.9", port=2222)
    assert hop(tmp_path, text, host).proxy_command == "nc 192.0.2.9 2222"


def test_of_a_jump_and_a_proxy_command_the_first_counts(tmp_path: Path) -> None:
    """As in OpenSSH; what names the address comes before what is like the name."""
    command = "Host 192.0.2.9\n ProxyCommand nc %h %p\n"
    for text in (
        f"{command}Host *\n ProxyJump gate\n",
        f"Host web*\n ProxyJump gate\n{command}",
    ):
        made = hop(tmp_path, text, AT)
        assert (made.proxy_command, made.via) == ("nc 192.0.2.9 22", None)
    off = "Host 192.0.2.9\n ProxyCommand none\nHost *\n ProxyJump gate\n"
    assert hop(tmp_path, off, AT).via is None


# ---------------------------------------------------------------------------- loops


def test_a_jump_that_is_called_as_the_host_is_taken(tmp_path: Path) -> None:
    """What counts is where it is: another address or another port."""
    text = "Host web1\n HostName 192.0.2.1\n"
    host = Host("web1", "ssh", address="192.0.2.9", jump="web1")
    made = hop(tmp_path, text, host)
    assert made.via is not None
    assert (made.via.address, made.address) == ("192.0.2.1", "192.0.2.9")
    other = hop(tmp_path, "", Host("web1", "ssh", port=22, jump="web1:2222"))
    assert other.via is not None
    assert other.via.port == 2222


def test_a_jump_as_another_user_is_taken(tmp_path: Path) -> None:
    """A login of its own on the same machine is no loop."""
    made = hop(tmp_path, "", Host("web1", "ssh", user="root", jump="me@web1"))
    assert made.via is not None
    assert (made.via.user, made.user) == ("me", "root")


@pytest.mark.parametrize(
    ("text", "jump"),
    [
        ("", "web1"),
        ("", "WEB1:22"),
        ("", "root@web1"),
        ("Host w\n HostName web1\n", "w"),
        ("Host web1\n ProxyJump web1\n", None),
        ("Host *\n User root\nHost web1 x\n ProxyJump web1\n", None),
        ("Host gate\n ProxyJump web1\n", "gate"),
        ("Host gate\n ProxyJump two\nHost two\n ProxyJump gate\n", "gate"),
    ],
)
def test_a_loop_is_an_error(tmp_path: Path, text: str, jump: str | None) -> None:
    """Said by who is asked for this host: no bastion is passed by silently."""
    host = Host("web1", "ssh", user="root", jump=jump)
    text += "Host *\n User root\n"
    with pytest.raises(ValueError, match=r"ProxyJump .*: .* leads back to itself"):
        hop(tmp_path, text, host)


@pytest.mark.parametrize(
    ("host", "jump"),
    [
        (Host("gate", "ssh", user="root"), "gate"),
        (Host("gate", "ssh", address="192.0.2.1"), "gate"),
        (Host("bastion", "ssh", address="192.0.2.1", port=2222), "gate:2222"),
    ],
)
def test_a_jump_for_everybody_is_not_for_the_gateway(
    tmp_path: Path, host: Host, jump: str
) -> None:
    """`Host *` names no host, so it says nothing of a loop."""
    text = f"Host gate\n HostName 192.0.2.1\nHost *\n ProxyJump {jump}\n"
    assert hop(tmp_path, text, host).via is None


def test_a_chain_for_everybody_ends_at_its_own_links(tmp_path: Path) -> None:
    """The first is reached directly, the second through the first."""
    text = "Host *\n ProxyJump one,two\n"
    made = hop(tmp_path, text, Host("two", "ssh"))
    assert made.via is not None
    assert (made.via.name, made.via.via) == ("one", None)
    assert hop(tmp_path, text, Host("one", "ssh")).via is None
    far = hop(tmp_path, text)
    names = []
    while far.via is not None:
        far = far.via
        names.append(far.name)
    assert names == ["two", "one"]


# ------------------------------------------------------------ what the inventory adds


def test_an_alias_for_the_key_from_the_inventory(tmp_path: Path) -> None:
    """It stands above HostKeyAlias and is the host's alone."""
    said = {"escalade_host_key_alias": "Mine"}
    host = Host("web1", "ssh", jump="gate", vars=said)
    made = hop(tmp_path, "Host web1\n HostKeyAlias theirs\n", host)
    assert made.known_as == "mine"
    assert made.via is not None
    assert made.via.known_as == "gate"


def test_the_key_for_the_inventorys_jump(tmp_path: Path) -> None:
    """It is for the jump, and not for the host nor for another's jump."""
    said = {"escalade_jump_key": "/j"}
    host = Host("web1", "ssh", identity="/k", jump="gate", vars=said)
    made = hop(tmp_path, "Host gate\n IdentityFile /g\n ProxyJump outer\n", host)
    assert made.via is not None
    assert made.via.via is not None
    assert (made.identities, made.via.identities) == (("/k",), ("/j",))
    assert made.via.via.identities == ()


# ------------------------------------------------------------------- canonical names


@pytest.mark.parametrize(
    "domains", ["", " CanonicalDomains none\n", "Host other\n CanonicalDomains x.y\n"]
)
@pytest.mark.parametrize("address", [None, "192.0.2.9", "web.example.org"])
def test_no_domains_change_no_name(
    tmp_path: Path, domains: str, address: str | None
) -> None:
    """CanonicalizeHostname without CanonicalDomains, as in OpenSSH."""
    text = f"Host *\n CanonicalizeHostname yes\n CanonicalizeMaxDots 3\n{domains}"
    host = Host("web1", "ssh", address=address)
    assert hop(tmp_path, text, host).address == (address or "web1")


@pytest.mark.parametrize("address", ["192.0.2.9", "2001:db8::1", "web1."])
def test_an_absolute_name_is_canonical(tmp_path: Path, address: str) -> None:
    """No domain is tried for it."""
    text = "CanonicalizeHostname yes\nCanonicalizeMaxDots 9\nCanonicalDomains x\n"
    text += "CanonicalizeFallbackLocal no\n"
    host = Host("web1", "ssh", address=address)
    text += "Host web1.x\n User wrong\n"
    assert hop(tmp_path, text, host).address == address


def test_a_name_without_a_canonical_one(tmp_path: Path) -> None:
    """Is an error where CanonicalizeFallbackLocal says so, in one line."""
    text = "CanonicalizeHostname yes\nCanonicalDomains invalid\n"
    text += "CanonicalizeFallbackLocal no\n"
    with pytest.raises(ValueError, match="'web1' has no canonical name"):
        hop(tmp_path, text)
