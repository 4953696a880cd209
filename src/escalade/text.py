"""Texts for people, in English and French side by side."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal
from typing import get_args

Lang = Literal["en", "fr"]
LANGS: tuple[Lang, ...] = get_args(Lang)

__all__ = ["LANGS", "NO_TEXT", "Lang", "Text", "locale_lang"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in every language that operators read.

    Slots in braces, `{engine.cause}`, are filled by `fill` with values that are
    never read as templates again.
    """

    en: str
    fr: str

    def pick(self, lang: Lang) -> str:
        """Return the sentence in the language asked for."""
        return self.fr if lang == "fr" else self.en

    def fill(self, values: dict[str, str]) -> Text:
        """Return the text with each `{name}` replaced by its value, once."""
        return Text(_fill(self.en, values), _fill(self.fr, values))


NO_TEXT = Text("", "")


def _fill(sentence: str, values: dict[str, str]) -> str:
    """Replace known slots in one pass, so that a value cannot open a new slot."""
    head, *rest = sentence.split("{")
    out = [head]
    for piece in rest:
        name, closed, tail = piece.partition("}")
        known = closed and name in values
        out.append(values[name] + tail if known else "{" + piece)
    return "".join(out)


def locale_lang(environ: dict[str, str] | None = None) -> Lang:
    """Return the operator's language from LC_ALL, LC_MESSAGES or LANG (POSIX order)."""
    env = os.environ if environ is None else environ
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = env.get(name, "")
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"
