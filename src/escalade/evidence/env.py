"""A container's variables: what may be known of each, never its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from urllib.parse import SplitResult
from urllib.parse import urlsplit

from escalade.evidence.configtext import config_keys
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Argument
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Seen
from escalade.evidence.probe import Target
from escalade.evidence.probe import View
from escalade.evidence.secrets import argv_of
from escalade.evidence.secrets import flag_value
from escalade.evidence.secrets import key_pairs
from escalade.evidence.secrets import variables_of
from escalade.evidence.urltext import password_of
from escalade.model import Address
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Value
from escalade.redact import MARK
from escalade.redact import describe
from escalade.redact import keyed_hash
from escalade.redact import secret_name
from escalade.shapes import CONFIG_FLAG
from escalade.shapes import config_name

__all__ = ["ENV"]

KEYS = "LIVEKIT_KEYS"
CONFIG = "LIVEKIT_CONFIG"
PLACEHOLDERS = "devkey: secret"
"""What `livekit-server --dev` uses where no keys are given."""
_HOST_PORT = re.compile(r"([A-Za-z0-9][\w.-]*):(\d{1,5})")
_HOST = re.compile(r"[A-Za-z0-9][\w.-]*")
_HOST_NAME = re.compile(r"(?i)(?:^|_)(?:host|hostname|addr|address|server|endpoint)$")
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.~%-]{16,}|[\w~-]{32,}")


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record a variable, by name, and LiveKit's keys one by one."""
    del args, answers
    key = target.secret_key
    variables = variables_of(target.inspect)
    records = [_record(name, value, key) for name, value in variables.items()]
    records += _keys(_pairs(variables, argv_of(target.inspect)), key)
    return Parsed(tuple(sorted(records, key=lambda r: str(r["variable"]))))


def _record(name: str, value: str, key: bytes) -> Reading:
    """Return what may be known of one variable."""
    record: dict[str, Value] = {
        "variable": name,
        "present": True,
        "blank": not value.strip(),
        "digits": value.isdigit(),
        **describe(value, key),
    }
    record.update(_place(name, value.strip(), key))
    return record


def _place(name: str, value: str, key: bytes) -> Mapping[str, Value]:
    """Return the host and port that a value points to, if it does."""
    if "://" in value and not config_name(name) and "\n" not in value:
        return _url(value, key)
    if secret_name(name) or config_name(name):
        return {}
    pair = _HOST_PORT.fullmatch(value)
    if pair:
        return {"host": pair[1], "port": whole(pair[2])}
    if _HOST_NAME.search(name) and _HOST.fullmatch(value):
        return {"host": value}
    if name.upper().endswith("PORT") and value.isdigit():
        return {"port": whole(value)}
    return {}


def _url(value: str, key: bytes) -> Mapping[str, Value]:
    """Return the parts of a URL that are no secret."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return {}
    password = password_of(value)
    return {
        "scheme": parts.scheme,
        "host": parts.hostname,
        "port": port,
        "path": _path(parts),
        "has_password": password is not None,
        "password_hash": None if password is None else keyed_hash(password, key),
    }


def _path(parts: SplitResult) -> str:
    """Return a URL's path; a part that looks random is a secret of its own."""
    words = parts.path.split("/")
    return "/".join(MARK if _RANDOM.fullmatch(word) else word for word in words)


def _pairs(variables: Mapping[str, str], argv: Sequence[str]) -> Mapping[str, str]:
    """Return the server's keys: from `--keys`, its variable, or else its configuration.

    A configuration is given as text (`--config-body`, LIVEKIT_CONFIG) or cannot be read.
    """
    if said := variables.get(KEYS) or flag_value(argv, "--keys"):
        return key_pairs(said)
    body = flag_value(argv, CONFIG_FLAG) or variables.get(CONFIG)
    return config_keys(body) if body else key_pairs(_placeholders(argv))


def _keys(pairs: Mapping[str, str], key: bytes) -> Iterator[Reading]:
    """Yield `LIVEKIT_KEYS.key` and `.secret`, wherever the server has them from.

    With several pairs nobody can say which one a client should have: no hash then.
    """
    for name, secret in pairs.items():
        for part, word in (("key", name), ("secret", secret)):
            record = dict(_record(f"{KEYS}.{part}", word, key))
            if len(pairs) > 1:
                record["hash"] = None
            yield record


def _placeholders(argv: Sequence[str]) -> str:
    """Return the keys that `--dev` alone brings of its own."""
    configured = any(flag_value(argv, flag) for flag in _CONFIGURED)
    server = any("livekit" in word for word in argv[:1])
    return PLACEHOLDERS if server and "--dev" in argv and not configured else ""


_CONFIGURED = ("--config", CONFIG_FLAG, "--key-file")


def _view(seen: Seen, address: Address, args: Args) -> View:
    """Return the records, or the one asked for; an absent variable has `present` False.

    Of an absent one neither length nor hash is known.
    """
    pieces = seen.of(
        "env",
        host=address.host,
        stack=address.stack,
        service=address.service,
        replica=address.replica,
    )
    if not pieces:
        return View(unknown="not asked")
    piece = pieces[0]
    if not piece.status.answered:
        return View(unknown=piece.reason or piece.status.value)
    wanted = dict(args).get("variable")
    if wanted is None:
        return View(piece.readings, piece.complete)
    found = tuple(r for r in piece.readings if r.get("variable") == wanted)
    none: Reading = {
        "variable": wanted,
        "present": False,
        "blank": False,
        "known_default": False,
    }
    return View(found or (none,), piece.complete)


ENV = Probe(
    name="env",
    scope="container",
    doc="One record for each variable, without its value: length, keyed hash, whether "
    "it is a known default, and where a URL points to.",
    readings={
        "variable": str,
        "present": bool,
        "blank": bool,
        "digits": bool,
        "length": int,
        "known_default": bool,
        "hash": str,
        "scheme": str,
        "host": str,
        "port": int,
        "path": str,
        "has_password": bool,
        "password_hash": str,
    },
    arguments={"variable": Argument(str)},
    view_only=frozenset({"variable"}),
    always=True,
    quick=True,
    parse=_parse,
    view=_view,
)
