"""Which version this is: installed, or of a checkout."""

from __future__ import annotations

from pathlib import Path

__all__ = ["version"]


def version() -> str:
    """Return the installed version, or the one that a checkout would be built as."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("escalade")
    except PackageNotFoundError:
        import tomllib

        project = Path(__file__).resolve().parents[2] / "pyproject.toml"
        with project.open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
