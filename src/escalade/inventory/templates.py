"""Jinja2 as Ansible sets it up: sandboxed, and a value keeps its type.

One expression alone is what it holds, a list or a number too; beside anything else it is
text. Backslashes in the strings of an expression stand for themselves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.lexer import Lexer

__all__ = ["render", "undefined"]

# No template can speak of it.
_NAMED = ""


def render(text: str, named: Callable[[str], object]) -> object:
    """Return a template filled; `named` gives what a name stands for, or KeyError.

    Raises what Jinja2 and `named` raise.
    """
    import jinja2

    made = cast("object", _environment().from_string(text).render({_NAMED: named}))
    if isinstance(made, jinja2.Undefined):
        # Any use of it raises what is undefined.
        return -made
    if isinstance(made, str):
        # Jinja2 drops the newlines at the end of a template.
        lost = _newlines(text) - _newlines(made)
        return made + "\n" * lost
    return made


def undefined(error: Exception) -> object:
    """Return what is not defined: `default` knows it, other uses raise the error."""

    def raised(_: str) -> Exception:
        return error

    return _environment().undefined(exc=cast("type[Any]", raised))


def _newlines(text: str) -> int:
    """Return how many newlines a text ends with."""
    return len(text) - len(text.rstrip("\n"))


@cache
def _environment() -> Environment:
    """Return the sandbox, with the few words of Ansible's that connections need."""
    from jinja2 import ChainableUndefined
    from jinja2 import StrictUndefined
    from jinja2.nativetypes import NativeCodeGenerator
    from jinja2.runtime import Context
    from jinja2.sandbox import SandboxedEnvironment
    from jinja2.utils import missing

    class Names(Context):
        """Looks up only the names that a template really uses."""

        def resolve_or_missing(self, key: str) -> Any:
            """Return what a name stands for."""
            try:
                return self.parent[_NAMED](key)
            except KeyError:
                return self.environment.globals.get(key, missing)

    class Missing(ChainableUndefined, StrictUndefined):
        """So is all inside it; is told in a list or a mapping too."""

        __repr__ = StrictUndefined.__str__

    class Code(NativeCodeGenerator):
        """A constant that stands alone keeps its type."""

        def _output_const_repr(self, group: Iterable[Any]) -> str:
            return repr(_joined(group))

    class Native(SandboxedEnvironment):
        """Values instead of text."""

        code_generator_class = Code
        context_class = Names
        concat = staticmethod(_joined)
        lexer = property(lambda _: _lexer())

    # What is made here are names and paths, never HTML.
    environment = Native(
        undefined=Missing, autoescape=False, trim_blocks=True, finalize=_listed
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": _data}
    environment.globals["lookup"] = _lookup
    environment.filters["ternary"] = _ternary
    environment.filters["regex_replace"] = _regex_replace
    return environment


@cache
def _lexer() -> Lexer:
    """Return what parts a template; all of them are written the same way."""
    from jinja2 import Environment
    from jinja2.lexer import TOKEN_STRING
    from jinja2.lexer import TOKEN_VARIABLE_BEGIN
    from jinja2.lexer import TOKEN_VARIABLE_END
    from jinja2.lexer import Lexer

    class Literal(Lexer):
        """YAML has read the backslashes: those of an expression are meant."""

        def tokeniter(
            self, *args: Any, **kwargs: Any
        ) -> Iterator[tuple[int, str, str]]:
            """Yield tokens, backslashes in strings of `{{ }}` doubled."""
            inside = False
            for line, kind, text in super().tokeniter(*args, **kwargs):
                if kind in (TOKEN_VARIABLE_BEGIN, TOKEN_VARIABLE_END):
                    inside = kind == TOKEN_VARIABLE_BEGIN
                doubled = inside and kind == TOKEN_STRING
                yield line, kind, text.replace("\\", "\\\\") if doubled else text

    return Literal(Environment(autoescape=False, trim_blocks=True))  # noqa: S701


def _joined(nodes: Iterable[Any]) -> Any:
    """Return the parts of a template as one: the only one, else their text."""
    known = [node for node in nodes if node is not None]
    if len(known) > 1:
        return "".join(map(str, known))
    return known[0] if known else None


def _listed(value: object) -> object:
    """Return tuples and what a filter yields as lists: Ansible knows no others."""
    if isinstance(value, Iterator | list | tuple):
        return [_listed(item) for item in value]
    return value


def _data(value: object) -> object:
    """Return a list or a mapping that is filled when it is asked for, for JSON."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"a {type(value).__name__} is no JSON")


def _lookup(kind: str, name: str) -> str:
    """Return a variable of this process: `lookup('env', 'USER')`."""
    if kind not in ("env", "ansible.builtin.env"):
        from jinja2 import TemplateRuntimeError

        raise TemplateRuntimeError(f"only lookup('env', ...) is known, not {kind!r}")
    return os.environ.get(name, "")


def _ternary(value: object, first: object, second: object) -> object:
    """Return the first where the value holds, else the second."""
    return first if value else second


def _regex_replace(value: object, pattern: str, replacement: str = "") -> str:
    """Return a text with what fits replaced."""
    return re.sub(pattern, replacement, str(value))
