"""Modules loaded in the background, while the main thread waits for the world."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence

__all__ = ["load_ahead"]


def load_ahead(*names: str) -> None:
    """Begin to import modules; whoever needs one sooner waits for it as ever."""
    thread = threading.Thread(target=_load, args=(names,), daemon=True, name="ahead")
    thread.start()


def _load(names: Sequence[str]) -> None:
    """Import the modules in order."""
    for name in names:
        importlib.import_module(name)
