"""One frozen `Settings` from invoke.yaml, the environment and flags, in that order.

The section `escalade:` of invoke.yaml, then variables `ESCALADE_<KEY>`, then what the
command line said; a later one wins. A wrong key or value is a UsageError that names it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from escalade import paths
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.text import LANGS
from escalade.text import Lang
from escalade.text import locale_lang

if TYPE_CHECKING:
    from invoke.config import Config

__all__ = ["MODES", "RISKS", "Settings", "boolean", "resolve", "settings_from"]

MODES = ("quick", "full", "deep")
RISKS = ("safe", "disruptive", "destructive")

_PREFIX = "ESCALADE_"
# The bed's programs and the test suite read variables of their own.
_OTHERS = ("ESCALADE_BED_", "ESCALADE_TEST_")
# The tag by which what an action started is known.
_TAG = "ESCALADE_RUN"
_INVENTORIES = ("hosts.yaml", "hosts.yml", "hosts.ini", "hosts")
_DAY_S = 86_400.0
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Settings:
    """How this run works.

    `forks` is how many hosts are worked on at once; `deadline_s` bounds the evidence
    pass of one host and `connect_timeout_s` its connection, both in seconds.
    `inventory` are files, folders and programs in Ansible's formats, and lists of hosts
    (none: this machine alone); `vault_password_file` is where its passwords are, each
    with its vault id;
    `runbooks` are folders, ours first. `ssh_config` stands in for ~/.ssh/config. Empty `stacks` or `limit` mean "all".

    With `become`, everything runs by sudo on hosts whose variables do not say whether it
    does; as `become_user` (empty: root) where they do not say as whom.
    `become_password_file` gives the password that sudo may ask.

    `state` is the folder of journal and budgets (None: docs/journal.md says which), `journal`
    a database instead of the file in it. `unattended` is the highest risk that runs without
    a word (none: nothing does), `max_risk` the highest that runs at all. A plan waits
    `approval_ttl_s` for approval; a level's outcome is looked for during `verify_s`.
    """

    lang: Lang
    runbooks: tuple[Path, ...]
    inventory: tuple[Path | str, ...] = ()
    limit: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    mode: str = "full"
    forks: int = 16
    deadline_s: float = 8.0
    connect_timeout_s: float = 5.0
    ssh_config: Path | None = None
    progress: bool = True
    vault_password_file: tuple[tuple[str, Path], ...] = ()
    become: bool = False
    become_user: str = ""
    become_password_file: Path | None = None
    state: Path | None = None
    journal: str = ""
    unattended: str = "safe"
    max_risk: str = "disruptive"
    approval_ttl_s: float = 3600.0
    verify_s: float = 90.0


# ------------------------------------------------------------------- parsing


def boolean(value: object) -> bool:
    """Return a strictly read boolean: true, yes, on, 1 or their opposites.

    Invoke reads every non-empty text but "0" as True, "false" and "no" included.
    """
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"expected {' or '.join((_TRUE[0], _FALSE[0]))}")


def _count(value: object) -> int:
    """Return a whole number of at least 1."""
    if isinstance(value, bool) or not str(value).strip().isdecimal():
        raise ValueError("expected a whole number")
    if (number := int(str(value))) < 1:
        raise ValueError("expected at least 1")
    return number


def _seconds(value: object) -> float:
    """Return a positive number of seconds, at most a day."""
    try:
        number = 0.0 if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise ValueError("expected a number of seconds above 0")
    # A wait that no clock of the system can count is no bound.
    if number > _DAY_S:
        raise ValueError(f"expected at most {_DAY_S:g} seconds")
    return number


def _one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    """Return a parser for one of a few words."""

    def parse(value: object) -> str:
        word = str(value)
        if word not in words:
            hint = nearest(word, words)
            raise ValueError(f"expected one of {', '.join(words)}{hint}")
        return word

    return parse


def _words(separator: str | None) -> Callable[[object], tuple[str, ...]]:
    """Return a parser for a list, or for one text split at a separator."""

    def parse(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            pieces = value.split(separator) if separator else [value]
        elif isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            pieces = list(value)
        else:
            raise ValueError("expected a text or a list of texts")
        words = tuple(piece.strip() for piece in pieces if piece.strip())
        # An empty word is a variable that a script did not set: it is not "all".
        if pieces and not words:
            raise ValueError("expected a text that is not empty")
        return words

    return parse


def _path(value: object) -> Path:
    """Return one path, `~` resolved."""
    if not isinstance(value, str):
        raise ValueError("expected a path")  # noqa: TRY004 -- told as a wrong value
    return Path(value).expanduser()


def _user(value: object) -> str:
    """Return the name of a user on the hosts."""
    name = str(value).strip()
    if not name or isinstance(value, bool) or name[0] == "-" or len(name.split()) > 1:
        raise ValueError("expected the name of a user, such as root")
    return name


def _become(value: object) -> bool | str:
    """Return whether to become another user, or whom."""
    try:
        return boolean(value)
    except ValueError:
        return _user(value)


def _database(value: object) -> str:
    """Return the URL of a database that the journal can live in."""
    url = str(value)
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("expected postgresql://..., or nothing for a file in `state`")
    return url


def _sources(value: object) -> tuple[Path | str, ...]:
    """Return inventory sources: paths, and lists of hosts (they have a comma)."""
    listed = isinstance(value, str) and "," in value and not Path(value).exists()
    words = _words(None if listed else os.pathsep)(value)
    return tuple(
        word if "," in word and not Path(word).exists() else _path(word)
        for word in words
    )


def _vaults(value: object) -> tuple[tuple[str, Path], ...]:
    """Return files that give vault passwords, `label@` before one being its vault id."""
    found = []
    for word in _words(os.pathsep)(value):
        label, at, path = word.partition("@")
        labelled = bool(at and path) and "/" not in label
        found.append((label, _path(path)) if labelled else ("", _path(word)))
    return tuple(found)


def _paths(value: object) -> tuple[Path, ...]:
    """Return a list of paths, or those in one text with colons between."""
    return tuple(_path(word) for word in _words(os.pathsep)(value))


_PARSERS: Mapping[str, Callable[[object], object]] = {
    "lang": _one_of(LANGS),
    "runbooks": _paths,
    "inventory": _sources,
    "vault_password_file": _vaults,
    # A pattern has commas and colons of its own.
    "limit": _words(None),
    "stacks": _words(","),
    "mode": _one_of(MODES),
    "forks": _count,
    "deadline_s": _seconds,
    "connect_timeout_s": _seconds,
    "ssh_config": _path,
    "progress": boolean,
    "become": _become,
    "become_user": _user,
    "become_password_file": _path,
    "state": _path,
    "journal": _database,
    "unattended": _one_of((*RISKS, "none")),
    "max_risk": _one_of(RISKS),
    "approval_ttl_s": _seconds,
    "verify_s": _seconds,
}


def _parse(key: str, value: object, *, where: str) -> object:
    """Return one value read by its key's parser; an error says where it stands."""
    if key not in _PARSERS:
        raise UsageError(f"{where}: unknown setting{nearest(key, _PARSERS)}")
    try:
        return _PARSERS[key](value)
    except ValueError as error:
        raise UsageError(f"{where}: {error}, not {value!r}") from error


