"""The bed's faults, for the benches: its programs lie beside each other, not on the path."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
BED = PROJECT / "tests" / "bed"
sys.path.append(str(BED / "faults"))

from campaign import Place  # noqa: E402
from campaign import heal  # noqa: E402
from campaign import place  # noqa: E402
from catalogue import AGENT  # noqa: E402
from catalogue import FAULTS  # noqa: E402
from catalogue import MISTRAL  # noqa: E402
from catalogue import REDIS  # noqa: E402
from catalogue import TOKEN  # noqa: E402
from catalogue import VOSK  # noqa: E402
from catalogue import Fault  # noqa: E402
from catalogue import signal_words  # noqa: E402
from ground import end_politely  # noqa: E402

__all__ = [
    "AGENT",
    "BED",
    "FAULTS",
    "MISTRAL",
    "PROJECT",
    "REDIS",
    "TOKEN",
    "VOSK",
    "Fault",
    "Place",
    "end_politely",
    "heal",
    "place",
    "signal_words",
]
