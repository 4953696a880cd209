"""ssh_config cut into blocks says what the library reads from all of it."""

from __future__ import annotations

import pytest
from paramiko.config import SSHConfig

from escalade.transport.ssh_blocks import Blocks

TEXT = """\
User early
Host web1
    HostName 192.0.2.1
    IdentityFile ~/.ssh/one
Host web2 web1
    Port 2222
    IdentityFile ~/.ssh/two
Host db-* !db-9
    User dba
Host=eq
    Port 3
Host "quoted"
    Port 4
Host WEB1
    Port 5
Host web3 # not a comment to the library
    Port 6
Host *
    User late
    ConnectTimeout 3
    ProxyCommand none
Host web1
    Compression yes
"""
NAMES = ("web1", "web2", "web3", "db-1", "db-9", "eq", "quoted", "WEB1", "other", "#")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "more", ["", "Match originalhost web1\n    Port 7\n", "CanonicalizeMaxDots 2\n"]
)
def test_a_lookup_says_what_the_library_says(name: str, more: str) -> None:
    """Every host gets what the whole text says of it, in the same order of blocks."""
    text = TEXT + more
    blocks = Blocks(text.splitlines())
    assert blocks.lookup(name) == dict(SSHConfig.from_text(text).lookup(name))


def test_a_lookup_changes_no_later_one() -> None:
    """What one lookup returned may be changed by its owner."""
    blocks = Blocks(TEXT.splitlines())
    first = blocks.lookup("web1")
    first["identityfile"].append("mine")
    assert "mine" not in blocks.lookup("web1")["identityfile"]
