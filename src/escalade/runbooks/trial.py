"""Runbooks put to the test: recorded or written evidence in, symptom, level, steps out.

A case is one YAML or JSON file. It needs neither Docker nor SSH: a finding follows from
evidence alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from escalade import paths
from escalade.errors import EvidenceError
from escalade.errors import nearest
from escalade.evidence.codec import load as load_evidence
from escalade.evidence.probe import Probe
from escalade.model import Diagnosis
from escalade.model import Finding
from escalade.model import Snapshot

if TYPE_CHECKING:
    from escalade.runbooks.spot import Spot

__all__ = ["CASES", "Case", "Expected", "cases", "differences", "folders_of"]

CASES = "cases"
"""The folder of cases beside a folder's runbooks."""

_SUFFIXES = (".yaml", ".yml", ".json")
_KEYS = ("symptom", "incident", "mode", "host", "stack", "services", "expect")
_EXPECT = ("service", "root", "level", "steps", "remedy")
_REMEDIES = ("wait", "none", "handoff")
_MODES = ("quick", "full", "deep")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case says must follow: a finding of `symptom` at `service`, its remedy.

    `service` is None for a host or stack. `root`: whether no other finding explains it.
    A remedy without a ladder (`wait`, `none`, `handoff`) has no level, and that one word as its step.
    """

    symptom: str
    service: str | None
    root: bool
    level: int | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its evidence and what must follow; or what is wrong with its file."""

    name: str
    file: str
    snapshot: Snapshot | None = None
    expected: Expected | None = None
    problems: tuple[str, ...] = ()


