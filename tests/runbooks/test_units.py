"""Quantities as people write them."""

from __future__ import annotations

import pytest

from escalade.runbooks.units import Quantity
from escalade.runbooks.units import quantity


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("10s", 10, "duration"),
        ("5m", 300, "duration"),
        ("1h30m", 5400, "duration"),
        ("2d", 172_800, "duration"),
        ("250ms", 0.25, "duration"),
        ("1.5 h", 5400, "duration"),
        ("512MB", 512_000_000, "size"),
        ("1GiB", 1_073_741_824, "size"),
        ("64 kB", 64_000, "size"),
        ("10B", 10, "size"),
        ("90%", 0.9, "share"),
        ("2.5 %", 0.025, "share"),
    ],
)
def test_a_quantity_is_read(text, number, unit) -> None:
    """Seconds, bytes and shares come out as plain numbers."""
    assert quantity(text) == Quantity(number, unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "s",
        "10 sec",
        "5M",
        "-5m",
        "1GB2",
        "m5",
        "1h 30m 5",
        "%",
        "9" * 50 + "s",
    ],
)
def test_other_text_is_no_quantity(text) -> None:
    """What has no unit, or an unknown one, is not guessed at."""
    assert quantity(text) is None
