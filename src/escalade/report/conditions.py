"""A condition in words: what a step that is not always done depends on."""

from __future__ import annotations

from collections.abc import Mapping

from escalade.model import All
from escalade.model import Ask
from escalade.model import Comparison
from escalade.model import Condition
from escalade.model import Not
from escalade.text import Lang
from escalade.text import Text

__all__ = ["condition_words"]

_AND = Text(" and ", " et ")
_OR = Text(" or ", " ou ")
_NOT = Text("not ({what})", "pas ({what})")
_OF = Text(" of {role}", " de {role}")
_EVERY = Text(", every one", ", chacun")
_SIGNS: Mapping[str, Text] = {
    "eq": Text("=", "="),
    "ne": Text("≠", "≠"),
    "gt": Text(">", ">"),
    "ge": Text("≥", "≥"),
    "lt": Text("<", "<"),
    "le": Text("≤", "≤"),
    "in": Text("in", "parmi"),
    "not_in": Text("not in", "hors de"),
    "matches": Text("matches", "correspond à"),
    "contains": Text("contains", "contient"),
}
_KNOWN = Text("{name} is known", "{name} est connu")
_UNKNOWN = Text("{name} is not known", "{name} n'est pas connu")


def condition_words(condition: Condition, lang: Lang) -> str:
    """Return what must hold: `container: state = exited, uptime_s > 20`."""
    if isinstance(condition, Ask):
        return _ask(condition, lang)
    if isinstance(condition, Not):
        told = condition_words(condition.part, lang)
        return _NOT.fill({"what": told}).pick(lang)
    joint = _AND if isinstance(condition, All) else _OR
    parts = (_part(part, lang) for part in condition.parts)
    return joint.pick(lang).join(parts)


def _part(condition: Condition, lang: Lang) -> str:
    """Return one of several conditions, in brackets where it has parts itself."""
    told = condition_words(condition, lang)
    return told if isinstance(condition, Ask | Not) else f"({told})"


def _ask(ask: Ask, lang: Lang) -> str:
    """Return one question and what its answer must be."""
    args = ", ".join(f"{name}={_value(value)}" for name, value in ask.args)
    head = f"{ask.probe}({args})" if args else ask.probe
    head += _OF.fill({"role": ask.of}).pick(lang) if ask.of else ""
    head += _EVERY.pick(lang) if ask.every else ""
    told = ", ".join(_compared(one, lang) for one in ask.expect)
    return f"{head}: {told}" if told else head


def _compared(one: Comparison, lang: Lang) -> str:
    """Return what one reading must be."""
    if one.op == "known":
        text = _KNOWN if one.value else _UNKNOWN
        return text.fill({"name": one.reading}).pick(lang)
    sign = _SIGNS[one.op].pick(lang) if one.op in _SIGNS else one.op
    return f"{one.reading} {sign} {_value(one.value)}"


def _value(value: object) -> str:
    """Return a value as YAML has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
