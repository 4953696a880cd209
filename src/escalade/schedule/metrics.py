"""How a job's last run ended, for Prometheus: a textfile that is whole at any time."""

from __future__ import annotations

from pathlib import Path

from escalade.schedule.jobs import Job

__all__ = ["file_of", "write"]


def file_of(job: Job) -> Path | None:
    """Return the file of a job's numbers; a folder gets one file a job."""
    if not job.prometheus:
        return None
    path = Path(job.prometheus).expanduser()
    folder = job.prometheus.endswith("/") or path.is_dir()
    return path / f"escalade_{job.name}.prom" if folder else path


def write(job: Job, *, ended: float, took_s: float, code: int) -> str:
    """Write a run's numbers; return what went wrong in one line, else an empty text.

    `ended` is in epoch seconds. The file is written aside and renamed.
    """
    path = file_of(job)
    if path is None:
        return ""
    from prometheus_client import CollectorRegistry
    from prometheus_client import Gauge
    from prometheus_client import write_to_textfile

    registry = CollectorRegistry()
    rows = (
        ("timestamp", "When the last run ended, seconds since the epoch.", ended),
        ("success", "Whether the last run ended with exit code 0.", float(code == 0)),
        ("duration_seconds", "How long the last run took.", took_s),
        ("exit", "The exit code of the last run.", float(code)),
    )
    for name, text, value in rows:
        gauge = Gauge(
            f"escalade_job_last_run_{name}", text, ["name"], registry=registry
        )
        gauge.labels(name=job.name).set(value)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(path), registry)
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return ""
