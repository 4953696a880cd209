"""What a secret looks like: names that announce one, and forms that are one."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence

__all__ = ["MARK", "mask_command", "secret_flags", "secret_name", "shaped"]

MARK = "[redacted]"

_SECRET_WORDS = frozenset(
    "apikey apisecret auth authkey authorization cookie credential credentials jwt key "
    "keys masterauth pass passphrase passwd password passwords pwd requirepass salt "
    "secret secrets token".split()
)
_SECRET_ENDS = ("password", "passwd", "secret", "token", "apikey")
_BENIGN_LAST = frozenset(
    "algorithm alg class count dir disabled enabled error exp expiry expires file "
    "files header host id length limit max method min mode name names path paths "
    "port prefix provider server service size status timeout ttl type uri url user "
    "username version".split()
)
_BENIGN_BEFORE_KEY = frozenset(
    "gpg host key primary public foreign sort partition routing cache hash".split()
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def secret_name(name: str) -> bool:
    """Whether a variable, flag or key of this name holds a secret.

    `LIVEKIT_API_SECRET`, `--requirepass`, `apiKey` and `LIVEKIT_KEYS` do; `MAX_TOKENS`,
    `KEY_FILE`, `TOKEN_SERVICE_URL` and `PUBLIC_KEY` do not.
    """
    words = [w.lower() for w in _WORDS.findall(name)]
    if not words or words[-1] in _BENIGN_LAST:
        return False
    hits = [w for w in words if w in _SECRET_WORDS or w.endswith(_SECRET_ENDS)]
    if not hits:
        return False
    if set(hits) == {"key"}:
        before = words[: words.index("key")]
        return bool(before) and before[-1] not in _BENIGN_BEFORE_KEY
    return True


# ------------------------------------------------------------------- in texts

_LOOKS = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{8,}|\S{24,}")
_HARMLESS = re.compile(
    r"(?i)|true|false|null|none|nil|yes|no|\d{1,5}|\$\{?\w+\}?|\*+|\[(?:redacted|secret .*)\]?"
)

_TOKEN = re.compile(r"eyJ[\w-]+(?:\.[\w-]+){1,2}|eyJ[\w-]{16,}")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)([ \t]+)([\w.~+/=-]{8,})")
_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)([^\s/@:\"'<>]*)(:?)([^\s/@\"'<>]*)@")
_VENDOR = re.compile(
    r"\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}"
    r"|glpat-[\w-]{16,}|hf_\w{20,}|AIza[\w-]{30,})"
)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_PEM_LINE = re.compile(r"(?m)^[A-Za-z0-9+/]{60,}={0,2}$")
_NAMED = re.compile(
    r"(?i)(?<![\w.-])([\w.-]*(?:pass|pwd|secret|token|key|credential|auth|cookie|jwt|salt)"
    r"[\w.-]*)"
    r"(\\?[\"']?[ \t]*(?:=|:(?!//))[ \t]*)"
    r"(\\\"(?:(?!\\\")[^\n])*\\\"|\"(?:[^\"\\\n]|\\.)*\"?|'[^'\n]*'?|[^\s,;&\"'\])}]+)"
)
_FLAG = re.compile(
    r"(?i)(?<![\w-])(--?[\w-]*(?:pass|pwd|secret|token|key|auth)[\w-]*|-a|-u|--user"
    r"|requirepass|masterauth)"
    r"([ \t]+)(\"[^\"\n]*\"|'[^'\n]*'|[^\s;|&]+)"
)
_KEYWORDS = (
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "cookie",
    "jwt",
    "salt",
    " -a ",
    "-u ",
    "--user",
)


def _bare(value: str) -> tuple[str, str, str]:
    """Return a value's opening quote, what is inside, and its closing quote."""
    for mark in ('\\"', '"', "'"):
        if value.startswith(mark):
            inner = value[len(mark) :]
            closed = inner.endswith(mark)
            return mark, inner.removesuffix(mark), mark if closed else ""
    return "", value, ""


