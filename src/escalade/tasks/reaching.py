"""What all tasks share that read the inventory: its passwords, and as whom hosts are worked on.

Their flags are said here alone: a task takes them by its class, and `settings_for`
finds what was said.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from contextvars import ContextVar
from inspect import Parameter
from inspect import Signature
from typing import Any
from typing import ClassVar

from escalade.tasks.optional import Lenient

__all__ = ["Reaching", "Reading", "said_of_hosts"]

_VAULT: Mapping[str, tuple[object, str]] = {
    "vault_password_file": (
        None,
        "file or command that gives a vault password, [vault id@]path; repeatable",
    ),
}
_BECOME: Mapping[str, tuple[object, str]] = {
    "become": (
        False,
        "by sudo, on hosts whose ansible_become does not say whether",
    ),
    "become_user": (
        "",
        "as whom, on hosts whose ansible_become_user does not say; root",
    ),
    "become_password_file": (
        "",
        "file or command that gives the password that sudo asks for",
    ),
}
_LISTS = ("vault_password_file",)
_SAID: ContextVar[Mapping[str, object] | None] = ContextVar("said", default=None)


def said_of_hosts() -> Mapping[str, object]:
    """Return what the flags of the task that runs say, as settings."""
    return _SAID.get() or {}


class Reading(Lenient):
    """A task that reads the inventory; `-i` names one, as in Ansible's commands."""

    shared: ClassVar[Mapping[str, tuple[object, str]]] = _VAULT

    def __init__(self, body: Callable[..., Any], **kwargs: Any) -> None:
        """Take what a task takes."""
        texts = {name: text for name, (_, text) in self.shared.items()}
        kwargs["help"] = {**(kwargs.get("help") or {}), **texts}
        lists = (name for name in _LISTS if name in self.shared)
        kwargs["iterable"] = [*(kwargs.get("iterable") or ()), *lists]
        super().__init__(body, **kwargs)

    def argspec(self, body: Callable[..., Any]) -> Signature:
        """Return the task's own arguments, then the shared ones."""
        own = super().argspec(body)
        more = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=default)
            for name, (default, _) in self.shared.items()
        ]
        return own.replace(parameters=[*own.parameters.values(), *more])

    def arg_opts(
        self, name: str, default: str, taken_names: set[str]
    ) -> dict[str, Any]:
        """Return how an argument is written: `--inventory` is also `-i`."""
        options = super().arg_opts(name, default, taken_names)
        if name == "inventory":
            options["names"] = [*options["names"], "i"]
        return options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; what the shared flags say is kept for its settings."""
        said = {name: kwargs.pop(name, None) for name in self.shared}
        # A flag that was not given says nothing, not "no".
        kept = _SAID.set({name: value or None for name, value in said.items()})
        try:
            return super().__call__(*args, **kwargs)
        finally:
            _SAID.reset(kept)


class Reaching(Reading):
    """A task that works on hosts."""

    shared: ClassVar[Mapping[str, tuple[object, str]]] = {**_VAULT, **_BECOME}
