"""known_hosts files: which keys a name has there, and how one more gets in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import stat
from pathlib import Path

import pytest

from escalade.transport.hostkeys import HostKey
from escalade.transport.hostkeys import append
from escalade.transport.hostkeys import forget
from escalade.transport.hostkeys import known
from escalade.transport.hostkeys import known_as

ONE = HostKey("ssh-ed25519", b"one")
TWO = HostKey("ssh-ed25519", b"two")
RSA = HostKey("ssh-rsa", b"rsa")


def hashed(name: str) -> str:
    salt = b"0123456789abcdef0123"
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("names", "name", "fits"),
    [
        ("web1", "web1", True),
        ("web1", "web11", False),
        ("WEB1,192.0.2.1", "web1", True),
        ("web1,192.0.2.1", "192.0.2.1", True),
        ("*.example.org", "a.example.org", True),
        ("*.example.org,!b.example.org", "b.example.org", False),
        ("web?", "web1", True),
        ("[web1]:2222", "[web1]:2222", True),
        ("[web1]:2222", "web1", False),
        ("web1", "[web1]:2222", False),
        (hashed("web1"), "web1", True),
        (hashed("web1"), "web2", False),
        ("|1|bad|hash", "web1", False),
    ],
)
def test_names_are_matched_as_openssh_does(
    tmp_path: Path, names: str, name: str, *, fits: bool
) -> None:
    """Plain, wildcards, negation, ports and hashes."""
    path = tmp_path / "known_hosts"
    path.write_text(f"{names} {ONE.text}\n")
    assert known(name, [path]).keys == ((ONE,) if fits else ())


def test_a_name_may_have_several_keys(tmp_path: Path) -> None:
    """Of all types and from all files, each once."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text(f"web1 {ONE.text} a comment\nweb1 {RSA.text}\n")
    second.write_text(f"\n# note\nweb1 {TWO.text}\nweb1 {ONE.text}\n")
    missing = tmp_path / "missing"
    assert known("web1", [first, missing, second]).keys == (ONE, RSA, TWO)


def test_broken_lines_say_nothing(tmp_path: Path) -> None:
    """Half a line, no base64, binary: passed over."""
    path = tmp_path / "known_hosts"
    path.write_bytes(
        b"web1\nweb1 ssh-rsa\nweb1 ssh-rsa !!!\n\xff\xfe\x00\nweb1 "
        + ONE.text.encode()
        + b"\n"
    )
    assert known("web1", [path]).keys == (ONE,)


def test_a_revoked_key_is_not_a_known_one(tmp_path: Path) -> None:
    """@revoked names keys that must never pass; authorities of certificates are none."""
    path = tmp_path / "known_hosts"
    path.write_text(f"@revoked * {ONE.text}\n@cert-authority * {TWO.text}\n")
    found = known("web1", [path])
    assert (found.keys, found.revoked) == ((), (ONE,))


def test_names_of_other_ports_carry_the_port() -> None:
    """As in OpenSSH's own files."""
    assert known_as("Web1", 22) == "web1"
    assert known_as("web1", 2222) == "[web1]:2222"


def test_a_fingerprint_is_what_ssh_keygen_prints() -> None:
    """SHA256, base64, without padding."""
    blob = base64.b64decode(
        "AAAAC3NzaC1lZDI1NTE5AAAAIHVHqGkINxzDeK3SQG54jFTMSZdXFIcr6Th6AcFbPyrb"
    )
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    assert HostKey("ssh-ed25519", blob).fingerprint == f"SHA256:{digest}"


def test_an_appended_key_is_known_at_once(tmp_path: Path) -> None:
    """The file is made with its folder, for its owner alone."""
    path = tmp_path / ".ssh" / "known_hosts"
    assert known("web1", [path]).keys == ()
    append(path, "web1", ONE)
    append(path, "web2", TWO)
    assert known("web1", [path]).keys == (ONE,)
    assert path.read_text() == f"web1 {ONE.text}\nweb2 {TWO.text}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """Others may read it as before."""
    path = tmp_path / "known_hosts"
    path.touch(mode=0o644)
    path.chmod(0o644)
    append(path, "web1", ONE)
    append(path, "web2", ONE)
    assert forget(path, "web2") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_what_is_no_regular_file_takes_no_key(tmp_path: Path) -> None:
    """Nor is it changed, read or waited for, behind a symbolic link too."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(OSError, match="no regular file"):
            append(path, "web1", ONE)
        assert forget(path, "web1") == 0
        assert known("web1", [path]).keys == ()
    assert stat.S_IMODE(pipe.stat().st_mode) == 0o666
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_appending_does_not_glue_lines(tmp_path: Path) -> None:
    """A file whose last line has no end gets one."""
    path = tmp_path / "known_hosts"
    path.write_text(f"web1 {ONE.text}")
    append(path, "web2", TWO)
    assert path.read_text() == f"web1 {ONE.text}\nweb2 {TWO.text}\n"


def test_forgetting_a_name_leaves_the_others(tmp_path: Path) -> None:
    """Only this name goes, from lines with several and hashed ones too."""
    path = tmp_path / "known_hosts"
    path.write_text(
        f"# kept\nweb1,192.0.2.1 {ONE.text}\nweb2 {TWO.text}\n"
        f"{hashed('web1')} {RSA.text}\n@revoked web1 {RSA.text}\n"
    )
    assert forget(path, "web1") == 2
    assert path.read_text() == (
        f"# kept\n192.0.2.1 {ONE.text}\nweb2 {TWO.text}\n@revoked web1 {RSA.text}\n"
    )
    assert forget(path, "web1") == 0
    assert forget(tmp_path / "missing", "web1") == 0


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    """Dotfiles that live elsewhere are changed there."""
    real, link = tmp_path / "real", tmp_path / "known_hosts"
    real.write_text(f"web1 {ONE.text}\n")
    link.symlink_to(real)
    forget(link, "web1")
    append(link, "web1", TWO)
    assert link.is_symlink()
    assert real.read_text() == f"web1 {TWO.text}\n"
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_the_order_of_a_file_is_kept_between_plain_and_other_lines(
    tmp_path: Path,
) -> None:
    """Names that are spelt out are found by an index; wildcards keep their place."""
    first, second, third = (f"ssh-ed25519 {word}" for word in ("AAAA", "BBBB", "CCCC"))
    path = tmp_path / "known_hosts"
    path.write_text(f"*.example.org {first}\nWEB.example.org,w {second}\nw* {third}\n")
    keys = [key.text for key in known("web.example.org", [path]).keys]
    assert keys == [first, second, third]
    assert [key.text for key in known("w", [path]).keys] == [second, third]
