"""What a secret looks like: names that announce one, and forms that are one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from escalade.known import MARK
from escalade.known import hidden

__all__ = [
    "CONFIG_FLAG",
    "MARK",
    "config_name",
    "mask_command",
    "secret_flags",
    "secret_name",
    "shaped",
]

_SECRET_WORDS = frozenset(
    [
        "apikey",
        "apisecret",
        "auth",
        "authkey",
        "authorization",
        "cookie",
        "credential",
        "credentials",
        "creds",
        "jwt",
        "key",
        "keys",
        "masterauth",
        "pass",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pgpass",
        "pw",
        "pwd",
        "requirepass",
        "salt",
        "secret",
        "secrets",
        "token",
    ]
)
_SECRET_ENDS = ("password", "passwd", "secret", "token", "apikey")
_BENIGN_LAST = frozenset(
    [
        "algorithm",
        "alg",
        "at",
        "class",
        "count",
        "dir",
        "disabled",
        "enabled",
        "error",
        "exp",
        "expiry",
        "expires",
        "file",
        "files",
        "header",
        "host",
        "id",
        "length",
        "limit",
        "max",
        "method",
        "min",
        "mode",
        "name",
        "names",
        "path",
        "paths",
        "port",
        "prefix",
        "provider",
        "server",
        "service",
        "size",
        "status",
        "timeout",
        "ttl",
        "type",
        "uri",
        "url",
        "user",
        "username",
        "version",
    ]
)
_BENIGN_BEFORE_KEY = frozenset(
    [
        "gpg",
        "host",
        "key",
        "primary",
        "public",
        "foreign",
        "sort",
        "partition",
        "routing",
        "cache",
        "hash",
    ]
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def secret_name(name: str) -> bool:
    """Whether a variable, flag or key of this name holds a secret.

    `LIVEKIT_API_SECRET`, `--requirepass`, `apiKey`, `LIVEKIT_KEYS` and `SECRET_ID`
    (the secret half of a login, in Vault) do; `MAX_TOKENS`, `KEY_FILE`,
    `TOKEN_SERVICE_URL` and `PUBLIC_KEY` do not.
    """
    words = [w.lower() for w in _WORDS.findall(name)]
    if words[-2:] == ["secret", "id"]:
        return True
    if not words or words[-1] in _BENIGN_LAST:
        return False
    hits = [w for w in words if w in _SECRET_WORDS or w.endswith(_SECRET_ENDS)]
    if not hits:
        return False
    if set(hits) == {"key"}:
        before = words[: words.index("key")]
        return bool(before) and before[-1] not in _BENIGN_BEFORE_KEY
    return True


def config_name(name: str) -> bool:
    """Whether a variable of this name holds a whole configuration, secrets and all."""
    return name == "LIVEKIT_CONFIG" or name.endswith("CONFIG_BODY")


# ------------------------------------------------------------------- in texts

_LOOKS = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{8,}|\S{24,}")
_HARMLESS = re.compile(
    r"(?i)|true|false|null|none|nil|yes|no|\d{1,5}|\$\{?\w+\}?|\*+"
    r"|\[(?:redacted|secret .*)\]?"
)
_VALUE = (
    r"(\\\"(?:(?!\\\")[^\n])*\\\"|\"(?:[^\"\\\n]|\\.)*\"?|'[^'\n]*'?|[^\s,;&\"'\])}]+)"
)
_TOKEN = re.compile(r"eyJ[\w-]+(?:\.[\w-]+){1,2}|eyJ[\w-]{16,}")
_SCHEME = re.compile(r"(\w+[ \t]+)([\w.~+/=-]{8,})")
_LOGIN = re.compile(
    r"(authorization\\?[\"']?[ \t]*[:=][ \t]*\\?[\"']?[\w-]+[ \t]+)([^\s\"',;\\]+)",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"(?i)(?:an?|and|are|be|denied|error|expired|failed|for|from|has|header|in|invalid|is"
    r"|malformed|may|missing|must|not?|of|or|required|the|to|token|was|with)[.:!]*"
)
"""Words that follow `authorization: token` in sentences, where no secret stands."""
_HEADER = re.compile(r"(?i:x)-[\w-]+|[A-Z]\w*(-[A-Z]\w*)+")
CONFIG_FLAG = "--config-body"
_USERINFO = re.compile(r"://([^\s/@:\"'<>]*)(:?)([^\s/@\"'<>]*)@")
_VENDOR = re.compile(
    r"sk-[\w-]{16,}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}"
    r"|glpat-[\w-]{16,}|hf_\w{20,}|AIza[\w-]{30,}"
)
_PREFIXES = "sk- ghp_ gho_ ghu_ ghs_ ghr_ xox AKIA glpat- hf_ AIza".split()  # noqa: SIM905
_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_PEM_LINE = re.compile(r"(?m)^[A-Za-z0-9+/]{60,}={0,2}$")
_KEYWORDS = (
    "pass",
    "pw",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "cookie",
    "jwt",
    "salt",
)
_NAME_BEFORE = re.compile(r"[\w.-]*\Z")
_NAMED = re.compile(r"([\w.-]*)(\\?[\"']?[ \t]*(?:=|:(?!//))[ \t]*|[ \t]+)" + _VALUE)
_SHORT_FLAG = re.compile(r"[ \t](-a|-u|--user)([ \t]+)" + _VALUE)
_PLAIN_WORDS = ("requirepass", "masterauth")
_GLUED_PROGRAMS = ("mysql", "mariadb")
_GLUED = re.compile(r"[ \t]-p" + _VALUE)
_APART = re.compile(r"[ \t]-p[ \t]*" + _VALUE)
_DASH_P = (
    *((program, _GLUED) for program in _GLUED_PROGRAMS),
    ("sshpass", _APART),
    ("docker login", _APART),
    ("mongo", _APART),
)
"""Programs whose `-p` is a password: written onto it, or after a blank too."""
_PORTS = re.compile(r"[\d.:]+:\d+(?:/\w+)?")
_AUTH = re.compile(
    r"(?<![\w-])(?:AUTH|\\?\"(?i:auth)\\?\")[ \t]+"
    + _VALUE
    + "(?:[ \t]+"
    + _VALUE
    + ")?"
)
_NO_LOGIN = re.compile(
    r"[A-Z]{2,}|<.*|[a-z]+(?:ed|ing)[.:!]*|(?i:(?:at|by|but|call|command|credential|done"
    r"|has|mechanism|no|ok|on|password|request|success|success(?:ful|fully)|user|via"
    r"|with|without)s?[.:!]*)"
)
"""What follows `AUTH` in sentences, and what SMTP calls its mechanisms."""
_LONGEST_NAME = 80

Piece = tuple[int, int, str]
"""What to put in the place of a stretch of text: start, end, replacement."""


def _bare(value: str) -> tuple[str, str, str]:
    """Return a value's opening quote, what is inside, and its closing quote."""
    for mark in ('\\"', '"', "'"):
        if value.startswith(mark):
            inner = value[len(mark) :]
            closed = inner.endswith(mark)
            return mark, inner.removesuffix(mark), mark if closed else ""
    return "", value, ""


