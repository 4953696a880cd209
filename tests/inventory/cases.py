"""The recorded inventories: small folders in text files, each with the command's words.

    ### what the case shows
    -i hosts --vault-password-file pw      the words of ansible-inventory --list
    refused: hosts:2:1: ...                the verdict; without one both print the same
    --- hosts                              a file; one that begins with #! can be run
    [web]

A verdict `stricter:` says that Ansible takes it and we do not, with our words;
`laxer:` that we take it and Ansible does not; `either:` that we do not and Ansible's
versions differ. A backslash and r end a Windows line.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).resolve().parent.parent / "cases" / "inventory"
VERDICTS = ("refused", "stricter", "laxer", "either")


@dataclass(frozen=True)
class Case:
    """One inventory: its files, the words that name it, and what is to come of it."""

    name: str
    words: Sequence[str]
    files: Mapping[str, str]
    verdict: str = "same"
    said: str = ""

    def laid_in(self, folder: Path) -> Path:
        """Write the files into a folder, and return it."""
        folder.mkdir(parents=True)
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
            if text.startswith("#!"):
                path.chmod(0o755)
        return folder


def recorded() -> Iterator[Case]:
    """Yield all recorded cases."""
    for path in sorted(CASES.glob("*.txt")):
        for text in path.read_text().split("### ")[1:]:
            yield _case(path.stem, text)


def _case(topic: str, text: str) -> Case:
    """Return the case that a text describes."""
    head, *files = text.split("\n--- ")
    title, words, *rest = head.rstrip("\n").split("\n")
    verdict, _, said = rest[0].partition(": ") if rest else ("same", "", "")
    assert verdict in (*VERDICTS, "same"), f"{topic}: {title}: {verdict}"
    parts = (file.partition("\n") for file in files)
    # A file ends where the next one begins, with the end of its last line.
    ended = {
        name: body if body.endswith("\n") or not body else f"{body}\n"
        for name, _, body in parts
    }
    whole = {name: body.replace("\\r\n", "\r\n") for name, body in ended.items()}
    return Case(f"{topic}: {title}", shlex.split(words), whole, verdict, said)
