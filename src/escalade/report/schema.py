"""The published JSON Schema (draft 2020-12) of what `--format json` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["FILE", "schema"]

FILE = Path(__file__).with_name("schemas") / "escalade.diagnosis-1.schema.json"
"""The schema of `escalade.diagnosis/1`, as a file that other programs can take."""


def schema() -> dict[str, Any]:
    """Return the schema of `escalade.diagnosis/1`."""
    import json

    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read
