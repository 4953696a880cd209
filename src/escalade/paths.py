"""Where the content is: in a checkout beside `src`, in a wheel inside the package."""

from __future__ import annotations

from pathlib import Path

__all__ = ["bed", "cases", "inventory", "runbooks", "templates", "trials"]

_PACKAGE = Path(__file__).resolve().parent
_WHEEL = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent.parent


def _folder(in_wheel: str, in_checkout: str) -> Path:
    """Return a folder of content; the wheel's wins, since only a wheel has it."""
    bundled = _WHEEL / in_wheel
    return bundled if _WHEEL.is_dir() else _CHECKOUT / in_checkout


def runbooks() -> Path:
    """Return the folder of the runbooks that ship with the product."""
    return _folder("runbooks", "runbooks")


def templates() -> Path:
    """Return the folder of the Jinja2 templates."""
    return _folder("templates", "templates")


def inventory() -> Path:
    """Return the folder of the default inventory."""
    return _folder("inventory", "inventory")


def bed() -> Path:
    """Return the folder that builds the demo stack."""
    return _folder("bed", "tests/bed")


def cases() -> Path:
    """Return the folder of the recorded incidents."""
    return _folder("cases", "tests/cases/incidents")


def trials() -> Path:
    """Return the folder of the cases that the shipped runbooks are tested with."""
    return _folder("trials", "tests/cases/runbooks/symptoms")