def _places(text: str, needles: Iterable[str]) -> Iterator[int]:
    """Yield where any needle stands: the C library finds them, no pattern does."""
    for needle in needles:
        at = text.find(needle)
        while at >= 0:
            yield at
            at = text.find(needle, at + len(needle))


def _named(text: str, low: str) -> Iterator[Piece]:
    """Yield the values that follow a secret-looking name or flag.

    After a colon in running text (`invalid token: token is expired`) only what looks
    like a secret is one; after a blank only a flag's value is.
    """
    for at in _places(low, _KEYWORDS):
        match = _NAMED.match(text, at)
        if match is None:
            continue
        before = _NAME_BEFORE.search(text, max(0, at - _LONGEST_NAME), at)
        name = (before[0] if before else "") + match[1]
        opening, inner, closing = _bare(match[3])
        if not secret_name(name) or _HARMLESS.fullmatch(inner):
            continue
        if _is_secret(name, match[2], opening, inner):
            yield match.start(3), match.end(3), f"{opening}{MARK}{closing}"


def _is_secret(name: str, between: str, opening: str, inner: str) -> bool:
    """Whether a value is a secret, by how it is joined to its name."""
    if not between.strip():
        flag = name.startswith("-") or name.lower() in _PLAIN_WORDS
        return flag and not inner.startswith("-")
    if bool(opening) or ":" not in between or _HEADER.fullmatch(name):
        return True
    return _LOOKS.fullmatch(inner) is not None


def _flags(text: str) -> Iterator[Piece]:
    """Yield the values of short flags that hold a password in well-known programs."""
    if " -u " not in text and "--user" not in text and "redis-cli" not in text:
        return
    for match in _SHORT_FLAG.finditer(text):
        opening, inner, closing = _bare(match[3])
        if _HARMLESS.fullmatch(inner):
            continue
        if match[1] == "-a":
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if "redis-cli" in line:
                yield match.start(3), match.end(3), f"{opening}{MARK}{closing}"
            continue
        user, colon, word = inner.partition(":")
        if colon and not _HARMLESS.fullmatch(word) and "//" not in inner:
            yield match.start(3), match.end(3), f"{opening}{user}:{MARK}{closing}"


def _dash_p(text: str) -> Iterator[Piece]:
    """Yield what stands after `-p` of programs that take a password there."""
    if " -p" not in text:
        return
    for program, pattern in _DASH_P:
        for at in _places(text, (program,)):
            end = text.find("\n", at)
            for match in pattern.finditer(text, at, len(text) if end < 0 else end):
                opening, inner, closing = _bare(match[1])
                if not (_HARMLESS.fullmatch(inner) or _PORTS.fullmatch(inner)):
                    yield match.start(1), match.end(1), f"{opening}{MARK}{closing}"


