"""Encrypts texts as `ansible-vault` does, so that tests can choose what is in them."""

from __future__ import annotations

import hashlib
import hmac
import textwrap

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

SALT = bytes(range(32))


def sealed(text: str, password: str = "open sesame", label: str = "") -> str:
    """Return a text in the format of Ansible Vault."""
    keys = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, 10_000, 80)
    plain = text.encode()
    plain += bytes([16 - len(plain) % 16]) * (16 - len(plain) % 16)
    writer = Cipher(AES(keys[:32]), CTR(keys[64:])).encryptor()
    cipher = writer.update(plain) + writer.finalize()
    seal = hmac.digest(keys[32:64], cipher, "sha256")
    inner = b"\n".join(part.hex().encode() for part in (SALT, seal, cipher))
    head = (
        f"$ANSIBLE_VAULT;1.2;AES256;{label}" if label else "$ANSIBLE_VAULT;1.1;AES256"
    )
    return "\n".join([head, *textwrap.wrap(inner.hex(), 80), ""])


def tagged(text: str, indent: int = 10, **how: str) -> str:
    """Return a text as an encrypted value of YAML, to stand after a key."""
    return "!vault |\n" + textwrap.indent(sealed(text, **how), " " * indent)
