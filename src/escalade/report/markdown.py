"""The diagnosis as Markdown, for a ticket or a chat: templates/diagnosis.md.j2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from escalade.model import Diagnosis
from escalade.report.json_ import diagnosis_json
from escalade.report.look import Look
from escalade.report.safe import clean
from escalade.report.typed import typed
from escalade.report.typed import where_of
from escalade.text import Lang
from escalade.text import Text

__all__ = ["render"]

WORDS = {
    "title": Text("Diagnosis", "Diagnostic"),
    "healthy": Text("healthy", "tout va bien"),
    "findings": Text("findings", "causes trouvées"),
    "unknown": Text("could not tell", "impossible de conclure"),
    "fleet": Text("On several hosts", "Sur plusieurs hôtes"),
    "hosts": Text("hosts", "hôtes"),
    "run": Text("Run", "Exécution"),
    "suspected": Text("suspected", "suspecté"),
    "explains": Text("Findings that follow from it", "Constats qui en découlent"),
    "do": Text("To do", "À faire"),
    "level": Text("level", "niveau"),
    "service": Text("service", "service"),
    "container": Text("container", "conteneur"),
    "state": Text("state", "état"),
    "health": Text("health", "santé"),
    "verdict": Text("verdict", "verdict"),
    "gaps": Text("Questions without an answer", "Questions sans réponse"),
}
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|#"})


def _md(value: object) -> str:
    """Return a value as text in which Markdown finds nothing to format."""
    return clean(str(value)).translate(_SPECIAL)


def _code(value: object) -> str:
    """Return a value as inline code; a backtick in it cannot end it."""
    return "`" + clean(str(value)).replace("`", "'") + "`"


def render(diagnosis: Diagnosis, folder: Path, *, lang: Lang) -> str:
    """Return the Markdown; `folder` holds the template."""
    from jinja2 import FileSystemLoader
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    env = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    env.filters |= {"md": _md, "code": _code}
    told: dict[str, Any] = diagnosis_json(diagnosis, lang=lang)
    gaps = [gap for gap in told["gaps"] if gap["hides"]]
    acts = {
        root.id: [
            typed(step, Look(lang=lang), where_of(diagnosis, root.node))
            for step in root.remedy.steps
        ]
        for root in diagnosis.roots
    }
    words = {name: text.pick(lang) for name, text in WORDS.items()}
    template = env.get_template("diagnosis.md.j2")
    return template.render(d=told, acts=acts, gaps=gaps, words=words)
