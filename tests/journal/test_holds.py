"""What is held, changed by several at the same moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from escalade.journal.holds import held

CHANGE = """
import sys
from pathlib import Path
from escalade.journal.holds import change
from escalade.model import Node
for number in range(20):
    change(Path(sys.argv[1]), hold=[Node("web1", "shop", f"{sys.argv[2]}-{number}")])
"""


def test_no_hold_is_lost(tmp_path: Path) -> None:
    """Each of four processes adds its own, and all of them are there in the end."""
    words = [sys.executable, "-c", CHANGE, str(tmp_path)]
    started = [subprocess.Popen([*words, name]) for name in "abcd"]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]
    assert len(held(tmp_path)) == 80
    assert [path.name for path in tmp_path.iterdir()] == ["holds.json"]
