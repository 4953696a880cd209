"""`Collect` actions carried out: evidence becomes texts, and files of the run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from escalade import paths
from escalade.collect.folder import Folder
from escalade.collect.folder import cut
from escalade.collect.folder import safe_name
from escalade.collect.pages import last_lines
from escalade.collect.pages import logs_page
from escalade.collect.pages import network_page
from escalade.collect.pages import resources_page
from escalade.collect.story import Kept
from escalade.collect.story import Story
from escalade.model import Snapshot
from escalade.model import Value
from escalade.plans import Action
from escalade.plans import Collect
from escalade.redact import Redactor
from escalade.text import Lang
from escalade.text import Text

if TYPE_CHECKING:
    from escalade.remedy.scene import Scene

__all__ = ["COLLECTS", "Collector"]

COLLECTS = ("logs", "network", "resources", "bundle", "handoff")
"""What can be collected."""
PAGE = 2_000_000
"""Bytes of one text that is kept."""
RUN = 60_000_000
"""Bytes that all collections of a run may take together."""
_LINES = 50
_LAST = 8
"""Lines of the service's log that the message quotes."""
_BUNDLED = Text(
    "{count} files, {size} kB: {path}\n", "{count} fichiers, {size} ko : {path}\n"
)
_WHOM = "on-call"


class Collector:
    """Collects for one run. `folder` is the run's own, made when it is needed.

    `redactor` takes out what the evidence and the story may still hold.
    """

    def __init__(
        self,
        folder: Path,
        lang: Lang,
        *,
        redactor: Redactor | None = None,
        templates: Path | None = None,
    ) -> None:
        self._folder = Folder(folder, RUN)
        self._lang = lang
        self._redactor = redactor or Redactor((), b"")
        self._templates = templates or paths.templates()

    def collect(
        self, action: Action, *, snapshot: Snapshot, scene: Scene, story: Story
    ) -> Kept:
        """Return what an action of `do=Collect` brings; never raises for a full disk.

        The text comes from the snapshot alone: no host is asked.
        """
        del scene
        do = action.do
        if not isinstance(do, Collect) or do.what not in COLLECTS:
            raise ValueError(f"{action.id}: nothing to collect: {do!r}")
        args = dict(do.args)
        if do.what == "bundle":
            return self._bundle(action, snapshot, story)
        text = self._page(action, do.what, args, snapshot, story)
        ending = "md" if do.what == "handoff" else "txt"
        name = f"{safe_name(action.id)}-{do.what}.{ending}"
        return self._kept(name, self._redactor.text(text), end=do.what == "logs")

    def _page(
        self,
        action: Action,
        what: str,
        args: Mapping[str, Value],
        snapshot: Snapshot,
        story: Story,
    ) -> str:
        """Return the text of one collection."""
        if what == "logs":
            lines = args.get("lines")
            most = lines if isinstance(lines, int) else _LINES
            return logs_page(snapshot, action.node, most, self._lang)
        if what == "network":
            return network_page(snapshot, action.node, self._lang)
        if what == "resources":
            return resources_page(snapshot, action.node, self._lang)
        from escalade.collect.handoff import handoff_page

        see = args.get("see")
        return handoff_page(
            story,
            self._templates,
            to=str(args.get("to") or _WHOM),
            see=see if isinstance(see, tuple) else (),
            last=last_lines(snapshot, story.node, _LAST),
            redact=self._redactor.text,
            lang=self._lang,
        )

    def _bundle(self, action: Action, snapshot: Snapshot, story: Story) -> Kept:
        """Write the archive and say what is in it."""
        from escalade.collect.bundle import bundle_of

        made = bundle_of(
            snapshot, story, redactor=self._redactor_for(story), lang=self._lang
        )
        name = f"{safe_name(action.id)}-bundle.tar.gz"
        values = {
            "count": str(len(made.names)),
            "size": str(round(len(made.data) / 1000)),
            "path": str(self._folder.path / name),
        }
        text = _BUNDLED.fill(values).pick(self._lang)
        if len(made.data) > self._folder.left:
            # Half an archive is none.
            return Kept(text, trouble="the run's folder has no room left for a bundle")
        return self._written(name, made.data, text)

    def _redactor_for(self, story: Story) -> Redactor:
        """Return what also knows the secrets in the Engine's records."""
        from escalade.collect.records import redactor_of

        known = redactor_of(story.inspects.values())
        return _Both(known, self._redactor)

    def _kept(self, name: str, text: str, *, end: bool) -> Kept:
        """Write a text and return it, too."""
        data = cut(text.encode("utf-8", "replace"), PAGE, end=end)
        return self._written(name, data, data.decode("utf-8", "replace"))

    def _written(self, name: str, data: bytes, text: str) -> Kept:
        """Write a file; a disk that is full loses the file and not the text."""
        try:
            return Kept(text, (self._folder.write(name, data),))
        except OSError as error:
            why = error.strerror or str(error)
            return Kept(text, trouble=f"{self._folder.path / name}: {why}")


class _Both(Redactor):
    """Two redactors, one after the other."""

    def __init__(self, first: Redactor, second: Redactor) -> None:
        super().__init__((), b"")
        self._first, self._second = first, second

    def text(self, text: str) -> str:
        """Return a text without what either knows."""
        return self._second.text(self._first.text(text))
