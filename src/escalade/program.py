"""The command `escalade`: Invoke over our own collection, wherever one stands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

from invoke.loader import FilesystemLoader
from invoke.program import Program

from escalade.ending import end_in_one_line
from escalade.errors import EscaladeError
from escalade.version import version

__all__ = ["INTERRUPTED", "Escalade", "main", "version"]

INTERRUPTED = 130
"""The exit code after Ctrl-C."""

_CONFIG_FILES = ("invoke.yaml", "invoke.yml", "invoke.json", "invoke.py")


def _config_folder(start: Path) -> Path:
    """Return the nearest folder upward that holds an invoke.yaml, else the start."""
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in _CONFIG_FILES):
            return folder
    return start


class _BundledLoader(FilesystemLoader):
    """Loads our collection; another only where `--collection` names it."""

    def load(self, name: str | None = None) -> tuple[ModuleType, str]:
        """Return the tasks, and the folder whose invoke.yaml counts."""
        if name is not None:
            return super().load(name)
        import escalade.tasks

        return escalade.tasks, str(_config_folder(Path(self.start)))


class Escalade(Program):
    """Invoke's own program with our tasks, our exit codes and a lazy version.

    Invoke drops `--list` and others from a program with a fixed namespace; a loader
    of our own keeps them all.
    """

    def parse_core(self, argv: list[str] | None) -> None:
        """Parse the core flags; keep Python's own word on writing bytecode.

        Invoke turns it off, which would compile the package anew at each start
        wherever the installer did not.
        """
        super().parse_core(argv)
        sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

    def print_version(self) -> None:
        """Print name and version."""
        print(f"{self.name} {version()}")  # noqa: T201 -- what --version is for

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:  # noqa: A002, FBT001, FBT002 -- Invoke's signature
        """Run as Invoke does, but end with 130 on Ctrl-C and in one line on bad input."""
        # Before Invoke reads its configuration files.
        end_in_one_line()
        try:
            super().run(argv, exit=exit)
        except EscaladeError as error:
            sys.exit(str(error))
        except BrokenPipeError:
            # The reader went away (`| head`); Python's own last flush stays silent too.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except SystemExit as end:
            # Invoke turns Ctrl-C into exit code 1.
            if isinstance(end.__context__, KeyboardInterrupt):
                sys.exit(INTERRUPTED)
            raise


def main() -> None:
    """Run the command line."""
    Escalade(
        name="Escalade",
        binary="escalade",
        binary_names=["escalade"],
        loader_class=_BundledLoader,
    ).run()
