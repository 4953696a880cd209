"""Ansible Vault: encrypted values and files, and the passwords that open them.

The format is `$ANSIBLE_VAULT;1.1;AES256` or `;1.2;AES256;label`, then hexadecimal
digits of three more hexadecimal texts: salt, HMAC-SHA256, AES-CTR cipher text. The keys
come from the password by PBKDF2. Nothing that was decrypted is ever shown: a `Secret`
has no text, and a `Veiled` name no repr.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

from escalade.errors import InventoryError
from escalade.inventory.marks import Mark
from escalade.inventory.marks import refusal

__all__ = ["HIDDEN", "Keyring", "Secret", "Veiled", "is_encrypted"]

HIDDEN = "********"
"""What stands where a secret would."""

_MARK = "$ANSIBLE_VAULT;"
_VERSIONS = ("1.1", "1.2")
_CIPHER = "AES256"
_ROUNDS = 10_000
_KEY = 32
_BLOCK = 16
_COMMAND_S = 60.0
_HEADER = 3


class Secret:
    """A value that is decrypted only where it is used; printing it shows nothing."""

    __slots__ = ("_reveal",)

    def __init__(self, reveal: Callable[[], str]) -> None:
        self._reveal = reveal

    def reveal(self) -> str:
        """Return the value. Raises InventoryError where no password opens it."""
        return self._reveal()

    def __repr__(self) -> str:
        """Return nothing of the value."""
        return HIDDEN


class Veiled(str):
    """A name that came out of a vault and must be used as it is.

    No repr and no message shows it: they say stars.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return nothing of the name."""
        return HIDDEN

    def __str__(self) -> str:
        """Return the name, still veiled."""
        return self

    def __format__(self, spec: str) -> str:
        """Return nothing of the name to a text for people."""
        return HIDDEN


def is_encrypted(text: str) -> bool:
    """Whether a text is in Ansible Vault's format."""
    return text.startswith(_MARK)


class Keyring:
    """The passwords of `--vault-password-file`, in order, each with its vault id.

    A file that can be run is a command that prints the password; it runs when the
    first encrypted value is read, any other file is read at once.
    """

    def __init__(self, sources: Sequence[tuple[str, Path]] = ()) -> None:
        self._sources = sources
        self._known: dict[tuple[str, Path], bytes] = {}
        self._troubles: dict[tuple[str, Path], InventoryError] = {}
        self._done: dict[str, str] = {}
        for label, path in sources:
            if path.is_dir():
                what = "is a folder, not a vault password file"
                raise InventoryError(f"{path}: {what}")
            if not path.exists():
                raise InventoryError(f"{path}: no such vault password file")
            if not os.access(path, os.X_OK):
                self._password(label, path)

    def decrypt(self, text: str, mark: Mark) -> str:
        """Return what an encrypted text holds. Raises InventoryError with its place."""
        if text not in self._done:
            self._done[text] = self._decrypt(text, mark)
        return self._done[text]

    def _decrypt(self, text: str, mark: Mark) -> str:
        """Try the passwords of the text's own vault id, then the others."""
        label, salt, seal, cipher = _parts(text, mark)
        if not self._sources:
            raise refusal(mark, "encrypted, and no --vault-password-file opens it")
        for source in sorted(self._sources, key=lambda source: source[0] != label):
            opened = _opened(self._password(*source), salt, seal, cipher)
            if opened is not None:
                try:
                    return opened.decode()
                except UnicodeDecodeError:
                    raise refusal(mark, "not UTF-8 text once decrypted") from None
        named = f" (its vault id is {label!r})" if label else ""
        count = len(self._sources)
        which = (
            "the vault password does" if count == 1 else f"{count} vault passwords do"
        )
        raise refusal(mark, f"{which} not open this{named}")

    def _password(self, label: str, path: Path) -> bytes:
        """Return the password of a file or a command, which is asked once."""
        if trouble := self._troubles.get((label, path)):
            raise trouble
        if (label, path) not in self._known:
            try:
                self._known[label, path] = _password(label, path)
            except InventoryError as error:
                self._troubles[label, path] = error
                raise
        return self._known[label, path]


def _password(label: str, path: Path) -> bytes:
    """Return the password that a file holds or a command prints."""
    runs = os.access(path, os.X_OK)
    password = _printed(label, path) if runs else _read(path)
    if not password:
        raise InventoryError(f"{path}: no vault password in it")
    return password


def _read(path: Path) -> bytes:
    """Return the password that a file holds."""
    try:
        password = path.read_bytes().strip()
    except OSError as error:
        raise InventoryError(f"{path}: {error.strerror}") from None
    if is_encrypted(password[: len(_MARK)].decode("ascii", "replace")):
        raise InventoryError(f"{path}: a vault password file that is itself encrypted")
    return password


def _printed(label: str, path: Path) -> bytes:
    """Return the password that a command prints; `...-client` is told the vault id."""
    from escalade.inventory.command import run

    client = path.stem.endswith("-client")
    words = ["--vault-id", label or "default"] if client else []
    return run(path, words, timeout_s=_COMMAND_S).strip(b"\r\n")


def _parts(text: str, mark: Mark) -> tuple[str, bytes, bytes, bytes]:
    """Return the vault id, salt, HMAC and cipher text of an encrypted text."""
    head, _, body = text.strip().partition("\n")
    words = head.strip().split(";")
    if not is_encrypted(f"{head};") or len(words) < _HEADER:
        raise refusal(mark, f"no text of Ansible Vault (it starts with {_MARK}1.1;...)")
    if words[1] not in _VERSIONS or words[2] != _CIPHER:
        what = f"Ansible Vault's format {words[1]} {words[2]} is not read"
        raise refusal(mark, f"{what}, only 1.1 and 1.2 with {_CIPHER}")
    try:
        inner = bytes.fromhex("".join(body.split())).split(b"\n")
        salt, seal, cipher = (bytes.fromhex(part.decode("ascii")) for part in inner)
    except ValueError:
        raise refusal(mark, "an encrypted text that is not whole") from None
    return ";".join(words[_HEADER:]), salt, seal, cipher


def _opened(password: bytes, salt: bytes, seal: bytes, cipher: bytes) -> bytes | None:
    """Return what a password opens, None where it is not the right one."""
    import hashlib
    import hmac

    made = hashlib.pbkdf2_hmac("sha256", password, salt, _ROUNDS, 2 * _KEY + _BLOCK)
    key, seal_key, start = made[:_KEY], made[_KEY : 2 * _KEY], made[2 * _KEY :]
    if not hmac.compare_digest(hmac.digest(seal_key, cipher, "sha256"), seal):
        return None
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    opener = Cipher(AES(key), CTR(start)).decryptor()
    padded = opener.update(cipher) + opener.finalize()
    return padded[: -padded[-1]] if padded else b""
