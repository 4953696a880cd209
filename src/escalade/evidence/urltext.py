"""Passwords in URLs."""

from __future__ import annotations

from urllib.parse import unquote
from urllib.parse import urlsplit

__all__ = ["password_of"]


def password_of(value: str) -> str | None:
    """Return the password in a URL, None where the value has none."""
    if "://" not in value or "@" not in value:
        return None
    try:
        word = urlsplit(value.strip()).password
    except ValueError:
        return None
    return unquote(word) if word else None
