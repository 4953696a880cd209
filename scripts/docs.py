"""Write the generated pages of docs/ anew; `--check` only tells whether they are current."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from escalade.evidence.catalog import probes
from escalade.evidence.probe import Probe

ROOT = Path(__file__).resolve().parent.parent
HEAD = """\
# Probes

What Escalade can ask, and what each answer holds. A probe is a read-only question and a pure parser, in one file of
`src/escalade/evidence/`; conditions in runbooks name it, its arguments and its readings. `always` is asked in every run,
`quick` in `--quick` too; the others where a runbook asks.

This page is written by `./inv docs`.
"""


def names_of(values: Mapping[str, type]) -> str:
    """Return names and their types in one line."""
    return ", ".join(f"`{name}` {kind.__name__}" for name, kind in values.items())


def section(probe: Probe) -> str:
    """Return what the page says of one probe."""
    moments = [word for word in ("always", "quick") if getattr(probe, word)]
    arguments = {name: argument.type for name, argument in probe.arguments.items()}
    lines = [
        f"## `{probe.name}`",
        "",
        probe.doc.strip(),
        "",
        f"- of a {probe.scope}{', ' if moments else ''}{', '.join(moments)}",
    ]
    if arguments:
        lines.append(f"- arguments: {names_of(arguments)}")
    lines.append(f"- readings: {names_of(probe.readings)}")
    return "\n".join(lines) + "\n"


def pages() -> Mapping[Path, str]:
    """Return each generated page and its text."""
    sections = [section(probe) for probe in probes().values()]
    return {ROOT / "docs" / "probes.md": "\n".join([HEAD, *sections])}


def main(words: Sequence[str]) -> int:
    """Write the pages, or name those that are out of date."""
    stale = [
        page
        for page, text in pages().items()
        if not page.is_file() or page.read_text("utf-8") != text
    ]
    if "--check" in words:
        for page in stale:
            print(f"docs: {page.relative_to(ROOT)} is out of date: ./inv docs")
        return 1 if stale else 0
    for page in stale:
        page.parent.mkdir(exist_ok=True)
        page.write_text(pages()[page], "utf-8")
        print(f"docs: wrote {page.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
