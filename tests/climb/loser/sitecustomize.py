"""Loaded at Python's start: the host is lost just when its lock is asked for."""

from __future__ import annotations

from escalade.remedy.busy import Busy
from escalade.remedy.lock_here import KeeperHere


def lost(self, wait_s, holder):
    """Say what a lock says whose host is gone."""
    return Busy("", reason="the SSH connection ended", lost=True)


KeeperHere.take = lost
