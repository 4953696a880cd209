"""Which transport a host is reached by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from escalade.model import Host
from escalade.transport.base import Timeouts
from escalade.transport.base import Transport
from escalade.transport.become import Become

__all__ = ["open_for"]


def open_for(
    host: Host,
    *,
    timeouts: Timeouts | None = None,
    ssh_config: Path | None = None,
    password: Callable[[], str] | None = None,
) -> Transport:
    """Return the host's transport, not yet opened.

    `ssh_config` stands in for ~/.ssh/config and /etc/ssh/ssh_config. Where the host
    says whom to `become`, `password` gives sudo's, if it asks for one.
    """
    if host.trouble:
        from escalade.transport.unmade import Unmade

        return Unmade(host)
    become = Become(host.become, password) if host.become else None
    if host.connection == "local":
        from escalade.transport.local import LocalTransport

        return LocalTransport(host, become=become)
    from escalade.transport.ssh import SshTransport

    bounds = timeouts or Timeouts()
    return SshTransport(host, timeouts=bounds, ssh_config=ssh_config, become=become)
