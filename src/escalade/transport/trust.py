"""Enrolment: the one way by which a new host key gets into known_hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from escalade.model import Host
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.base import Timeouts
from escalade.transport.hostkeys import HostKey
from escalade.transport.hostkeys import append
from escalade.transport.hostkeys import can_hold
from escalade.transport.hostkeys import forget
from escalade.transport.hostkeys import known
from escalade.transport.ssh_connect import Refusal
from escalade.transport.ssh_connect import connect
from escalade.transport.ssh_options import hop_for

__all__ = ["Offer", "Trusted", "fingerprints", "trust"]

_HINT = "in ssh_config, or escalade_known_hosts in the inventory"


@dataclass(frozen=True, slots=True)
class Offer:
    """A key that a server offered and that is not known to be its own.

    `server` is the host asked for or a gateway before it; `name` is what known_hosts
    calls it. `known` are the keys that are known instead: with any there, the key has
    changed. `files` are the user's known_hosts files, the one to write to first;
    those of the system are never written.
    """

    server: str
    name: str
    key: HostKey
    known: tuple[HostKey, ...]
    revoked: bool
    files: tuple[Path, ...]
    system: tuple[Path, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether another key was known: a new machine, or somebody in between."""
        return bool(self.known) or self.revoked


@dataclass(frozen=True, slots=True)
class Trusted:
    """How an enrolment ended: `output` is OK where the host is reached and known now.

    With keys in `added` and another status, the keys were enrolled and something else
    keeps us out (`auth`, for instance).
    """

    output: Output
    added: tuple[Offer, ...] = ()


def fingerprints(
    host: Host, *, timeouts: Timeouts | None = None, ssh_config: Path | None = None
) -> Offer | Output:
    """Return the key that the host, or a gateway before it, offers and is not known.

    Nothing is trusted or written. An Output says that all keys are known (OK), or why
    no key could be seen.
    """
    if host.connection != "ssh":
        return Output(Status.UNSUPPORTED, reason=f"{host.name} is not reached by SSH")
    try:
        hop = hop_for(host, ssh_config=ssh_config)
    except (OSError, ValueError, KeyError) as error:
        return Output(Status.ERROR, reason=f"ssh_config: {error}", cause="name")
    link = connect(hop, timeouts or Timeouts())
    if not isinstance(link, Refusal):
        link.release()
        return Output(Status.OK, 0, reason=f"the key of {hop.known_as} is known")
    if link.key is None:
        return link.output
    server = link.hop
    return Offer(
        server=server.name,
        name=server.known_as,
        key=link.key,
        known=link.known.keys,
        revoked=link.key in link.known.revoked,
        files=server.own_known_hosts,
        system=tuple(f for f in server.known_hosts if f not in server.own_known_hosts),
    )


def trust(
    host: Host,
    confirm: Callable[[Offer], bool],
    *,
    replace: bool = False,
    timeouts: Timeouts | None = None,
    ssh_config: Path | None = None,
) -> Trusted:
    """Enrol the keys on the way to a host, gateways first, each one confirmed.

    A key that has changed is refused unless `replace` says that the old one goes; a
    revoked key always is.
    """
    added: tuple[Offer, ...] = ()
    while True:
        offer = fingerprints(host, timeouts=timeouts, ssh_config=ssh_config)
        if isinstance(offer, Output):
            return Trusted(offer, added)
        refused = _refused(offer, confirm, added, replace=replace)
        if refused is not None:
            return Trusted(refused, added)
        try:
            if offer.changed:
                for path in offer.files:
                    forget(path, offer.name)
            append(offer.files[0], offer.name, offer.key)
        except OSError as error:
            reason = f"{error.filename or offer.files[0]}: {error.strerror}"
            return Trusted(Output(Status.ERROR, reason=reason), added)
        added = (*added, offer)


def _refused(
    offer: Offer,
    confirm: Callable[[Offer], bool],
    added: tuple[Offer, ...],
    *,
    replace: bool,
) -> Output | None:
    """Return why an offer must not be enrolled, None where it may be."""
    shown = f"{offer.server}: {offer.key.type} {offer.key.fingerprint}"
    cause = "host-key-changed" if offer.changed else "host-key-unknown"
    if offer.revoked:
        reason = f"{shown} is revoked"
    elif offer.changed and not replace:
        old = ", ".join(key.fingerprint for key in offer.known)
        reason = f"{shown} has changed (known is {old})"
    elif any(offer.name == one.name for one in added):
        reason = f"{shown}: no known_hosts file takes it"
    elif unfit := _unfit(offer):
        reason = f"{shown}: {unfit}"
    elif not confirm(offer):
        reason = f"{shown} was not confirmed"
    else:
        return None
    return Output(Status.DENIED, reason=reason, cause=cause)


def _unfit(offer: Offer) -> str:
    """Return why no file of the user's can take a key, "" where one can."""
    if not offer.files:
        return f"UserKnownHostsFile is none: set it {_HINT}"
    if not can_hold(offer.files[0]):
        return f"{offer.files[0]} is no regular file: set UserKnownHostsFile {_HINT}"
    for path in offer.system:
        if known(offer.name, [path]).keys:
            return f"{path} holds another key: it is the system's, take it out there"
    return ""
