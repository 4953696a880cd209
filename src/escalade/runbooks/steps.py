"""The steps of a ladder: one word with its arguments, and how it is carried out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from escalade.errors import nearest
from escalade.evidence.probe import Argument
from escalade.model import Condition
from escalade.model import Step
from escalade.runbooks.arguments import single
from escalade.runbooks.conditions import condition
from escalade.runbooks.controls import numbers
from escalade.runbooks.controls import words_of
from escalade.runbooks.shape import NAME
from escalade.runbooks.shape import loose
from escalade.runbooks.shape import mistyped
from escalade.runbooks.shape import void
from escalade.runbooks.shape import voids
from escalade.runbooks.spot import Spot
from escalade.runbooks.templates import check
from escalade.runbooks.templates import is_template
from escalade.runbooks.templates import variable
from escalade.runbooks.variables import Variables
from escalade.runbooks.variables import variables
from escalade.runbooks.words import Words

__all__ = ["CONTROLS", "GROUP", "Steps", "flat"]

GROUP = "group"
HANDLERS = ("on_failed", "on_unreachable", "on_timeout", "always")
NUMBERS = ("attempts", "backoff", "cap", "jitter", "timeout")
CONTROLS = ("when", "until", *NUMBERS, *HANDLERS, "register", "vars", "tags")
"""The keys beside a step's word."""
_DEEPEST = 5
_STEP = re.compile(r"[a-z][a-z0-9]*([-_.][a-z0-9]+)*")


def flat(steps: Iterable[Step]) -> Iterable[Step]:
    """Yield steps and all below them, in the order of the file."""
    for step in steps:
        yield step
        yield from flat(
            (
                *step.group,
                *step.on_failed,
                *step.on_unreachable,
                *step.on_timeout,
                *step.always,
            ),
        )


