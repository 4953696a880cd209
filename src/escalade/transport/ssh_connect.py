"""One SSH connection: socket, greeting, host key, login; each way to fail has a word."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.base import Timeouts
from escalade.transport.base import Trouble
from escalade.transport.hostkeys import HostKey
from escalade.transport.hostkeys import Known
from escalade.transport.hostkeys import known
from escalade.transport.outputs import one_line
from escalade.transport.proxy import ProxySocket
from escalade.transport.sockets import QuickSocket
from escalade.transport.sockets import closing_after
from escalade.transport.sockets import dial
from escalade.transport.ssh_forward import Forwards
from escalade.transport.ssh_forward import listen_for_reasons
from escalade.transport.ssh_keys import Login
from escalade.transport.ssh_keys import login_with
from escalade.transport.ssh_options import Hop

__all__ = ["Link", "Refusal", "connect"]

_ALMOST = 0.95
_CAUSES = {
    "dns": "name",
    "no-route": "route",
    "unreachable": "route",
    "denied": "route",
    "refused": "refused",
    "timeout": "timeout",
}


@dataclass(frozen=True, slots=True)
class Link:
    """An open connection. `release` lets go of it and of the gateways before it."""

    hop: Hop
    client: Any
    transport: Any
    forwards: Forwards
    release: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no connection.

    `key` is the key that was offered where it is the trouble, and `known` what is
    known instead; `hop` is then the server that offered it (a gateway, perhaps).
    """

    output: Output
    hop: Hop
    key: HostKey | None = None
    known: Known = field(default_factory=Known)


def connect(hop: Hop, timeouts: Timeouts) -> Link | Refusal:
    """Open a connection to the last of the hops, through those before it."""
    if hop.via is None:
        return _connect(hop, None, timeouts)
    gate = _gateways.take(hop.via, timeouts)
    if isinstance(gate, Refusal):
        reason = f"{hop.name}: its gateway {gate.output.reason}"
        output = Output(Status.UNREACHABLE, reason=reason, cause="gateway")
        return replace(gate, output=output)
    link = _connect(hop, gate, timeouts)
    if isinstance(link, Refusal):
        gate.release()
        return link

    def release() -> None:
        link.release()
        gate.release()

    return replace(link, release=release)


def _connect(hop: Hop, gate: Link | None, timeouts: Timeouts) -> Link | Refusal:
    """Open a connection, through an open gateway where one is given."""
    sock = _socket(hop, gate, timeouts)
    if isinstance(sock, Trouble):
        through = f" (seen from {gate.hop.name})" if gate else ""
        cause = _CAUSES.get(sock.outcome, "closed")
        if gate and sock.outcome in ("denied", "closed"):
            cause = "gateway"
        return _refusal(hop, cause, f"{sock.detail}{through}")
    login = login_with(hop.identities)
    found = known(hop.known_as, hop.known_hosts)
    client = _client(found)
    started = time.monotonic()
    try:
        # Each key that is tried may take the whole of auth_s: all of them may not.
        bound_s = 2 * timeouts.banner_s + timeouts.auth_s
        with closing_after(bound_s, client.close) as late:
            client.connect(hop.address, **_wishes(hop, sock, timeouts, login, found))
        transport = client.get_transport()
        transport.set_keepalive(max(1, round(timeouts.keepalive_s)))
    except Exception as error:
        transport = client.get_transport()
        took_s = time.monotonic() - started
        silent = took_s >= timeouts.banner_s * _ALMOST
        refusal = _told(hop, error, transport, found=found, silent=silent)
        # The watch may be closing it at the same moment, which the library cannot bear.
        with contextlib.suppress(Exception):
            client.close()
        sock.close()
        if late:
            return _refusal(hop, "timeout", f"not logged in within {took_s:.0f} s")
        return _more(refusal, error, sock, login)
    return _link(hop, client)


