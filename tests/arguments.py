"""The arguments of every task, read once: Invoke takes the help texts out as it reads."""

from __future__ import annotations

from escalade.tasks import ns

ARGUMENTS = {name: tuple(ns[name].get_arguments()) for name in ns.task_names}
