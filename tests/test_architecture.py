"""The house's plan, held against the code: arrows, start-up, size, words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parent.parent / "src"
MODULES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(
        ".__init__"
    ): path
    for path in sorted((SRC / "escalade").rglob("*.py"))
}

# Which rooms a room may see besides itself. Arrows point down only.
_NOUNS = ("model", "plans", "text", "errors")
_SECRETS = ("redact", "shapes")
_CONTENT = (*_NOUNS, *_SECRETS, "evidence", "runbooks")
_EDGES = ("transport", "inventory", "report", "settings", "paths", "journal", "remedy")
_ALL = ("run", "version", *_CONTENT, *_EDGES, "diagnosis")
ARROWS: Mapping[str, tuple[str, ...]] = {
    "": (),
    "text": (),
    "errors": (),
    "paths": (),
    "version": (),
    "ahead": (),
    "ending": ("errors",),
    "model": ("text",),
    "plans": ("model", "text"),
    "known": (),
    "shapes": ("known",),
    "redact": (*_NOUNS, "known", "shapes"),
    "settings": (*_NOUNS, "paths"),
    "transport": (*_NOUNS, "settings"),
    "inventory": (*_NOUNS, "known", "paths"),
    "evidence": (*_NOUNS, *_SECRETS, "transport"),
    "runbooks": (*_NOUNS, "evidence", "paths"),
    "diagnosis": _CONTENT,
    "remedy": (*_CONTENT, "diagnosis", "transport"),
    "journal": (*_NOUNS, "evidence", "paths"),
    "report": (*_NOUNS, "known", *_SECRETS),
    "run": ("ahead", *_CONTENT, *_EDGES, "diagnosis"),
    "collect": (*_CONTENT, *_EDGES),
    "climb": (*_ALL, "collect"),
    "schedule": (*_ALL, "climb"),
    "drills": (*_ALL, "climb"),
    "tasks": ("ending", "known", "schedule", "drills", "climb", "collect", *_ALL),
    "program": ("tasks", "ending", "version", *_NOUNS),
}
# Pure: values in, values out. None of these may reach one of the edges below.
PURE = (
    *_NOUNS,
    *_SECRETS,
    "diagnosis",
    "evidence.probe",
    *(
        f"remedy.{name}"
        for name in (
            "budget",
            "choose",
            "digest",
            "ladder",
            "plan",
            "plancodec",
            "render",
            "scene",
            "steps",
            "unfold",
            "verify",
        )
    ),
    "climb.policy",
    "climb.batches",
    # The nouns of the door, and a parser.
    "transport.base",
    "transport.frames",
)
WORLD = ("transport", "evidence.gather", "run", "tasks", "settings", "inventory")
WORLDLY_LIBRARIES = (
    "random",
    "secrets",
    "select",
    "selectors",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
)
# Reading an address is no input.
_SOCKET_PARSERS = {"AF_INET", "AF_INET6", "inet_ntop", "inet_pton"}
# Start-up is part of the product: these come when they are needed.
HEAVY = (
    "asyncio",
    "docker",
    "email",
    "fabric",
    "http.client",
    "importlib.metadata",
    "jinja2",
    "logging.config",
    "paramiko",
    "pydantic",
    "rich",
    "ssl",
    "unittest",
    "yaml",
)
ENTRANCES = ("escalade.tasks", "escalade.run", "escalade.program")
FILE_LINES = 400
FUNCTION_LINES = 45


# ------------------------------------------------------------------- reading


@cache
def tree_of(module: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(MODULES[module].read_text("utf-8"))


def _is_typing_only(node: ast.AST) -> bool:
    """Whether a statement is an `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _walk(node: ast.AST, *, lazy: bool) -> Iterator[ast.AST]:
    """Yield the nodes below one, those inside functions only where `lazy`."""
    for child in ast.iter_child_nodes(node):
        deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if _is_typing_only(child) or (deferred and not lazy):
            continue
        yield child
        yield from _walk(child, lazy=lazy)


@cache
def imports_of(module: str, *, lazy: bool = True) -> frozenset[str]:
    """Return the dotted names that a module imports, our own ones as modules."""
    names: set[str] = set()
    for node in _walk(tree_of(module), lazy=lazy):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.add(full if full in MODULES else node.module)
    return frozenset(names)


def room_of(module: str) -> str:
    """Return the room that a module stands in."""
    return module.removeprefix("escalade").removeprefix(".").partition(".")[0]


def is_in(name: str, places: Iterable[str]) -> bool:
    """Whether a dotted name is one of the places or stands below one."""
    return any(name == place or name.startswith(f"{place}.") for place in places)


def reach(start: str, *, lazy: bool) -> dict[str, str]:
    """Return every module of ours that one reaches, with the one that imports it."""
    found = {start: ""}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        ours = {name for name in imports_of(module, lazy=lazy) if name in MODULES}
        if module == "escalade.evidence.catalog":
            # It imports by name whatever lies in its folder.
            ours |= {name for name in MODULES if room_of(name) == "evidence"}
        # Importing a module imports the packages around it.
        ours |= {name.rpartition(".")[0] for name in ours} & MODULES.keys()
        for name in sorted(ours - found.keys()):
            found[name] = module
            waiting.append(name)
    return found


def way(found: Mapping[str, str], name: str) -> str:
    """Return the chain of imports that leads to a module, in words."""
    return name if not found[name] else f"{way(found, found[name])} -> {name}"


def defines_probe(module: str) -> bool:
    """Whether a file holds a module-level Probe."""
    return any(
        isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).split(".")[-1] == "Probe"
        for node in tree_of(module).body
    )


def pure_modules() -> list[str]:
    """Return the modules that hold no input, output, clock or chance."""
    return [
        module
        for module in MODULES
        if is_in(module.removeprefix("escalade."), PURE)
        or (room_of(module) == "evidence" and defines_probe(module))
    ]


def is_worldly(module: str) -> bool:
    """Whether a module stands at an edge; a package that only says so does not."""
    name = module.removeprefix("escalade.")
    return is_in(name, WORLD) and not is_in(name, PURE) and bool(imports_of(module))


# -------------------------------------------------------------------- arrows


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_down(module: str) -> None:
    """A room imports only the rooms that design gives it."""
    room = room_of(module)
    assert room in ARROWS, f"{module} stands in no known room: add it to ARROWS"
    seen = {room_of(name) for name in imports_of(module) if is_in(name, ["escalade"])}
    assert seen - {room, ""} <= set(ARROWS[room])


@pytest.mark.parametrize("module", pure_modules())
def test_pure_modules_do_not_reach_the_world(module: str) -> None:
    """Probes, diagnosis and the nouns cannot touch a host, not even through others."""
    found = reach(module, lazy=True)
    bad = [name for name in found if is_worldly(name)]
    assert not bad, way(found, bad[0])


@pytest.mark.parametrize("module", pure_modules())
def test_pure_modules_use_no_clock_and_no_chance(module: str) -> None:
    """Time, randomness and ids come in as arguments."""
    bad = {name for name in imports_of(module) if is_in(name, WORLDLY_LIBRARIES)}
    used = set(re.findall(r"\bsocket\.(\w+)", MODULES[module].read_text("utf-8")))
    assert bad - ({"socket"} if used <= _SOCKET_PARSERS else set()) == set()


# ------------------------------------------------------------------ start-up


@pytest.mark.parametrize("entrance", [name for name in ENTRANCES if name in MODULES])
def test_no_heavy_import_on_the_way_in(entrance: str) -> None:
    """Nothing that a start imports at module level imports a heavy library."""
    found = reach(entrance, lazy=False)
    bad = {
        f"{way(found, module)} -> {name}"
        for module in found
        for name in imports_of(module, lazy=False)
        if is_in(name, HEAVY)
    }
    assert not bad


def test_importing_the_tasks_loads_nothing_heavy_beyond_invoke() -> None:
    """The real start-up agrees: only what Invoke itself loads is loaded."""
    script = (
        "import sys, invoke.main; before = set(sys.modules); import escalade.tasks; "
        "print(*sorted(set(sys.modules) - before))"
    )
    command = [sys.executable, "-c", f"sys = __import__('sys'); {script}"]
    environment = {"PYTHONPATH": str(SRC)}
    loaded = subprocess.check_output(command, env=environment, text=True).split()
    assert not [name for name in loaded if is_in(name, HEAVY)]


# ---------------------------------------------------------------------- size


def code_lines(node: ast.AST, text: str) -> int:
    """Return the lines of a node without blanks, comments and docstrings."""
    lines = text.splitlines()
    first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", len(lines))
    skipped = {
        number
        for inner in ast.walk(node)
        if isinstance(inner, ast.Expr)
        and isinstance(inner.value, ast.Constant)
        and isinstance(inner.value.value, str)
        for number in range(inner.lineno, (inner.end_lineno or inner.lineno) + 1)
    }
    return sum(
        1
        for number in range(first, last + 1)
        if number not in skipped
        and lines[number - 1].strip()
        and not lines[number - 1].lstrip().startswith("#")
    )


@pytest.mark.parametrize("module", MODULES)
def test_files_and_functions_stay_small(module: str) -> None:
    """No file above 400 lines of code, no function above 45."""
    text = MODULES[module].read_text("utf-8")
    tree = tree_of(module)
    assert code_lines(tree, text) <= FILE_LINES
    large = {
        node.name: size
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := code_lines(node, text)) > FUNCTION_LINES
    }
    assert not large


def test_no_function_is_complex() -> None:
    """No function branches more than nine ways."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "C901", "--no-cache"]
    done = subprocess.run(
        [*command, "--output-format", "concise", str(SRC)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --------------------------------------------------------------------- words


@pytest.mark.parametrize("module", MODULES)
def test_each_file_says_what_it_is_for(module: str) -> None:
    """A file with code starts with a docstring."""
    tree = tree_of(module)
    assert not tree.body or ast.get_docstring(tree)


def public_nodes(module: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield the public classes and functions of a module with their names."""
    for node in _walk(tree_of(module), lazy=False):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name[0] != "_":
            yield f"{module}.{node.name}", node


def test_public_names_have_docstrings() -> None:
    """At least 95 in 100 public names say what a caller must know."""
    nodes = [pair for module in MODULES for pair in public_nodes(module)]
    bare = [name for name, node in nodes if not ast.get_docstring(node)]
    assert len(bare) <= len(nodes) * 0.05, bare


@pytest.mark.parametrize("module", MODULES)
def test_no_notes_to_self(module: str) -> None:
    """What is still to be done is an issue, not a comment."""
    text = MODULES[module].read_text("utf-8")
    assert not [word for word in ("TODO", "FIXME", "XXX") if word in text]
