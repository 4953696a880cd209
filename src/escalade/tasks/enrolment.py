"""What the host tasks do: list the inventory, show a fingerprint, remember a key."""

from __future__ import annotations
