"""What the arguments for ssh say that matters here: the words of ssh's own line."""

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
_KNOWN = ("identityfile", "user", "port", "userknownhostsfile", "hostkeyalias")
_OF_A_JUMP = ("identityfile", "user", "port", "userknownhostsfile")


def parse(text: str) -> dict[str, str]:
    """Return the options by ssh_config's names in lower case, and `config` for -F.

    With a `proxyjump` comes its `jumpkey`, "" where none is named. Raises ValueError
    for what would change the way to a host and is not understood. Options that do not
    (ControlMaster, ServerAliveInterval ...) are passed over, and so is
    StrictHostKeyChecking: host keys are always checked.
    """
    found: dict[str, str] = {}
    for flag, value in _options(shlex.split(text)):
        found = {**_meant(flag, value), **found}
    return found


def _meant(flag: str, value: str) -> dict[str, str]:
    """Return what one option says."""
    name, said = _FLAGS.get(flag, ""), value
    if flag == "o":
        name, _, said = value.replace("=", " ", 1).strip().partition(" ")
        name, said = name.lower(), said.strip()
        if name == "hostname":
            raise ValueError("-o HostName is not taken: write ansible_host")
        if name == "proxycommand" and said.lower() != "none":
            return _jump_of(said)
    if name in ("proxyjump", "proxycommand"):
        return {"proxyjump": said, "jumpkey": ""}
    return {name: said} if name in _KNOWN or flag in _FLAGS else {}


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


def _jump_of(command: str) -> dict[str, str]:
    """Return the jump that a ProxyCommand makes: `ssh -W %h:%p HOST`, or with nc."""
    words = shlex.split(command)
    if words and words[0].rpartition("/")[2] == "ssh":
        host, options, rest = _called(words[1:])
        ways = [said for flag, said in options if flag == "W"]
        goes = not rest and ways and ways[0] in _FORWARDS
        said = _said_of_a_jump(options)
        if host and said is not None and (goes or tuple(rest) in _NETCATS):
            named, _, host = host.rpartition("@")
            user = said.get("user") or named
            port = f":{said['port']}" if "port" in said else ""
            jump = f"{user}@{host}{port}" if user else f"{host}{port}"
            return {"proxyjump": jump, "jumpkey": said.get("identityfile", "")}
    raise ValueError(
        f"ProxyCommand={command!r} is not understood: write -J HOST, or put it into "
        "~/.ssh/config"
    )


def _said_of_a_jump(options: list[tuple[str, str]]) -> dict[str, str] | None:
    """Return how a jump is reached, None where a jump cannot say that."""
    found: dict[str, str] = {}
    for flag, value in options:
        try:
            meant = _meant(flag, value)
        except ValueError:
            return None
        if meant.keys() - _OF_A_JUMP or ("identityfile" in meant.keys() & found.keys()):
            return None
        found = {**meant, **found}
    return found


def _called(words: list[str]) -> tuple[str, list[tuple[str, str]], list[str]]:
    """Return host, options and command of an ssh call; options may follow the host."""
    host = ""
    options: list[tuple[str, str]] = []
    while words:
        if not words[0].startswith("-"):
            if host:
                break
            host, words = words[0], words[1:]
            continue
        # An option is one word, or two where its value stands apart.
        count = 2 if words[0][-1] in _WITH_VALUE and _ends_open(words[0]) else 1
        options += _options(words[:count])
        words = words[count:]
    return host, options, words


def _ends_open(word: str) -> bool:
    """Whether the last letter of an option still needs its value."""
    return not any(letter in _WITH_VALUE for letter in word[1:-1])
