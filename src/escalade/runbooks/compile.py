"""Runbook files to a Book: every problem of every file, or the values."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from escalade.errors import nearest
from escalade.evidence.probe import Probe
from escalade.model import Ladder
from escalade.model import Runbook
from escalade.model import Symptom
from escalade.runbooks.book import PLACES
from escalade.runbooks.book import Book
from escalade.runbooks.book import RoleRule
from escalade.runbooks.files import LADDERS
from escalade.runbooks.files import ROLES
from escalade.runbooks.files import SourceFile
from escalade.runbooks.ladders import Shelf
from escalade.runbooks.ladders import Source
from escalade.runbooks.ladders import ladder
from escalade.runbooks.ladders import sources
from escalade.runbooks.ladders import used
from escalade.runbooks.opened import Opened
from escalade.runbooks.opened import open_file
from escalade.runbooks.problems import Problem
from escalade.runbooks.roles import roles
from escalade.runbooks.shape import loose
from escalade.runbooks.spot import Spot
from escalade.runbooks.symptoms import Setting
from escalade.runbooks.symptoms import symptom
from escalade.runbooks.variables import variables
from escalade.runbooks.words import StepLike
from escalade.runbooks.words import Words
from escalade.text import Text

__all__ = ["Compiled", "compile_files"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A book, or what is wrong with its files; warnings stand beside either."""

    book: Book | None
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Shared:
    """What the files have in common; `used` collects the shared ladders named."""

    words: Words
    roles: Mapping[str, RoleRule]
    ladders: dict[str, Source]
    open_ladders: bool
    used: set[str] = field(default_factory=set)


def compile_files(
    files: Sequence[SourceFile],
    catalog: Mapping[str, Probe],
    kinds: Mapping[str, StepLike] | None = None,
    user_tasks: frozenset[str] = frozenset(),
) -> Compiled:
    """Return the book of the files, or all that is wrong with them.

    `kinds` are the steps that there are (None: any word may be one), `user_tasks` the
    operator's own tasks, which may be named as steps.
    """
    opened = [open_file(source) for source in files]
    shared = _share(opened, Words(catalog, None, kinds, user_tasks))
    books = [file for file in opened if file.source.name not in (LADDERS, ROLES)]
    runbooks = [_runbook(file, shared) for file in books]
    for name, source in shared.ladders.items():
        if name not in used(iter(shared.used), shared.ladders):
            spot = source.spot
            spot.document.problems.warn(
                spot.document.key(spot.place),
                f"ladder {name!r} is named by no symptom",
            )
    errors = _lines(file.problems.found for file in opened)
    warnings = _lines(file.problems.warned for file in opened)
    if errors:
        return Compiled(None, errors, warnings)
    whole = sorted((one for one in runbooks if one), key=lambda one: one.name)
    drills = {file.source.name: _drill(file) for file in books if _drill(file)}
    book = Book(tuple(whole), tuple(shared.roles.values()), drills)
    return Compiled(book, errors, warnings)


def _lines(of_files: Iterable[list[Problem]]) -> tuple[str, ...]:
    """Return problems as lines, in the order of files and positions."""
    return tuple(
        str(problem)
        for problems in of_files
        for problem in sorted(problems, key=lambda one: one.mark)
    )


def _drill(file: Opened) -> Mapping[str, object]:
    """Return a file's drill as plain data."""
    drill: object = file.top.at("drill").value if file.top else None
    return drill if isinstance(drill, dict) else {}


def _share(opened: Sequence[Opened], words: Words) -> _Shared:
    """Return the roles and ladders of all folders; later ones override earlier."""
    role_files = [file for file in opened if file.source.name == ROLES]
    rules: dict[str, RoleRule] = {}
    names: set[str] = set()
    for file in role_files:
        if file.top:
            spot = file.top.at("roles")
            names.update(name for name, _ in spot.items())
            rules.update(roles(spot, broken=file.broken_in("roles")))
    unread = any(file.top is None for file in role_files)
    words = replace(words, roles=None if unread else frozenset(names))
    ladder_files = [file for file in opened if file.source.name == LADDERS]
    unread = any(file.top is None for file in ladder_files)
    each = [
        sources(file.top.at("ladders"), broken=file.broken_in("ladders"))
        for file in ladder_files
        if file.top
    ]
    shared = {name: source for own in each for name, source in own.items()}
    for own in each:
        # Checked by itself, too: a runbook only adds what its variables are.
        shelf = Shelf({**shared, **own}, words, None, unread)
        for name in own:
            ladder(name, shelf)
    return _Shared(words, rules, shared, unread)


def _runbook(file: Opened, shared: _Shared) -> Runbook | None:
    """Return a file's runbook; None where it has problems (reported)."""
    if file.top is None:
        return None
    top, data = file.top, file.top.value if isinstance(file.top.value, dict) else {}
    _header(top, file.source.name, shared.words)
    loose(top.at("drill"))
    own = sources(top.at("ladders"), broken=file.broken_in("ladders"))
    table = {**shared.ladders, **own}
    named = _named(top, own, table, shared)
    shelf = Shelf(table, shared.words, variables(top.at("vars")), shared.open_ladders)
    made: dict[str, Ladder | None] = dict.fromkeys(table)
    for name in sorted(named | {*own}):
        made[name] = ladder(name, shelf)
    setting = Setting(
        runbook=file.source.name,
        role=str(data.get("role")),
        words=shared.words,
        ladders=made,
        open_ladders=shared.open_ladders,
    )
    symptoms = [
        symptom(spot, setting, broken=file.broken_keys("symptoms", name))
        for name, spot in top.at("symptoms").items()
    ]
    if file.problems.found or file.broken:
        return None
    return _value(file, [one for one in symptoms if one], setting, named)


def _header(top: Spot, name: str, words: Words) -> None:
    """Report a runbook whose name is not the file's, or whose role is unknown."""
    given = top.at("runbook")
    if isinstance(given.value, str) and given.value != name:
        given.wrong(f"the runbook {given.value!r} stands in a file called {name!r}")
    words.role(top.at("role"), *PLACES)


def _named(
    top: Spot,
    own: Mapping[str, Source],
    table: Mapping[str, Source],
    shared: _Shared,
) -> frozenset[str]:
    """Return the ladders that the file's symptoms name; warn of its unused ones."""
    words = [spot.at("ladder").value for spot in top.at("symptoms").values()]
    named = {word for word in words if isinstance(word, str)}
    reached = used(iter(named), table)
    shared.used |= reached - set(own)
    for name in sorted(set(own) - reached):
        spot = top.at("ladders").at(name)
        spot.document.problems.warn(
            spot.document.key(spot.place),
            f"ladder {name!r} is named by no symptom{nearest(name, named)}",
        )
    return frozenset(named & table.keys())


def _value(
    file: Opened,
    symptoms: list[Symptom],
    setting: Setting,
    named: frozenset[str],
) -> Runbook:
    """Return the frozen value of a file without problems."""
    data = file.top.value if file.top else {}
    return Runbook(
        name=data["runbook"],
        title=Text(**data["title"]),
        role=data["role"],
        symptoms=tuple(symptoms),
        ladders={
            name: ladder
            for name, ladder in setting.ladders.items()
            if ladder and (name in named or name in data.get("ladders", {}))
        },
        source=file.source.file,
        vars=dict(data.get("vars", {})),
    )