def _more(refusal: Refusal, error: Exception, sock: Any, login: Login) -> Refusal:
    """Return a refusal with what a proxy command or a key file has to do with it."""
    hop, cause = refusal.hop, refusal.output.cause
    if isinstance(sock, ProxySocket) and cause == "closed":
        told = f"ProxyCommand {hop.proxy_command}: {sock.said or error}"
        return _refusal(hop, "gateway", told)
    if cause == "auth" and login.troubles:
        return _refusal(hop, "auth", f"{error}; {'; '.join(login.troubles)}")
    return refusal


def _link(hop: Hop, client: Any) -> Link:
    """Return an open connection with what it needs."""
    transport = client.get_transport()

    def release() -> None:
        with contextlib.suppress(Exception):
            client.close()
        listen_for_reasons().drop(transport.ident)

    return Link(hop, client, transport, Forwards(transport), release)


def _socket(hop: Hop, gate: Link | None, timeouts: Timeouts) -> Any:
    """Return something like a socket to the hop, or a Trouble."""
    if gate is not None:
        return gate.forwards.open(hop.address, hop.port, timeout_s=timeouts.connect_s)
    if hop.proxy_command:
        return ProxySocket.start(hop.proxy_command)
    sock = dial(hop.address, hop.port, timeout_s=timeouts.connect_s)
    if isinstance(sock, Trouble):
        return sock
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A dead link ends all that waits on it, not only what has a bound of its own.
        wait_ms = round(timeouts.keepalive_s * 1000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, wait_ms)
    return QuickSocket(fileno=sock.detach())


def _client(found: Known) -> Any:
    """Return the library's client; only known host keys will do."""
    from paramiko.client import SSHClient

    listen_for_reasons()
    client = SSHClient()
    client.set_missing_host_key_policy(_policy(found))
    return client


def _wishes(
    hop: Hop, sock: Any, timeouts: Timeouts, login: Login, found: Known
) -> dict[str, Any]:
    """Return how the library is to connect over a socket."""
    return {
        **login.kwargs,
        "port": hop.port,
        "username": hop.user,
        "sock": sock,
        "timeout": 2 * timeouts.banner_s + 1,
        "banner_timeout": timeouts.banner_s,
        "auth_timeout": timeouts.auth_s,
        "channel_timeout": timeouts.auth_s,
        "transport_factory": _factory(found, timeouts),
    }


def _factory(found: Known, timeouts: Timeouts) -> Callable[..., Any]:
    """Return what makes the library's transport: it asks for known key types first.

    Of ciphers it asks first for those that carry their own proof: the library checks
    that of the others byte by byte in Python, a fifth of what a host costs here.
    """

    def make(sock: Any, **kwargs: Any) -> Any:
        from paramiko.transport import Transport

        transport = Transport(sock, **kwargs)
        transport.handshake_timeout = timeouts.banner_s
        options = transport.get_security_options()
        types = [name for key in found.keys for name in _algorithms(key.type)]
        first = [name for name in dict.fromkeys(types) if name in options.key_types]
        rest = [name for name in options.key_types if name not in first]
        options.key_types = [*first, *rest]
        options.ciphers = sorted(options.ciphers, key=lambda name: "-gcm" not in name)
        return transport

    return make


def _algorithms(key_type: str) -> tuple[str, ...]:
    """Return the names under which a type of key is negotiated, the best first."""
    rsa = ("rsa-sha2-512", "rsa-sha2-256")
    return rsa if key_type == "ssh-rsa" else (key_type,)


class _KeyRefusedError(Exception):
    """A server offered a key that is not known as its own."""

    def __init__(self, key: HostKey, *, revoked: bool) -> None:
        super().__init__(key.fingerprint)
        self.key = key
        self.revoked = revoked


