"""The JSON Schema of maintenance files, for editors: jobs, and windows.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalade.evidence.probe import Probe
from escalade.runbooks.publish import published
from escalade.runbooks.words import StepLike

__all__ = ["schema"]


def schema(
    catalog: Mapping[str, Probe],
    *,
    kinds: Mapping[str, StepLike] | None = None,
    user_tasks: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return one schema for every file of a folder `maintenance`.

    A file with the key `windows` is windows.yaml, any other a job. Numbers within texts
    (durations, times), names of files and of time zones are left to lint.
    """
    from escalade.schedule.schema import MaintenanceFile
    from escalade.schedule.schema import WindowsFile

    shapes = (MaintenanceFile, WindowsFile)
    job, windows = (f"#/$defs/{shape.__name__}" for shape in shapes)
    return {
        **published(shapes, catalog, kinds, user_tasks),
        "title": "A file of runbooks/maintenance",
        "if": {"required": ["windows"]},
        "then": {"$ref": windows},
        "else": {"$ref": job},
    }
