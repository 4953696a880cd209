"""Which transport a host is reached by."""

from __future__ import annotations

from pathlib import Path

from escalade.model import Host
from escalade.transport.base import Timeouts
from escalade.transport.base import Transport

__all__ = ["open_for"]


def open_for(
    host: Host, *, timeouts: Timeouts | None = None, ssh_config: Path | None = None
) -> Transport:
    """Return the host's transport, not yet opened.

    `ssh_config` stands in for ~/.ssh/config and /etc/ssh/ssh_config.
    """
    if host.connection == "local":
        from escalade.transport.local import LocalTransport

        return LocalTransport(host)
    from escalade.transport.ssh import SshTransport

    return SshTransport(host, timeouts=timeouts or Timeouts(), ssh_config=ssh_config)
