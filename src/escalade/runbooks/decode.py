"""Bytes to text that YAML can be read from."""

from __future__ import annotations

from escalade.runbooks.problems import START
from escalade.runbooks.problems import Mark
from escalade.runbooks.problems import Problems

__all__ = ["decode"]

_BOMS = {
    b"\xef\xbb\xbf": "starts with a byte order mark: save it as UTF-8 without one",
    b"\xff\xfe": "is UTF-16: save it as UTF-8",
    b"\xfe\xff": "is UTF-16: save it as UTF-8",
}


def decode(content: bytes, problems: Problems) -> str | None:
    """Return the text; None after reporting what it is instead of UTF-8."""
    for bom, complaint in _BOMS.items():
        if content.startswith(bom):
            problems.settle(START, complaint)
            return None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        byte = content[error.start]
        problems.settle(Mark(line, column), f"is not UTF-8: byte 0x{byte:02x}")
        return None