def _logins(text: str, low: str) -> Iterator[Piece]:
    """Yield the words after Redis's command AUTH: a password, or user and password."""
    if "auth" not in low:
        return
    for match in _AUTH.finditer(text):
        for group in (1, 2):
            opening, inner, closing = _bare(match[group] or "")
            bare = not opening and (
                _PROSE.fullmatch(inner) or _NO_LOGIN.fullmatch(inner)
            )
            if bare or _HARMLESS.fullmatch(inner):
                break
            yield match.start(group), match.end(group), f"{opening}{MARK}{closing}"


def _schemes(text: str, low: str) -> Iterator[Piece]:
    """Yield what follows `Bearer`, `Basic`, or any scheme of an Authorization header.

    A plain word is no secret: `bearer authentication`, `authorization: token expired`.
    """
    for at in _places(low, ("authorization",)):
        match = _LOGIN.match(text, at)
        if match and not _PROSE.fullmatch(match[2]):
            yield match.start(2), match.end(2), MARK
    for at in _places(low, ("bearer ", "basic ")):
        match = _SCHEME.match(text, at)
        if match and not (match[2].isalpha() and match[2].islower()):
            yield match.start(2), match.end(2), MARK


def _userinfo(text: str) -> Iterator[Piece]:
    """Yield the passwords of URLs; a user without one is a token."""
    if "@" not in text:
        return
    for at in _places(text, ("://",)):
        match = _USERINFO.match(text, at)
        if match and match[2] and match[3]:
            yield match.start(3), match.end(3), MARK
        elif match and match[1] and not match[2]:
            yield match.start(1), match.end(1), MARK


def _tokens(text: str) -> Iterator[Piece]:
    """Yield JWTs and the tokens whose vendors gave them a prefix."""
    for at in _places(text, ("eyJ",)):
        match = _TOKEN.match(text, at)
        if match:
            yield match.start(), match.end(), MARK
    for at in _places(text, _PREFIXES):
        match = _VENDOR.match(text, at)
        if match and not text[max(0, at - 1) : at].isalnum():
            yield match.start(), match.end(), MARK


def _replaced(text: str, pieces: Iterable[Piece]) -> str:
    """Return a text with its pieces replaced; of two that overlap the first counts."""
    out: list[str] = []
    done = 0
    for start, end, word in sorted(pieces):
        if start >= done:
            out += (text[done:start], word)
            done = end
    return "".join((*out, text[done:])) if out else text


def _keys(text: str) -> str:
    """Return a text without private keys, its lines as many as before."""
    text = _PEM.sub(lambda match: MARK + "\n" * match[0].count("\n"), text)
    return _PEM_LINE.sub(MARK, text)


def _ascii_lower(text: str) -> str:
    """Return a text in lower case whose places are the same."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if c.isascii() else c for c in text)


def shaped(text: str) -> str:
    """Return a text without what looks like a secret, and without those that we know.

    Its lines stay as many.
    """
    text = hidden(text)
    if "PRIVATE KEY" in text:
        text = _keys(text)
    low = _ascii_lower(text)
    text = _replaced(text, (*_userinfo(text), *_tokens(text), *_schemes(text, low)))
    low = _ascii_lower(text)
    pieces = (*_named(text, low), *_flags(text), *_dash_p(text), *_logins(text, low))
    return _replaced(text, pieces)


# ---------------------------------------------------------------- in commands


def secret_flags(words: Sequence[str]) -> list[tuple[int, str]]:
    """Return where a command line holds secrets: (index of the word, the secret).

    `--keys "a: b"`, `--requirepass x`, `--password=x`, `redis-cli -a x`.
    """
    found: list[tuple[int, str]] = []
    program = words[0].rpartition("/")[2] if words else ""
    for index, word in enumerate(words):
        if program.startswith(_GLUED_PROGRAMS) and word.startswith("-p"):
            found.append((index, word.removeprefix("-p")))
            continue
        flag, equals, value = word.partition("=")
        if not _is_secret_flag(flag, program):
            continue
        if equals:
            found.append((index, value))
        elif index + 1 < len(words) and not words[index + 1].startswith("--"):
            found.append((index + 1, words[index + 1]))
    return [(index, value) for index, value in found if value]


def _is_secret_flag(flag: str, program: str) -> bool:
    """Whether a word of a command line announces a secret."""
    if program == "redis-cli" and flag in ("-a", "--pass"):
        return True
    if program == "sshpass" and flag == "-p":
        return True
    return flag == CONFIG_FLAG or (flag.startswith("--") and secret_name(flag))


def mask_command(words: Sequence[str]) -> str:
    """Return a command line for people, its secrets masked."""
    from shlex import join

    out = list(words)
    for index, value in secret_flags(words):
        out[index] = out[index].removesuffix(value) + MARK
    return join(shaped(word) for word in out)
