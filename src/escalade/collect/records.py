"""The Engine's records of containers, made fit to be kept: no value of any variable."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from escalade.evidence.secrets import secrets_of
from escalade.redact import Redactor
from escalade.shapes import mask_command

__all__ = ["record_text", "redactor_of"]

_WORD_LISTS = ("Cmd", "Entrypoint", "Args")


def redactor_of(inspects: Iterable[Mapping[str, Any]], key: bytes = b"") -> Redactor:
    """Return what takes the secrets of these containers out of any text."""
    return Redactor((s for record in inspects for s in secrets_of(record)), key)


def record_text(inspect: Mapping[str, Any], redactor: Redactor) -> str:
    """Return a container's record as JSON text without secrets.

    Of variables only names and lengths are left, of command lines what is no secret.
    """
    import json

    return redactor.text(json.dumps(_clean(inspect), indent=2, sort_keys=True)) + "\n"


def _clean(value: object, name: str = "") -> object:
    """Return a part of a record without what is secret by its place."""
    if isinstance(value, Mapping):
        return {str(key): _clean(inner, str(key)) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    if name == "Env":
        return [_variable(str(item)) for item in value]
    if name in _WORD_LISTS or name == "Test":
        return [mask_command([str(word) for word in value])]
    return [_clean(item) for item in value]


def _variable(item: str) -> Mapping[str, object]:
    """Return a variable's name, and how long its value is; None where it has none."""
    name, equals, value = item.partition("=")
    return {"variable": name, "length": len(value) if equals else None}
