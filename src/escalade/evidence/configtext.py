"""Configurations that stand in a variable or on a command line, and their secrets.

LiveKit's programs take their whole YAML that way: `livekit-server --config-body`,
LIVEKIT_CONFIG, EGRESS_CONFIG_BODY.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from escalade.evidence.parsing import as_dict
from escalade.evidence.urltext import password_of
from escalade.shapes import secret_name

__all__ = ["config_keys", "config_secrets"]

KEYS = "keys"


def _read(text: str) -> Any:
    """Return a YAML text, its values as they are written; None where it is none."""
    import yaml

    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (makes texts alone)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def config_keys(text: str) -> Mapping[str, str]:
    """Return the `key: secret` pairs of a LiveKit configuration."""
    pairs = as_dict(as_dict(_read(text)).get(KEYS))
    return {str(name): value for name, value in pairs.items() if isinstance(value, str)}


def config_secrets(text: str) -> Iterator[str]:
    """Yield each value below `keys` or a secret's name, and the passwords of URLs.

    A text that is no YAML is one secret as a whole.
    """
    value = _read(text)
    if isinstance(value, (dict, list)):
        yield from _below(value, set(), is_secret=False)
    elif text.strip():
        yield text


def _below(
    value: object, seen: set[tuple[int, bool]], *, is_secret: bool
) -> Iterator[str]:
    """Yield the secrets of a part; what an alias names again is read once."""
    if isinstance(value, str):
        if is_secret and value:
            yield value
        elif password := password_of(value):
            yield password
        return
    if (id(value), is_secret) in seen:
        return
    seen.add((id(value), is_secret))
    if isinstance(value, dict):
        for name, item in value.items():
            hidden = is_secret or (isinstance(name, str) and secret_name(name))
            yield from _below(item, seen, is_secret=hidden)
    elif isinstance(value, list):
        for item in value:
            yield from _below(item, seen, is_secret=is_secret)