def _policy(found: Known) -> Any:
    """Return the policy that sees every server key: known ones pass, no others.

    The client's own list stays empty, so that the library asks the policy each time;
    it keeps only one key of a type, and a name may have more.
    """
    from paramiko.client import MissingHostKeyPolicy

    class OnlyKnown(MissingHostKeyPolicy):  # type: ignore[misc]
        """Refuse what is not known."""

        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            """Return for a known key, raise for any other."""
            del client, hostname
            offered = HostKey(key.get_name(), key.asbytes())
            revoked = offered in found.revoked
            if revoked or offered not in found.keys:
                raise _KeyRefusedError(offered, revoked=revoked)

    return OnlyKnown()


# ------------------------------------------------------------------- refusals


def _refusal(hop: Hop, cause: str, detail: str) -> Refusal:
    """Return a refusal in one word and one line."""
    reason = f"{hop.name} ({hop.address}:{hop.port}): {one_line(detail)}"
    return Refusal(Output(Status.UNREACHABLE, reason=reason, cause=cause), hop)


def _told(
    hop: Hop, error: Exception, transport: Any, *, found: Known, silent: bool
) -> Refusal:
    """Return why a connection that had a socket came to nothing."""
    from paramiko.ssh_exception import AuthenticationException

    if isinstance(error, _KeyRefusedError):
        return _key_refusal(hop, error, found)
    if isinstance(error, AuthenticationException) or (
        transport is not None and transport.initial_kex_done
    ):
        cause = "timeout" if "timeout" in str(error).lower() else "auth"
        return _refusal(hop, cause, f"{error} (user {hop.user})")
    greeted = transport is not None and bool(transport.remote_version)
    if not greeted and "protocol version" in str(error):
        return _refusal(hop, "banner", f"this is not SSH: {error}")
    if silent:
        when = "went silent during the key exchange" if greeted else "said nothing"
        return _refusal(hop, "banner", f"accepted the connection and {when}")
    words = str(error) or type(error).__name__
    return _refusal(hop, "closed", f"ended the connection: {words}")


def _key_refusal(hop: Hop, error: _KeyRefusedError, found: Known) -> Refusal:
    """Return the refusal of a key, with the key and what is known instead."""
    offered = f"{error.key.type} {error.key.fingerprint}"
    if error.revoked:
        told = ("host-key-changed", f"its key {offered} is revoked")
    elif found.keys:
        ours = ", ".join(f"{key.type} {key.fingerprint}" for key in found.keys)
        told = ("host-key-changed", f"its key is now {offered}, known is {ours}")
    else:
        told = ("host-key-unknown", f"its key {offered} is not in known_hosts")
    return replace(_refusal(hop, *told), key=error.key, known=found)


# ------------------------------------------------------------------- gateways


@dataclass(slots=True)
class _Shared:
    """One gateway: its open connection and how many use it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    link: Link | None = None
    users: int = 0
    refusal: Refusal | None = None
    refused_at: float = 0.0


class _Gateways:
    """The gateways of this process: one connection each, however many are behind it.

    A gateway's sshd drops connections when too many log in at once (MaxStartups).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: dict[Hop, _Shared] = {}

    def take(self, hop: Hop, timeouts: Timeouts) -> Link | Refusal:
        """Return the open connection to a gateway; `release` gives it back."""
        asked = time.monotonic()
        with self._lock:
            shared = self._shared.setdefault(hop, _Shared())
        with shared.lock:
            if shared.link is None or not shared.link.transport.is_active():
                # Who waited while somebody else failed need not fail as slowly.
                if shared.refusal is not None and shared.refused_at >= asked:
                    return shared.refusal
                link = connect(hop, timeouts)
                if isinstance(link, Refusal):
                    shared.refusal, shared.refused_at = link, time.monotonic()
                    return link
                shared.link, shared.users = link, 0
            shared.users += 1
            held = shared.link
        return replace(held, release=lambda: self._give(shared, held))

    def _give(self, shared: _Shared, held: Link) -> None:
        """Close a gateway's connection when its last user is done."""
        with shared.lock:
            if shared.link is not held:
                held.release()
                return
            shared.users -= 1
            if shared.users == 0:
                shared.link = None
                held.release()


_gateways = _Gateways()
