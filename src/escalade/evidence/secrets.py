"""The secrets that a container was given, from the Engine's record of it.

They are collected to be taken out of everything else; they live in memory only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from escalade.evidence.configtext import config_secrets
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.urltext import password_of
from escalade.shapes import CONFIG_FLAG
from escalade.shapes import config_name
from escalade.shapes import secret_flags
from escalade.shapes import secret_name

__all__ = [
    "argv_of",
    "flag_value",
    "key_pairs",
    "secrets_of",
    "variables_of",
]


def variables_of(inspect: Mapping[str, Any]) -> Mapping[str, str]:
    """Return a container's environment; the last of two equal names counts."""
    items = as_list(as_dict(inspect.get("Config")).get("Env"))
    split = (str(item).partition("=") for item in items)
    return {name: value for name, _, value in split if name}


def argv_of(inspect: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a container's command line as it is executed."""
    words = [inspect.get("Path"), *as_list(inspect.get("Args"))]
    return tuple(str(word) for word in words if word not in (None, ""))


def flag_value(words: Sequence[str], flag: str) -> str | None:
    """Return what follows a flag on a command line, `--flag x` or `--flag=x`."""
    for index, word in enumerate(words):
        if word == flag and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return None


def key_pairs(text: str) -> Mapping[str, str]:
    """Return LiveKit's `key: secret` pairs, of which a text may hold several lines."""
    split = (line.strip().partition(": ") for line in text.splitlines())
    return {key.strip(): word.strip() for key, colon, word in split if colon}


def _is_path(value: str) -> bool:
    """Whether a value is the place of a file: a Base64 password may begin with `/`, too.

    A well-known beginning, a file's ending, or several parts in one case.
    """
    if not re.fullmatch(r"(/[\w.@-]+)+/?", value):
        return False
    if re.match(r"/(run|etc|var|opt|home|usr|app|srv|tmp|mnt|root|secrets?)/", value):
        return True
    if re.search(r"[\w-]\.[A-Za-z]\w{0,9}$", value):
        return True
    mixed = value != value.lower() and any(c.isdigit() for c in value)
    return value.rstrip("/").count("/") > 1 and not mixed


def secrets_of(inspect: Mapping[str, Any]) -> Iterator[str]:
    """Yield every value of a container's record that is a secret by its place."""
    for name, value in variables_of(inspect).items():
        yield from _of_variable(name, value)
    words = argv_of(inspect)
    body = flag_value(words, CONFIG_FLAG)
    if body:
        yield from config_secrets(body)
    for _, value in secret_flags(words):
        if value != body:
            yield value
            yield from key_pairs(value).values()
    for word in words:
        if password := password_of(word):
            yield password


def _of_variable(name: str, value: str) -> Iterator[str]:
    """Yield the secrets in a variable."""
    if config_name(name):
        yield from config_secrets(value)
    elif password := password_of(value):
        yield password
    elif secret_name(name) and not _is_path(value):
        yield value
        # Logs hold it line by line.
        yield from value.splitlines()
        yield from key_pairs(value).values()
