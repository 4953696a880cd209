"""What the pages say is what the code does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from escalade.settings import MODES
from escalade.settings import Settings
from escalade.tasks import ns
from tests.arguments import ARGUMENTS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]


def test_generated_pages_are_current() -> None:
    """`./inv docs` would change nothing."""
    command = [sys.executable, ROOT / "scripts" / "docs.py", "--check"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of this project finds it."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert not [link for link in local if not (page.parent / link).exists()]


def test_the_readme_names_every_setting() -> None:
    """Its example of invoke.yaml holds each key and each mode."""
    text = (ROOT / "README.md").read_text("utf-8")
    example = text[text.index("escalade:\n") :]
    said = re.findall(r"^  (\w+):", example, re.MULTILINE)
    assert sorted(said) == sorted(Settings.__dataclass_fields__)
    assert ", ".join(MODES) in example


def flags_in_readme() -> list[tuple[str, str]]:
    """Return each (task, flag) that the README calls `./inv` with."""
    text = (ROOT / "README.md").read_text("utf-8")
    return [
        (task, flag)
        for task, rest in re.findall(r"^\./inv ([a-z.]+)([^#\n]*)", text, re.MULTILINE)
        for flag in re.findall(r"--([a-z-]+)", rest)
        if task in ARGUMENTS
    ]


@pytest.mark.parametrize(("task", "flag"), flags_in_readme())
def test_the_flags_of_the_readme_exist(task: str, flag: str) -> None:
    """Each command of the README is one that Invoke would parse."""
    names = [name for argument in ARGUMENTS[task] for name in argument.names]
    assert flag in [name.replace("_", "-").strip("-") for name in names]


@pytest.mark.parametrize("task", ARGUMENTS)
def test_tasks_say_what_they_do(task: str) -> None:
    """A task has a docstring, and help for each of its arguments."""
    assert (ns[task].body.__doc__ or "").strip()
    assert not [a.name for a in ARGUMENTS[task] if not a.help]