def _layer(
    values: Mapping[str, object], *, base: Path, name: Callable[[str], str]
) -> dict[str, object]:
    """Return the settings that one source makes; None means "not said"."""
    said = {
        key: _based(_parse(key, value, where=name(key)), base)
        for key, value in values.items()
        if value is not None
    }
    # `become: deploy` says two things.
    if isinstance(whom := said.get("become"), str):
        return {"become_user": whom, **said, "become": True}
    return said


def _based(value: object, base: Path) -> object:
    """Return a value whose relative paths count from a folder."""
    if isinstance(value, tuple):
        return tuple(_based(each, base) for each in value)
    return base / value if isinstance(value, Path) else value


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    """Return the variables that are settings, by key; an empty one is not said."""
    return {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(_PREFIX) and not name.startswith(_OTHERS)
        if value and name != _TAG
    }


def _flag(key: str) -> str:
    """Return the command line's name of a key."""
    words = {"stacks": "stack"}.get(key, key.removesuffix("_s"))
    return f"--{words.replace('_', '-')}"


# ------------------------------------------------------------------ settings


def resolve(
    section: Mapping[str, object],
    *,
    environ: Mapping[str, str],
    flags: Mapping[str, object],
    base: Path,
    here: Path,
) -> Settings:
    """Return the settings of a run.

    Relative paths count from `base`, the folder of invoke.yaml, where that file says
    them, and from `here` where the environment or a flag does. Empty flags and None
    mean "not said". Without a word on it, the inventory is `inventory/hosts.yaml` (or
    .yml, .ini, no suffix) beside invoke.yaml where there is one, else the default one.
    """
    said: dict[str, Any] = {
        "lang": locale_lang(dict(environ)),
        "inventory": _default_inventory(base),
        "runbooks": (),
        **_layer(section, base=base, name=lambda key: f"invoke.yaml: escalade.{key}"),
        **_layer(
            _from_environment(environ),
            base=here,
            name=lambda key: f"{_PREFIX}{key.upper()}",
        ),
        **_layer(
            {key: value for key, value in flags.items() if value not in ("", [], ())},
            base=here,
            name=_flag,
        ),
    }
    # Each value was read by the parser of its key.
    return Settings(**{**said, "runbooks": (paths.runbooks(), *said["runbooks"])})


def _default_inventory(base: Path) -> tuple[Path, ...]:
    """Return the project's own inventory, else the one that ships, else none."""
    own = (base / "inventory" / name for name in _INVENTORIES)
    candidates = (*own, paths.inventory() / "hosts.yaml")
    return next(((path,) for path in candidates if path.is_file()), ())


def settings_from(
    config: Config, flags: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings of a task: `config` is its context's `c.config`.

    Reads nothing else of the config, and is the only place that reads it.
    """
    section = config.get("escalade") or {}
    if not isinstance(section, Mapping):
        raise UsageError(f"invoke.yaml: escalade: expected a mapping, not {section!r}")
    try:
        here = Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("the folder that this was started in is gone") from error
    # Invoke has no public word for the folder whose invoke.yaml it read.
    folder = getattr(config, "_project_prefix", None)
    return resolve(
        section,
        environ=os.environ,
        flags=flags or {},
        base=Path(folder) if folder else here,
        here=here,
    )
