"""People are told how a job ended: through Apprise, where it is installed.

A word with `://` is an Apprise URL; any other is a tag of Apprise's own configuration
files, where the secrets of such URLs belong.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from escalade.schedule.jobs import Job

__all__ = ["CONFIGS", "tell", "wanted"]

CONFIGS = (
    "~/.apprise.yml",
    "~/.apprise.yaml",
    "~/.apprise",
    "~/.config/apprise.yml",
    "~/.config/apprise.yaml",
    "~/.config/apprise/apprise.yml",
    "~/.config/apprise/apprise.yaml",
    "/etc/apprise.yml",
    "/etc/apprise.yaml",
    "/etc/apprise/apprise.yml",
    "/etc/apprise/apprise.yaml",
)
"""Where Apprise keeps its configuration; every file that is there counts."""
_MISSING = "nobody was told: apprise is not installed (pip install 'escalade[notify]')"


def wanted(job: Job, code: int, before: int | None) -> bool:
    """Whether people are told of an exit code, `before` being that of the last run.

    The first good end after a bad one is news, too.
    """
    if not job.notify:
        return False
    return job.notify_when == "always" or code != 0 or before not in (0, None)


def tell(names: Sequence[str], title: str, text: str, *, good: bool) -> str:
    """Tell people; return what went wrong in one line, else an empty text."""
    try:
        import apprise
    except ImportError:
        return _MISSING
    with warnings.catch_warnings():
        # Apprise and its services load what Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        troubles = list(_troubles(apprise, names, (title, text), good=good))
    return "; ".join(troubles)


def _troubles(
    apprise: Any, names: Sequence[str], said: tuple[str, str], *, good: bool
) -> Iterator[str]:
    """Tell each by URL, then each by tag; yield what went wrong."""
    title, text = said
    kind = apprise.NotifyType.SUCCESS if good else apprise.NotifyType.WARNING
    urls = [name for name in names if "://" in name]
    tags = [name for name in names if "://" not in name]
    for url in urls:
        one = apprise.Apprise()
        known = one.add(url)
        if not known or not one.notify(body=text, title=title, notify_type=kind):
            # A URL of this kind holds passwords.
            scheme = url.partition("://")[0]
            yield f"{scheme}:// could not be told" if known else _bad(scheme)
    for tag in tags:
        everybody = _configured(apprise)
        if not any(True for _ in everybody.find(tag=tag)):
            yield f"{tag}: no such tag in Apprise's files"
        elif not everybody.notify(body=text, title=title, notify_type=kind, tag=tag):
            yield f"{tag}: not told"


def _bad(scheme: str) -> str:
    """Return that a URL is none of Apprise's."""
    return f"{scheme}:// is no URL that Apprise knows"


def _configured(apprise: Any) -> Any:
    """Return everybody that Apprise's own files name."""
    config = apprise.AppriseConfig()
    for name in CONFIGS:
        path = Path(name).expanduser()
        if path.is_file():
            config.add(str(path))
    everybody = apprise.Apprise()
    everybody.add(config)
    return everybody