@dataclass(slots=True)
class Steps:
    """Reads the steps of one ladder; `registered` grows on the way, name to line."""

    words: Words
    registered: dict[str, int] = field(default_factory=dict)

    def level(self, spot: Spot, given: Variables, depth: int = 1) -> tuple[Step, ...]:
        """Return the steps of a list; those with problems are reported and left out.

        `given` are the variables in force there; None where they are not known.
        """
        if not isinstance(spot.value, list):
            spot.wrong(mistyped(spot, "a list"))
            return ()
        if not spot.value:
            spot.wrong(f"{spot.name!r} is empty")
        if depth > _DEEPEST:
            spot.wrong(f"steps are nested more than {_DEEPEST} deep")
            return ()
        found = [self.step(below, given, depth) for below in spot.each()]
        return tuple(step for step in found if step)

    def step(self, spot: Spot, given: Variables, depth: int) -> Step | None:
        """Return the step at a place; None where it is none (reported)."""
        if spot.value is None:
            void(spot)
            return None
        if not isinstance(spot.value, dict):
            spot.wrong(mistyped(spot, "a mapping"))
            return None
        word = self._word(spot)
        if "vars" in spot.value and spot.at("vars").value is None:
            void(spot.at("vars"))
        own = variables(spot.at("vars"))
        given = None if given is None else {**given, **own}
        plain = self._plain(spot, given)
        if "when" in spot.value:
            plain["when"] = self._condition(spot.at("when"))
        inner: tuple[Step, ...] = ()
        args: dict[str, object] = {}
        if word and word.name == GROUP:
            inner = self._below(word, given, depth)
        elif word:
            args = self._arguments(word, given)
        self._register(spot.at("register"))
        if "until" in spot.value:
            # Asked once the step itself is registered: it may ask about that.
            plain["until"] = self._condition(spot.at("until"))
        handlers: dict[str, Any] = {
            name: self._below(spot.at(name), given, depth)
            for name in HANDLERS
            if name in spot.value
        }
        if word is None:
            return None
        return Step(
            word.name,
            args,
            group=inner,
            vars=given or {},
            source=f"{spot.document.file}:{word.line}",
            **plain,
            **handlers,
        )

    def _below(self, spot: Spot, given: Variables, depth: int) -> tuple[Step, ...]:
        """Return the steps of a group or a handler."""
        if spot.value is None:
            void(spot)
            return ()
        return self.level(spot, given, depth + 1)

    # ------------------------------------------------------------------ the word

    def _word(self, spot: Spot) -> Spot | None:
        """Return the place of the step's word; None where it is not one (reported)."""
        if not spot.value:
            spot.wrong(f"{spot.name!r} is empty")
            return None
        found = [below for below in spot.values() if below.name not in CONTROLS]
        if not found:
            keys = ", ".join(spot.value)
            spot.wrong(f"a step says what to do: there is only {keys}")
            return None
        known = [below for below in found if self._known(below.name)]
        if len(found) > 1 and len(known) != 1:
            spot.wrong(f"a step is a mapping of one word, not {len(found)}")
            return None
        word = known[0] if known else found[0]
        for below in found:
            if below is not word:
                close = nearest(below.name, CONTROLS)
                close = close or f"; known here: {', '.join(CONTROLS)}"
                below.misplaced(f"unknown key {below.name!r}{close}")
        return word if self._named(word) else None

    def _known(self, name: str) -> bool:
        """Whether a word is a step for sure."""
        return name == GROUP or name in {*(self.words.kinds or ())}

    def _named(self, word: Spot) -> bool:
        """Whether a word can be a step's name; what cannot is reported."""
        if not _STEP.fullmatch(word.name):
            word.misplaced(f"{word.name!r} is not a name: {NAME}")
            return False
        return word.name == GROUP or self.words.step(word)

    # ------------------------------------------------------------- the arguments

    def _arguments(self, word: Spot, given: Variables) -> dict[str, object]:
        """Return a step's arguments, templates as they stand."""
        if word.value is None:
            void(word, ": write {}")
            return {}
        if not isinstance(word.value, dict):
            word.wrong(mistyped(word, "a mapping"))
            return {}
        loose(word)
        known = self.words.arguments_of(word.name)
        if known is None:
            return {name: _any(below, given) for name, below in word.items()}
        for name, argument in known.items():
            if argument.required and name not in word.value and name != "service":
                word.misplaced(f"{word.name} needs the argument {name!r}")
        found: dict[str, object] = {}
        for name, below in word.items():
            if name in known:
                found[name] = _argument(below, known[name], given)
            else:
                close = nearest(name, known) or f"; known: {', '.join(known) or 'none'}"
                below.misplaced(f"{word.name} has no argument {name!r}{close}")
        return found

    # --------------------------------------------------------------- the controls

    def _plain(self, spot: Spot, given: Variables) -> dict[str, Any]:
        """Return the numbers and words beside a step's word."""
        found: dict[str, Any] = {}
        places = {
            name: _filled(spot.at(name), given)
            for name in NUMBERS
            if name in spot.value
        }
        found |= numbers(places, given)
        if "register" in spot.value:
            found["register"] = "".join(words_of(spot.at("register")))
        if "tags" in spot.value:
            found["tags"] = words_of(spot.at("tags"))
        return found

    def _condition(self, spot: Spot) -> Condition | None:
        """Return a step's condition, which may ask what earlier steps registered."""
        list(voids(spot))
        words = replace(self.words, registered=frozenset(self.registered))
        return condition(spot, words)

    def _register(self, spot: Spot) -> None:
        """Note a step's name for those that come after it."""
        name = spot.value
        if not isinstance(name, str):
            return
        if name in self.registered:
            since = f"first in line {self.registered[name]}"
            spot.wrong(f"{name!r} is registered twice ({since})")
        self.registered.setdefault(name, spot.line)


# ------------------------------------------------------------------------ values


def _filled(spot: Spot, given: Variables) -> Spot:
    """Return a place whose value, a variable and nothing else, is that variable's."""
    if given is None or not isinstance(spot.value, str):
        return spot
    name = variable(spot.value) or ""
    return replace(spot, value=given[name]) if name in given else spot


def _any(spot: Spot, given: Variables) -> object:
    """Return a value of a step whose arguments nobody knows, its templates checked."""
    spot = _filled(spot, given)
    if isinstance(spot.value, dict):
        return {name: _any(below, given) for name, below in spot.items()}
    if isinstance(spot.value, list):
        return [_any(below, given) for below in spot.each()]
    if is_template(spot.value):
        check(spot, given)
    return spot.value


def _argument(spot: Spot, argument: Argument, given: Variables) -> object:
    """Return an argument's value: typed, or a template that says it later."""
    if spot.value is None:
        void(spot)
        return None
    spot = _filled(spot, given)
    if argument.many and isinstance(spot.value, list):
        if not spot.value:
            spot.wrong(f"{spot.name!r} is empty")
        name = spot.name
        return [
            _one(_filled(below, given), argument, given, name) for below in spot.each()
        ]
    one = _one(spot, argument, given, spot.name)
    return [one] if argument.many else one


def _one(spot: Spot, argument: Argument, given: Variables, name: str) -> object:
    """Return one value."""
    if is_template(spot.value):
        check(spot, given)
        return spot.value
    return single(spot, argument, name)
