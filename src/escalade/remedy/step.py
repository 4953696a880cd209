"""What a step is: a name, typed arguments, and a pure generator of actions.

A step never touches the world. It reads a `Scene`, what one snapshot saw of one host, and
yields the actions that bring about what it is for; a dry run is the same list, printed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.model import Value
from escalade.plans import Action

if TYPE_CHECKING:
    from escalade.remedy.scene import Scene

__all__ = ["Arguments", "CannotError", "StepKind"]

Arguments = Mapping[str, Value]
"""A step's arguments by name, typed and complete: what was not given has its default."""


class CannotError(UsageError):
    """A step that cannot be planned here: its service does not exist, its file is gone.

    The text is one clear line with the nearest thing that would work.
    """


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of step. A module-level value is discovered; its name is the task's.

    - `doc`: one line in English, as `invoke --list` shows it.
    - `arguments`: what may be given; `service` where it is about services (a name, or
      several with commas; the root's own service where a runbook does not say).
    - `scope`: service, stack or host: what one call is about.
    - `actions(scene, node, args)`: pure. `node` is where it is called: (host, stack,
      service), service None for stack and host steps. Raises `CannotError`. The ids of the
      actions are given later.
    - `positional`: the arguments that stand without a flag on the command line, in order.
    - `timeout_s`: one attempt's bound, where neither runbook nor operator gives one.
    - `help`: one line a argument, for the command line.
    - `asks`: probes without arguments that are asked before it is planned, beyond those
      that are asked always.
    """

    name: str
    doc: str
    actions: Callable[[Scene, Node, Arguments], Iterator[Action]]
    scope: str = "service"
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    timeout_s: float = 120.0
    asks: tuple[str, ...] = ()