def folders_of(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders of cases that belong to folders of runbooks.

    Those of the shipped runbooks are where `paths` says, all others stand beside theirs.
    """
    shipped = paths.runbooks()
    found = (
        paths.trials() if folder.resolve() == shipped.resolve() else folder / CASES
        for folder in folders
    )
    return tuple(folder for folder in found if folder.is_dir())


def cases(folders: Sequence[Path], catalog: Mapping[str, Probe]) -> Iterator[Case]:
    """Yield every case of these folders of cases, in order of their names."""
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if path.suffix in _SUFFIXES and not path.name.startswith("."):
                yield _case(path, catalog)


def differences(case: Case, diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return what differs from what a case expects, one line each; none: it passed."""
    wanted = case.expected
    if wanted is None:
        return case.problems
    there = [f for f in diagnosis.findings if f.symptom == wanted.symptom]
    found = next((f for f in there if f.node.service == wanted.service), None)
    if found is None:
        at = wanted.service or "the host or stack itself"
        got = ", ".join(_named(f) for f in diagnosis.findings if f.severity > 0)
        return (f"expected {wanted.symptom} at {at}, got {got or 'no finding'}",)
    told = (
        ("root", wanted.root, found.caused_by is None),
        ("level", wanted.level, found.remedy.level),
        ("steps", wanted.steps, found.remedy.steps),
    )
    lines = [
        f"{word}: expected {_shown(due)}, got {_shown(got)}"
        for word, due, got in told
        if due != got
    ]
    if wanted.root and found.caused_by is not None:
        why = (f for f in diagnosis.findings if f.id == found.caused_by)
        lines += [f"it was explained by {_named(one)}" for one in why]
    return tuple(lines)


def _named(finding: Finding) -> str:
    """Return a finding in two words."""
    return f"{finding.symptom} at {finding.node}"


def _shown(value: object) -> str:
    """Return an expected or found value for people."""
    if isinstance(value, tuple):
        return "; ".join(str(one) for one in value) or "none"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


# ------------------------------------------------------------------------- files


def _case(path: Path, catalog: Mapping[str, Probe]) -> Case:
    """Return one file's case."""
    from escalade.runbooks.decode import decode
    from escalade.runbooks.problems import START
    from escalade.runbooks.problems import Problems
    from escalade.runbooks.source import read
    from escalade.runbooks.spot import Spot

    problems = Problems(str(path))
    document = None
    try:
        text = decode(path.read_bytes(), problems)
        document = None if text is None else read(str(path), text, problems)
    except OSError as error:
        problems.settle(START, f"cannot be read: {error.strerror or error}")
    snapshot = expected = None
    if document is not None:
        top = Spot.top(document)
        if isinstance(document.data, dict):
            _keys(top, _KEYS)
            snapshot = _snapshot(top, catalog, path)
            expected = _expected(top, path.name.removesuffix(path.suffix))
        else:
            top.wrong("a case is a mapping")
    lines = tuple(str(one) for one in sorted(problems.found, key=lambda p: p.mark))
    name = expected.symptom if expected else path.name.removesuffix(path.suffix)
    if lines:
        return Case(name, str(path), problems=lines)
    return Case(name, str(path), snapshot, expected)


def _keys(spot: Spot, known: Sequence[str]) -> None:
    """Report keys that a case does not have."""
    for name, below in spot.items():
        if name not in known:
            close = nearest(name, known) or f"; known here: {', '.join(known)}"
            below.misplaced(f"unknown key {name!r}{close}")


def _snapshot(top: Spot, catalog: Mapping[str, Probe], path: Path) -> Snapshot:
    """Return the evidence of a case."""
    from dataclasses import replace

    from escalade.runbooks.stage import EMPTY
    from escalade.runbooks.stage import Stage

    base = _incident(top.at("incident"), path) or EMPTY
    mode = top.at("mode")
    if mode.value in _MODES:
        base = replace(base, mode=mode.value)
    elif mode.value is not None:
        mode.wrong(f"'mode' is one of {', '.join(_MODES)}")
    return Stage(base, catalog).snapshot(top)


def _incident(spot: Spot, path: Path) -> Snapshot | None:
    """Return a recorded incident: a file beside the case, else a shipped one."""
    if spot.value is None:
        return None
    name = str(spot.value)
    for file in (path.parent / name, paths.cases() / name):
        for each in (file, file.with_name(f"{file.name}.jsonl")):
            if each.is_file():
                return _recorded(spot, each)
    known = (one.stem for one in paths.cases().glob("*.jsonl"))
    spot.wrong(f"no recorded incident {name!r}{nearest(name, known)}")
    return None


def _recorded(spot: Spot, file: Path) -> Snapshot | None:
    """Return the snapshot of a file, or report why there is none."""
    try:
        with file.open(encoding="utf-8") as lines:
            return load_evidence(lines, file.name)
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        spot.wrong(f"cannot be read: {error}")
        return None


def _expected(top: Spot, stem: str) -> Expected | None:
    """Return what a case expects, None where it does not say so (reported)."""
    from escalade.runbooks.shape import mistyped

    spot = top.at("expect")
    if not isinstance(spot.value, dict):
        top.misplaced("a case says what it expects: missing key 'expect'")
        return None
    _keys(spot, _EXPECT)
    if "service" not in spot.value:
        spot.misplaced("'expect' has no 'service' (null: a host or stack): missing key")
    word, level, steps = (spot.at(key) for key in ("remedy", "level", "steps"))
    if (word.value is None) == (level.value is None or steps.value is None):
        spot.wrong("'expect' has either 'level' and 'steps', or 'remedy'")
    if word.value is not None and word.value not in _REMEDIES:
        word.wrong(f"'remedy' is one of {', '.join(_REMEDIES)}")
    if steps.value is not None and not isinstance(steps.value, list):
        steps.wrong(mistyped(steps, "a list"))
    said = steps.value if isinstance(steps.value, list) else [word.value]
    service = spot.at("service").value
    return Expected(
        symptom=str(top.at("symptom").value or stem),
        service=None if service is None else str(service),
        root=spot.at("root").value is not False,
        level=level.value if isinstance(level.value, int) else None,
        steps=tuple(str(one) for one in said),
    )