def _named(match: re.Match[str]) -> str:
    """Mask `name = value` where the name announces a secret.

    After a colon in running text (`invalid token: token is expired`) only what looks
    like a secret is one.
    """
    name, between, value = match[1], match[2], match[3]
    opening, inner, closing = _bare(value)
    if not secret_name(name) or _HARMLESS.fullmatch(inner):
        return match[0]
    if not opening and ":" in between and not _LOOKS.fullmatch(inner):
        return match[0]
    return f"{name}{between}{opening}{MARK}{closing}"


def _flag(match: re.Match[str]) -> str:
    """Mask the value of a flag that announces a secret."""
    flag, between, value = match[1], match[2], match[3]
    opening, inner, closing = _bare(value)
    if flag in ("-u", "--user"):
        user, colon, word = inner.partition(":")
        if not colon or not word or "//" in inner:
            return match[0]
        return f"{flag}{between}{opening}{user}:{MARK}{closing}"
    plain = not flag.startswith("-") or flag == "-a"
    if not (plain or secret_name(flag)) or inner.startswith("-"):
        return match[0]
    return f"{flag}{between}{opening}{MARK}{closing}"


def _scheme(match: re.Match[str]) -> str:
    """Mask what follows `Bearer` or `Basic`, unless it is a plain word."""
    if match[3].isalpha() and match[3].islower():
        return match[0]
    return f"{match[1]}{match[2]}{MARK}"


def _url(match: re.Match[str]) -> str:
    """Mask the password of a URL; a user without one is a token."""
    scheme, user, colon, word = match[1], match[2], match[3], match[4]
    if colon:
        return f"{scheme}{user}:{MARK}@" if word else match[0]
    return f"{scheme}{MARK}@" if user else match[0]


def _lines_kept(match: re.Match[str]) -> str:
    """Mask a private key, keeping the number of lines."""
    return MARK + "\n" * match[0].count("\n")


def _suspect_lines(text: str, change: Callable[[str], str]) -> str:
    """Apply a change to those lines that hold a keyword: the others are the most."""
    low = text.lower()
    if not any(word in low for word in _KEYWORDS):
        return text
    lines = text.split("\n")
    for index, line in enumerate(lines):
        small = line.lower()
        if any(word in small for word in _KEYWORDS):
            lines[index] = change(line)
    return "\n".join(lines)


def _masked_names(line: str) -> str:
    """Return a line without values of secret-looking names and flags."""
    return _FLAG.sub(_flag, _NAMED.sub(_named, line))


def shaped(text: str) -> str:
    """Return a text without what looks like a secret; its lines stay as many."""
    if "eyJ" in text:
        text = _TOKEN.sub(MARK, text)
    if "://" in text and "@" in text:
        text = _URL.sub(_url, text)
    if "PRIVATE KEY" in text:
        text = _PEM.sub(_lines_kept, text)
    text = _PEM_LINE.sub(MARK, text)
    text = _VENDOR.sub(MARK, text)
    text = _SCHEME.sub(_scheme, text)
    return _suspect_lines(text, _masked_names)


# ---------------------------------------------------------------- in commands


def secret_flags(words: Sequence[str]) -> list[tuple[int, str]]:
    """Return where a command line holds secrets: (index of the word, the secret).

    `--keys "a: b"`, `--requirepass x`, `--password=x`, `redis-cli -a x`.
    """
    found: list[tuple[int, str]] = []
    program = words[0].rpartition("/")[2] if words else ""
    for index, word in enumerate(words):
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
    return flag.startswith("--") and secret_name(flag)


def mask_command(words: Sequence[str]) -> str:
    """Return a command line for people, its secrets masked."""
    from shlex import join

    out = list(words)
    for index, value in secret_flags(words):
        out[index] = out[index].removesuffix(value) + MARK
    return join(shaped(word) for word in out)
