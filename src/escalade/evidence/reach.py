"""Whether a container reaches whom it says it connects to, asked from inside it."""

from __future__ import annotations

from collections.abc import Sequence

from escalade.evidence.bashnet import Attempt
from escalade.evidence.bashnet import Heard
from escalade.evidence.bashnet import Place
from escalade.evidence.bashnet import hear
from escalade.evidence.bashnet import speak
from escalade.evidence.edges import LOOPBACK
from escalade.evidence.edges import Edge
from escalade.evidence.edges import edges
from escalade.evidence.edges import kind_of
from escalade.evidence.edges import mate_of
from escalade.evidence.edges import near
from escalade.evidence.edges import own_names
from escalade.evidence.edges import peer_of
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import as_list
from escalade.evidence.parsing import clean
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Inside
from escalade.evidence.probe import Parsed
from escalade.evidence.probe import Peer
from escalade.evidence.probe import Probe
from escalade.evidence.probe import Question
from escalade.evidence.probe import Target
from escalade.evidence.probe import failed
from escalade.model import Args
from escalade.model import Reading
from escalade.model import Status

__all__ = ["REACH"]

MOST = 24
"""Connections tried from one container; a stack that needs more is not read whole."""
TIMEOUT_S = 6.5
"""Names 1.5 s, connections 2 s, answers 2 s, and a busy host's delay."""


def _attempts(found: Sequence[Edge]) -> list[Attempt]:
    """Return what to dial, each place once."""
    wanted = (Attempt(e.host, e.port, kind_of(e.scheme)) for e in found)
    return list(dict.fromkeys(wanted))[:MOST]


def _pid(target: Target) -> int:
    """Return the container's main process as the host counts, 0 where none runs."""
    return whole(as_dict(target.inspect.get("State")).get("Pid")) or 0


def _questions(target: Target, args: Args) -> tuple[Question, ...]:
    """Ask all at once, in one text; nothing of a container that has no edges."""
    del args
    attempts = _attempts(edges(target))
    if not attempts or not _pid(target):
        return ()
    entered = all(target.facts.get(f) for f in ("root", "has_bash", "has_nsenter"))
    # A paused container takes connections and answers none; the whole look waits for it.
    paused = [peer for peer in near(target) if peer.paused]
    mute = {name for peer in paused for name in (*peer.names, *peer.addresses)}
    text = speak(attempts, _place(target, bash=entered), mute=mute)
    return (Inside(text, TIMEOUT_S),)


def _place(target: Target, *, bash: bool) -> Place:
    """Return the container's host name and where the host keeps its files."""
    box = target.inspect
    mounts = [as_dict(mount) for mount in as_list(box.get("Mounts"))]
    own = {str(m.get("Destination")): str(m.get("Source")) for m in mounts}
    return Place(
        str(as_dict(box.get("Config")).get("Hostname") or ""),
        own.get("/etc/resolv.conf") or str(box.get("ResolvConfPath") or ""),
        own.get("/etc/hosts") or str(box.get("HostsPath") or ""),
        bash,
    )


def _parse(target: Target, args: Args, answers: Sequence[Answer]) -> Parsed:
    """Return one record for each edge: what came of it, and whom it is meant for."""
    del args
    if not answers:
        return Parsed()
    answer = answers[0]
    text = answer.body.decode("utf-8", "replace")
    if text.startswith("UNSUPPORTED"):
        reason = "the container has no bash, python or nc, and we are not root"
        return Parsed(status=Status.UNSUPPORTED, complete=False, reason=reason)
    trouble = failed(answers)
    if trouble and not text:
        return trouble
    found = edges(target)
    attempts = _attempts(found)
    heard = dict(zip(attempts, hear(attempts, text), strict=True))
    pairs = [
        (e, heard.get(Attempt(e.host, e.port, kind_of(e.scheme)), Heard(None)))
        for e in found
    ]
    open_ = [f"{e.host}:{e.port}" for e, h in pairs if h.outcome is None]
    reason = answer.reason or _why([h for _, h in pairs if h.outcome is None])
    return Parsed(
        tuple(_record(e, h, target) for e, h in pairs),
        Status.PARTIAL if open_ or trouble else Status.OK,
        complete=not open_ and not trouble,
        reason=f"{', '.join(open_)}: {reason}" if open_ else answer.reason,
    )


def _why(silent: Sequence[Heard]) -> str:
    """Return why edges could not be told, of the first that says."""
    return next((h.detail for h in silent if h.detail), "not asked")


def _record(edge: Edge, heard: Heard, target: Target) -> Reading:
    """Return the reading of one edge."""
    address = heard.addresses[0] if heard.addresses else ""
    peer = None if edge.own else _peer(edge, address, target)
    service = target.address.service if edge.own else peer.service if peer else None
    spoken = kind_of(edge.scheme) == "http"
    return {
        "variable": edge.variable,
        "name": edge.host,
        "service": service,
        "port": edge.port,
        "scheme": edge.scheme,
        "ip": address or ("" if heard.outcome == "dns" else None),
        "outcome": heard.outcome,
        "status": None if heard.outcome is None else _status(heard) if spoken else 0,
        "reply": None if heard.outcome is None else clean(heard.reply, 200).strip(),
        "self": edge.own,
        "correct": _correct(edge, heard, target),
    }


def _peer(edge: Edge, address: str, target: Target) -> Peer | None:
    """Return the peer of the stack that an edge is meant for."""
    if edge.host in LOOPBACK:
        return mate_of(target, edge.port)
    return peer_of(edge.host, near(target), address=address, port=edge.port)


def _status(heard: Heard) -> int:
    """Return the status of an HTTP answer, 0 where what came was none."""
    head, _, rest = heard.reply.partition(" ")
    code = rest[:3]
    return int(code) if head.startswith("HTTP/") and code.isdigit() else 0


def _correct(edge: Edge, heard: Heard, target: Target) -> bool | None:
    """Whether the name led to one of those it means; None where that is not known."""
    if not heard.addresses:
        return None
    address = heard.addresses[0]
    if edge.own:
        return address.startswith("127.") or address in own_names(target)
    for peers in (near(target), target.peers):
        named = [p for p in peers if edge.host in p.names]
        if named:
            return any(address in peer.addresses for peer in named)
    return None


REACH = Probe(
    name="reach",
    scope="container",
    doc="One record for each place that the container's variables or command name, "
    "resolved and dialled from inside its own network. outcome: ok, silent (connected, "
    "no answer within 2 s where one was due), closed, reset, refused, timeout, dns, "
    "no-route or unreachable. service: who in the stack bears the name (not known where "
    "nobody does). status: of an HTTP answer, 0 where none came. correct: the address "
    "belongs to a bearer of the name. self: the place is the container itself.",
    readings={
        "variable": str,
        "name": str,
        "service": str,
        "port": int,
        "scheme": str,
        "ip": str,
        "outcome": str,
        "status": int,
        "reply": str,
        "self": bool,
        "correct": bool,
    },
    always=True,
    needs_running=True,
    questions=_questions,
    parse=_parse,
    headline=("name", "port", "outcome"),
)
