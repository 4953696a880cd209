"""What `ansible_ssh_common_args` says that matters here: the words of ssh's own line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

__all__ = ["parse"]

_FLAGS = {
    "J": "proxyjump",
    "F": "config",
    "i": "identityfile",
    "l": "user",
    "p": "port",
}
_WITH_VALUE = "BbcDEeFIiJLlmOoPpQRSWw"
_FORWARDS = ("%h:%p", "[%h]:%p")
_NETCATS = (("nc", "%h", "%p"), ("netcat", "%h", "%p"))
_KNOWN = ("proxyjump", "identityfile", "user", "port", "userknownhostsfile")


def parse(text: str) -> dict[str, str]:
    """Return the options by ssh_config's names in lower case, and `config` for -F.

    Raises ValueError for what would change the way to a host and is not understood.
    Options that do not (ControlMaster, ServerAliveInterval ...) are passed over, and
    so is StrictHostKeyChecking: host keys are always checked.
    """
    found: dict[str, str] = {}
    for flag, value in _options(shlex.split(text)):
        if flag == "o":
            name, _, said = value.replace("=", " ", 1).strip().partition(" ")
            name, said = name.lower(), said.strip()
            if name == "proxycommand" and said.lower() != "none":
                name, said = "proxyjump", _jump_of(said)
            if name in _KNOWN:
                found.setdefault(name, said)
        elif flag in _FLAGS:
            found.setdefault(_FLAGS[flag], value)
    return found


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (flag, value) of an ssh command line, the value "" where it has none."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            raise ValueError(f"{word!r} is no option of ssh")
        letters = word[1:]
        while letters:
            flag, letters = letters[0], letters[1:]
            if flag in _WITH_VALUE:
                value = letters or next(rest, None)
                if value is None:
                    raise ValueError(f"-{flag} needs a value")
                yield flag, value
                break
            yield flag, ""


def _jump_of(command: str) -> str:
    """Return the jump that a ProxyCommand makes: `ssh -W %h:%p HOST`, or with nc."""
    words = shlex.split(command)
    if words and words[0].rpartition("/")[2] == "ssh":
        host, options, rest = _called(words[1:])
        ways = options.get("W") in _FORWARDS and not rest
        if host and (ways or tuple(rest) in _NETCATS) and not {"J", "F"} & set(options):
            user = f"{options['l']}@" if "l" in options else ""
            port = f":{options['p']}" if "p" in options else ""
            return f"{user}{host}{port}"
    raise ValueError(
        f"ProxyCommand={command!r} is not understood: write -J HOST, or put it into "
        "~/.ssh/config"
    )


def _called(words: list[str]) -> tuple[str, dict[str, str], list[str]]:
    """Return host, options and command of an ssh call; options may follow the host."""
    host = ""
    options: dict[str, str] = {}
    while words:
        if not words[0].startswith("-"):
            if host:
                break
            host, words = words[0], words[1:]
            continue
        # An option is one word, or two where its value stands apart.
        count = 2 if words[0][-1] in _WITH_VALUE and _ends_open(words[0]) else 1
        options |= dict(_options(words[:count]))
        words = words[count:]
    return host, options, words


def _ends_open(word: str) -> bool:
    """Whether the last letter of an option still needs its value."""
    return not any(letter in _WITH_VALUE for letter in word[1:-1])
