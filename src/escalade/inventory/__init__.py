"""Hosts and groups in Ansible's formats, and the patterns that pick among them."""

from __future__ import annotations

from escalade.inventory.hosts import Inventory
from escalade.inventory.load import load
from escalade.inventory.patterns import select

__all__ = ["Inventory", "load", "select"]
