"""Secrets out of everything that is kept: pure, before anything is stored.

Two nets: shapes that are secrets wherever they stand (tokens, passwords in URLs,
values of secret-looking names, private keys), and the very values that the containers
of a host were given. In the place of a value stand its length, whether it is a known
default, and a hash keyed per file: enough to judge missing, short, default, unequal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import blake2b

from escalade.known import spellings
from escalade.known import telling
from escalade.model import Reading
from escalade.model import Scalar
from escalade.model import Value
from escalade.shapes import MARK
from escalade.shapes import secret_name
from escalade.shapes import shaped

__all__ = [
    "KNOWN_DEFAULTS",
    "MARK",
    "Redactor",
    "describe",
    "keyed_hash",
    "known_default",
    "secret_name",
    "telling",
]

KNOWN_DEFAULTS = frozenset(
    [
        "123456",
        "12345678",
        "123456789",
        "admin",
        "api_key",
        "api_secret",
        "apikey",
        "apisecret",
        "changeit",
        "default",
        "demo",
        "dev",
        "devkey",
        "devsecret",
        "devsecret123456789abcdef0123456789abcdef",
        "dummy",
        "example",
        "foobared",
        "guest",
        "letmein",
        "minioadmin",
        "mysecret",
        "mysql",
        "none",
        "null",
        "pass",
        "passw0rd",
        "password",
        "postgres",
        "qwerty",
        "redis",
        "root",
        "secret",
        "test",
        "testing",
        "todo",
        "token",
        "user",
        "xxx",
    ]
)
"""Values that everybody knows, in lower case: LiveKit's own (`devkey`, `secret`), the
guide's, Redis's sample (`foobared`), and those of common templates."""

_TEMPLATE = re.compile(
    r"change[-_ ]?(?:me|this|it)\W*\w{0,4}|<.*>|\$?\{.*\}|x{3,}|(?:your|my|insert|put)"
    r"[-_ ].*(?:key|secret|password|token|here)\W*"
)
_LONG = 12


def keyed_hash(value: str, key: bytes) -> str:
    """Return a short hash that only this key can make (16 hexadecimal digits).

    Two values under one key can be compared; without the key nothing can be guessed.
    """
    raw = value.encode("utf-8", "surrogatepass")
    return blake2b(raw, key=key[:64], digest_size=8).hexdigest()


def known_default(value: str) -> bool:
    """Whether a value is one that everybody knows, or a template's blank."""
    word = value.strip().lower()
    return word in KNOWN_DEFAULTS or _TEMPLATE.fullmatch(word) is not None


def describe(value: str, key: bytes) -> Mapping[str, Scalar]:
    """Return what may be known of a secret: its length, default or not, keyed hash."""
    return {
        "length": len(value),
        "known_default": known_default(value),
        "hash": keyed_hash(value, key),
    }


class Redactor:
    """Takes secrets out of texts and records: by shape, and by known value.

    `values` are secrets in plain text and live in memory only. A known value becomes
    `[secret <hash>]` under `key`, so that two places can still be compared.
    """

    def __init__(self, values: Iterable[str], key: bytes) -> None:
        self._marks: dict[str, str] = {}
        for value in sorted({v for v in values if telling(v)}):
            mark = f"[secret {keyed_hash(value, key)[:8]}]"
            for spelling in spellings(value):
                self._marks.setdefault(spelling, mark)
        longest = sorted(self._marks, key=lambda s: (-len(s), s))
        self._known = re.compile("|".join(map(re.escape, longest))) if longest else None

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return shaped(self._without_values(text))

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Return many texts without secrets: as `text` does, in one pass over all.

        A private key that was logged line by line is seen as one, too.
        """
        if not texts:
            return []
        joined = "\n".join(texts)
        if joined.count("\n") == len(texts) - 1:
            clean = self.text(joined).split("\n")
            if len(clean) == len(texts):
                return clean
        return [self.text(text) for text in texts]

    def value(self, value: Value) -> Value:
        """Return one value of a record without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self.texts(value))
        return value

    def readings(self, readings: Sequence[Reading]) -> tuple[Reading, ...]:
        """Return records without secrets; their keys are names of ours and stay."""
        places = [
            (index, name, value)
            for index, record in enumerate(readings)
            for name, value in record.items()
            if isinstance(value, str) and not (len(value) < _LONG and value.isalpha())
        ]
        clean = self.texts([value for _, _, value in places])
        out: list[Reading] = [self._with_tuples(record) for record in readings]
        for (index, name, value), text in zip(places, clean, strict=True):
            if text != value:
                out[index] = {**out[index], name: text}
        return tuple(out)

    def _with_tuples(self, record: Reading) -> Reading:
        """Return a record whose tuples hold no secrets; itself where it has none."""
        if not any(isinstance(item, tuple) for item in record.values()):
            return record
        return {
            name: self.value(item) if isinstance(item, tuple) else item
            for name, item in record.items()
        }

    def _without_values(self, text: str) -> str:
        """Return a text without the known values."""
        if self._known is None or not any(v in text for v in self._marks):
            return text
        return self._known.sub(lambda match: self._marks[match[0]], text)
