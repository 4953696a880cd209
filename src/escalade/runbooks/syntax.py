"""YAML text to its tree of nodes, or the parser's complaint in one line."""

from __future__ import annotations

import yaml
from yaml.error import MarkedYAMLError
from yaml.nodes import Node
from yaml.reader import ReaderError

from escalade.runbooks.problems import START
from escalade.runbooks.problems import Mark
from escalade.runbooks.problems import Problems

__all__ = ["syntax"]


def syntax(text: str, problems: Problems) -> Node | None:
    """Return the root node; None after reporting why there is none."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root: Node | None = yaml.compose(text, loader)
    except MarkedYAMLError as error:
        problems.settle(_where(error), _what(error, text))
    except ReaderError as error:
        problems.settle(_character(error, text), _unreadable(error))
    except (UnicodeError, RecursionError):
        problems.settle(START, "is not YAML that can be read")
    else:
        if root is None:
            problems.settle(START, "is empty")
        return root
    return None


def _where(error: MarkedYAMLError) -> Mark:
    """Return the position of the complaint."""
    mark = error.problem_mark or error.context_mark
    return Mark(mark.line + 1, mark.column + 1) if mark else START


def _what(error: MarkedYAMLError, text: str) -> str:
    """Return the complaint in one line, with where its context begins."""
    if _at_tab(error, text):
        return "a tab indents this line: use spaces"
    what = " ".join(str(error.problem or error.context or "is not YAML").split())
    if "another document" in what:
        return "broken YAML: a file is one document, here a second one starts"
    context = " ".join(str(error.context or "").split())
    if not context or not error.problem:
        return f"broken YAML: {what}"
    since = ""
    if error.context_mark and _where(error).line != error.context_mark.line + 1:
        since = f" that starts in line {error.context_mark.line + 1}"
    return f"broken YAML: {what} {context}{since}"


def _at_tab(error: MarkedYAMLError, text: str) -> bool:
    """Whether the parser stumbled over a tab used as indentation."""
    mark = error.problem_mark
    lines = text.split("\n")
    if mark is None or mark.line >= len(lines):
        return False
    line = lines[mark.line]
    indent = line[: len(line) - len(line.lstrip())]
    return "\t" in indent or line[mark.column : mark.column + 1] == "\t"


def _character(error: ReaderError, text: str) -> Mark:
    """Return the position of a character that YAML forbids."""
    before = text[: error.position] if isinstance(error.position, int) else ""
    return Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _unreadable(error: ReaderError) -> str:
    """Return what is wrong with a character."""
    code = error.character if isinstance(error.character, int) else 0
    return f"the character U+{code:04X} is not allowed: {error.reason}"
