"""How long the certificates are good that a container is reached by, or reaches.

Asked from the host with openssl: where there is none, it is a gap.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import clean
from escalade.evidence.parsing import own_address
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Script
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.evidence.secrets import variables_of
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status
from escalade.transport.base import Command

__all__ = ["TLS"]

SCHEMES: Mapping[str, int] = {
    "https": 443,
    "wss": 443,
    "rediss": 6379,
    "turns": 5349,
    "ldaps": 636,
    "amqps": 5671,
}
PORTS = (443, 5349, 8443)
"""Ports that speak TLS from the first byte wherever they are published."""
MOST = 8
"""Endpoints of one container that are asked."""
PUBLISHED = "published"
_HERE = ("localhost", "127.0.0.1", "::1")
_WAIT_S = 3
# All at once: one that does not answer holds nobody else up. `-servername` of an address
# is none.
_ASK = """if command -v openssl >/dev/null 2>&1; then
t() {{ c=$(timeout {wait} openssl s_client -connect "$2" ${{3:+-servername "$3"}} </dev/null 2>/dev/null |
openssl x509 -noout -enddate -subject -issuer -nameopt RFC2253 2>/dev/null | tr '\\n' '\\t')
printf '%s\\t%s\\n' "$1" "$c"; }}
{calls}
wait; else echo no-openssl; fi"""
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_DATE = re.compile(r"([A-Z][a-z]{2}) +(\d+) (\d\d):(\d\d):(\d\d) (\d{4}) GMT")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?")


class _Endpoint(NamedTuple):
    """Where a certificate is shown: the variable or `published`, and name and port."""

    source: str
    name: str
    port: int


def _endpoints(target: Target) -> tuple[_Endpoint, ...]:
    """Return the places to ask, none of them twice."""
    found: dict[tuple[str, int], _Endpoint] = {}
    for each in (*_of_variables(target), *_of_ports(target)):
        found.setdefault((each.name, each.port), each)
    return tuple(found.values())[:MOST]


def _of_variables(target: Target) -> Iterator[_Endpoint]:
    """Yield what the container's variables point to."""
    for name, value in variables_of(target.inspect).items():
        try:
            parts = urlsplit(value.strip())
            host, port = parts.hostname or "", parts.port
        except ValueError:
            continue
        default = SCHEMES.get(parts.scheme.lower())
        if default is not None and _HOST.fullmatch(host):
            yield _Endpoint(name, host, port or default)


def _of_ports(target: Target) -> Iterator[_Endpoint]:
    """Yield the published ports that are for TLS, as the host reaches them."""
    ports = as_dict(as_dict(target.inspect.get("NetworkSettings")).get("Ports"))
    for inside, bindings in sorted(ports.items()):
        number, _, kind = inside.partition("/")
        for binding in map(as_dict, as_list(bindings)):
            outside = whole(binding.get("HostPort"))
            known = outside in PORTS or whole(number) in PORTS
            if kind == "tcp" and outside and known:
                yield _Endpoint(PUBLISHED, "127.0.0.1", outside)


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask for every certificate at once."""
    del args
    calls = "\n".join(
        Command(
            "t %s %s %s &", (str(at), _dialled(target, each), _server_name(each.name))
        ).line
        for at, each in enumerate(_endpoints(target))
    )
    if not calls:
        return ()
    text = _ASK.format(wait=_WAIT_S, calls=calls)
    return (Script(text, timeout_s=_WAIT_S + 2.0, limit=16_384),)


def _dialled(target: Target, endpoint: _Endpoint) -> str:
    """Return what the host dials: another container, or this one, by its address."""
    if endpoint.name in _HERE and endpoint.source != PUBLISHED:
        host = own_address(target) or endpoint.name
        return _joined(host, endpoint.port)
    known = (
        address
        for peer in target.peers
        if endpoint.name in peer.names
        for address in peer.addresses
    )
    return _joined(next(known, endpoint.name), endpoint.port)


def _joined(host: str, port: int) -> str:
    """Return host and port as openssl takes them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _server_name(name: str) -> str:
    """Return the name that is asked for; an address asks for none."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name
    return ""


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record an endpoint; outcome is none where no certificate was shown."""
    del args
    if not answers:
        return Parsed()
    if trouble := failed(answers):
        return trouble
    lines = answers[0].body.decode("utf-8", "replace").splitlines()
    if "no-openssl" in lines:
        reason = "there is no openssl on the host to ask with"
        return Parsed(status=Status.UNSUPPORTED, complete=False, reason=reason)
    said = {words[0]: words[1:] for line in lines if (words := line.split("\t"))}
    now = float(target.facts.get("now") or 0.0)
    readings = tuple(
        _reading(each, said.get(str(at), []), now)
        for at, each in enumerate(_endpoints(target))
    )
    return Parsed(readings, complete=not answers[0].truncated)


def _reading(endpoint: _Endpoint, words: Sequence[str], now: float) -> Reading:
    """Return what one endpoint showed."""
    told = dict(word.partition("=")[::2] for word in words if "=" in word)
    ends = _time(told.get("notAfter", ""))
    subject, issuer = told.get("subject", ""), told.get("issuer", "")
    return {
        "source": endpoint.source,
        "name": endpoint.name,
        "port": endpoint.port,
        "outcome": "none" if ends is None else "ok",
        "expires_at": ends,
        "expires_in_s": None if ends is None else ends - now,
        "subject": clean(subject.strip(), 200) or None,
        "issuer": clean(issuer.strip(), 200) or None,
        "self_signed": None if ends is None else subject == issuer,
    }


def _time(text: str) -> float | None:
    """Return openssl's date as seconds since the epoch, whatever the locale is."""
    found = _DATE.search(text)
    if found is None:
        return None
    month = _MONTHS.find(found[1]) // 3 + 1
    day, hour, minute, second, year = (int(found[n]) for n in range(2, 7))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


TLS = Probe(
    name="tls",
    scope="container",
    doc="One record for each certificate that the container's variables (https://, "
    "wss:// ...) or its published ports 443, 5349 and 8443 lead to, as the host sees it. "
    "outcome: ok, or none where no certificate was shown. Trust is not judged.",
    readings={
        "source": str,
        "name": str,
        "port": int,
        "outcome": str,
        "expires_at": float,
        "expires_in_s": float,
        "subject": str,
        "issuer": str,
        "self_signed": bool,
    },
    questions=_questions,
    parse=_parse,
    headline=("name", "port", "expires_in_s"),
)
