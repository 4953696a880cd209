"""A task of the operator's own tasks.py as a step: found, judged by its risk, run on a host.

Such a task is arbitrary code: it counts as disruptive unless it says otherwise
(`@risk("safe")`), and its connection is its context.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

from escalade.errors import EscaladeError
from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Status
from escalade.plans import Ended
from escalade.plans import Risk
from escalade.remedy.contexts import Bounds
from escalade.remedy.contexts import Over
from escalade.remedy.contexts import context_for
from escalade.remedy.groups import Group
from escalade.remedy.groups import Left
from escalade.remedy.groups import end
from escalade.remedy.spoken import Lines
from escalade.remedy.spoken import heard
from escalade.transport.base import Output
from escalade.transport.base import Transport
from escalade.transport.become import Become
from escalade.transport.outputs import one_line

if TYPE_CHECKING:
    from invoke.collection import Collection
    from invoke.config import Config
    from invoke.tasks import Task

__all__ = [
    "ATTRIBUTE",
    "Ran",
    "TaskInfo",
    "Terms",
    "checked",
    "find",
    "known",
    "run_task",
]

ATTRIBUTE = "escalade_risk"
"""Where a task's body says its risk: safe, disruptive or destructive."""
OURS = "escalade."
LOOK_S = 0.1
SHELL_S = 5.0
PARTING_S = 1.5
"""Seconds, twice, that a body gets to notice that its commands were ended."""
NOBODY = 999_999_999
"""A process group that no host can have: what was started is known by its tag alone."""


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A task of the operator's own: name, first line of its help, arguments, risk."""

    name: str
    doc: str
    arguments: tuple[str, ...]
    risk: Risk
    source: str


@dataclass(frozen=True, slots=True)
class Ran:
    """How a task ended on one host; `output` is the end of what it said, no secret in it.

    `orphan` says in one line what of it still runs.
    """

    ended: Ended
    code: int | None = None
    reason: str = ""
    output: str = ""
    orphan: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one call of a task is held to.

    It ends within `timeout_s`, or soon after `stop`, with all that it started on its
    host, which is known by `tag`. `say` is given each line that it says, `redact` takes
    secrets out of every text before. `password` gives sudo's on that host.
    """

    timeout_s: float
    tag: str
    stop: threading.Event
    redact: Callable[[str], str]
    say: Callable[[str], None]
    password: Callable[[], str] | None = field(default=None, repr=False)


# ------------------------------------------------------------------ which there are


def find(folder: Path, name: str = "tasks") -> Path | None:
    """Return the operator's tasks file as Invoke finds it: here, or above."""
    from invoke.exceptions import CollectionNotFound
    from invoke.loader import FilesystemLoader

    try:
        spec = FilesystemLoader(start=str(folder)).find(name)
    except CollectionNotFound:
        return None
    return Path(spec.origin) if spec and spec.origin else None


def known(folder: Path, name: str = "tasks") -> Mapping[str, TaskInfo]:
    """Return the operator's own tasks by name, ours aside; empty where there is no file.

    The file is executed, unless this program has loaded it already. Raises `UsageError`
    where it cannot be.
    """
    collection = _load(folder, name)
    if collection is None:
        return {}
    found: dict[str, TaskInfo] = {}
    for called in collection.task_names:
        task = collection[called]
        if not str(task.body.__module__).startswith(OURS):
            found[called] = _info(called, task)
    return found


def _info(name: str, task: Task[Any]) -> TaskInfo:
    """Return what must be known of a task."""
    import inspect

    parameters = tuple(inspect.signature(task.body).parameters)[1:]
    doc = (inspect.getdoc(task.body) or "").partition("\n")[0]
    return TaskInfo(
        name=name,
        doc=doc,
        arguments=parameters,
        risk=_risk(task),
        source=str(inspect.getsourcefile(task.body) or ""),
    )


def _risk(task: Any) -> Risk:
    """Return the highest risk that a task and those around it declare."""
    inner = [getattr(each, "task", each) for each in (*task.pre, *task.post)]
    return max([_own_risk(task), *(_risk(each) for each in inner)])


def _own_risk(task: Any) -> Risk:
    """Return what a task's body declares; disruptive where it says nothing."""
    word = getattr(task.body, ATTRIBUTE, Risk.DISRUPTIVE.word)
    words = {risk.word: risk for risk in Risk}
    if word not in words:
        raise UsageError(
            f"task {task.name}: its risk is one of {', '.join(words)}, not {word!r}"
        )
    return words[word]


def _load(folder: Path, name: str) -> Collection | None:
    """Return the operator's collection; the module is loaded once in a program."""
    from invoke.collection import Collection
    from invoke.loader import FilesystemLoader

    file = find(folder, name)
    if file is None:
        return None
    module = sys.modules.get(name)
    parent = file.parent.parent if file.name == "__init__.py" else file.parent
    if module is None or Path(str(getattr(module, "__file__", ""))) != file:
        try:
            module, _ = FilesystemLoader(start=str(folder)).load(name)
        except Exception as error:
            why = one_line(f"{type(error).__name__}: {error}")
            raise UsageError(f"{file}: {why}") from error
    return Collection.from_module(module, loaded_from=str(parent))


# ---------------------------------------------------------------------- how one runs


def checked(words: Sequence[str], *, folder: Path, name: str = "tasks") -> None:
    """Raise `UsageError` for words that `run_task` would refuse; nothing runs."""
    _calls(words, folder, name, None)


def run_task(
    words: Sequence[str],
    transport: Transport,
    terms: Terms,
    *,
    folder: Path,
    config: Config | None = None,
    name: str = "tasks",
) -> Ran:
    """Run a task (its name and the words of its command line) with a host as its context.

    `config` is the caller's own; without it the project's in `folder` is read. Raises
    `UsageError` for words that mean no task, before anything ran.
    """
    calls = _calls(words, folder, name, config)
    reached = _reached(transport)
    if not reached.status.answered:
        return Ran(Ended.UNREACHABLE, reason=terms.redact(reached.reason))
    lines = Lines(terms.redact, terms.say)
    bounds = Bounds(
        until=time.monotonic() + terms.timeout_s,
        tag=terms.tag,
        stop=threading.Event(),
        out=lines,
        password=terms.password,
    )
    done: list[Ran] = []

    def work() -> None:
        with heard(lines):
            done.append(_body(calls, transport, bounds))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive() and not terms.stop.is_set() and not bounds.over:
            thread.join(LOOK_S)
    except BaseException:
        _end(thread, transport, bounds)
        raise
    cut = thread.is_alive()
    # What left the group of a command that ended at its bound is still there, too.
    late = bool(done) and done[0].ended is Ended.TIMEOUT
    orphan = _end(thread, transport, bounds) if cut or late else ""
    ran = done[0] if done else Ran(Ended.TIMEOUT)
    if cut and ran.ended is not Ended.DONE:
        ran = Ran(Ended.INTERRUPTED if terms.stop.is_set() else Ended.TIMEOUT)
    return replace(
        ran,
        reason=terms.redact(ran.reason) or _why_cut(ran, terms),
        output=lines.finish(),
        orphan=terms.redact(orphan),
    )


def _reached(transport: Transport) -> Output:
    """Return whether a host is reached and its login shell does what it is told.

    Commands of a task go to the shell as they are, and what ends them does not; so a
    line of ours asks first.
    """
    reached = transport.open()
    if not reached.status.answered:
        return reached
    said = transport.run("exit 0", timeout_s=SHELL_S)
    return said if said.status is Status.UNREACHABLE else reached


def _why_cut(ran: Ran, terms: Terms) -> str:
    """Return why a task was ended that gave no reason itself."""
    if ran.ended is Ended.INTERRUPTED:
        return "stopped"
    timed_out = ran.ended is Ended.TIMEOUT
    return f"no end within {round(terms.timeout_s, 2):g} s" if timed_out else ""


def _calls(
    words: Sequence[str], folder: Path, name: str, config: Config | None
) -> tuple[Collection, Config, list[Any]]:
    """Return the calls that a command line comes to, and the configuration for them."""
    from invoke.config import Config
    from invoke.exceptions import ParseError
    from invoke.executor import Executor
    from invoke.parser import Parser

    collection = _load(folder, name)
    if collection is None:
        raise UsageError(f"no {name}.py in {folder} or above")
    if not words:
        raise UsageError("say which task to run")
    if words[0] not in collection.task_names and not _aliased(collection, words[0]):
        hint = nearest(words[0], collection.task_names)
        raise UsageError(f"no task {words[0]!r} in {find(folder, name)}{hint}")
    try:
        parsed = Parser(contexts=collection.to_contexts()).parse_argv(list(words))
    except ParseError as error:
        raise UsageError(f"{' '.join(words)}: {one_line(str(error))}") from error
    except (ValueError, TypeError, ArithmeticError) as error:
        # Whatever type a parameter's default has is called with the word.
        why = f"not what its parameter takes: {one_line(str(error))}"
        raise UsageError(f"{' '.join(words)}: {why}") from error
    if len(parsed) != 1:
        raise UsageError(f"{' '.join(words)}: one task at a time")
    made = config.clone() if config else Config(project_location=folder)
    if config is None:
        made.load_project()
    executor = Executor(collection, made)
    return collection, made, executor.expand_calls(executor.normalize(tuple(parsed)))


def _aliased(collection: Collection, word: str) -> bool:
    """Whether a word is another name of a task."""
    return any(word in aliases for aliases in collection.task_names.values())


def _body(
    calls: tuple[Collection, Config, list[Any]], transport: Transport, bounds: Bounds
) -> Ran:
    """Call the task and those around it; return how that ended."""
    collection, config, each = calls
    try:
        for call in each:
            bounds.check()
            config.load_collection(collection.configuration(call.called_as))
            config.load_shell_env()
            context = context_for(transport, config, bounds)
            call.task(context, *call.args, **call.kwargs)
    except Over:
        return Ran(Ended.TIMEOUT)
    except BaseException as error:
        return _failed(error, transport)
    return Ran(Ended.DONE, 0)


def _failed(error: BaseException, transport: Transport) -> Ran:
    """Return how a task ended that raised something."""
    from invoke.exceptions import CommandTimedOut
    from invoke.exceptions import Exit
    from invoke.exceptions import UnexpectedExit

    if isinstance(error, Exit | SystemExit):
        return _exited(error)
    if not (reached := transport.open()).status.answered:
        return Ran(Ended.UNREACHABLE, None, reached.reason)
    if isinstance(error, UnexpectedExit):
        code = error.result.exited
        return Ran(Ended.FAILED, code, f"`{error.result.command}` ended with {code}")
    if isinstance(error, CommandTimedOut):
        reason = (
            f"`{error.result.command}` did not end within {round(error.timeout, 2):g} s"
        )
        return Ran(Ended.TIMEOUT, None, reason)
    kind = "" if isinstance(error, EscaladeError) else f"{type(error).__name__}: "
    return Ran(Ended.FAILED, 1, one_line(f"{kind}{error}"))


def _exited(error: BaseException) -> Ran:
    """Return how a task ended that said so itself."""
    code = getattr(error, "code", 1)
    number = code if isinstance(code, int) else 0 if code is None else 1
    ended = Ended.FAILED if number else Ended.DONE
    said = getattr(error, "message", None) or (code if isinstance(code, str) else "")
    return Ran(ended, number, one_line(str(said)))


# ----------------------------------------------------------------------- how it ends


def _as_root(transport: Transport, password: Callable[[], str] | None) -> Transport:
    """Return a way to the same host, over the same connection, as root.

    What a task started as root or as somebody else, only root can end.
    """
    made: Any = copy(transport)
    made.become = Become("root", password)
    return cast("Transport", made)


def _end(thread: threading.Thread, transport: Transport, bounds: Bounds) -> str:
    """End all that a task started; return in one line what of it is left."""
    bounds.stop.set()
    orphans = _left(transport, bounds)
    thread.join(PARTING_S)
    if thread.is_alive() and not orphans:
        # A command may have been on its way to the host while we looked there.
        orphans = _left(transport, bounds)
        thread.join(PARTING_S)
    if thread.is_alive():
        orphans.append("the task itself goes on, between its commands")
    return "; ".join(orphans)


def _left(transport: Transport, bounds: Bounds) -> list[str]:
    """End what a task started, here too; return what is left, a line for each host."""
    host = transport.host.name
    orphans = [_ended_on(transport, bounds).orphan(host)]
    if bounds.at_home and transport.host.connection != "local":
        from escalade.model import Host
        from escalade.transport.local import LocalTransport

        here = _ended_on(LocalTransport(Host("localhost")), bounds)
        orphans.append(here.orphan("localhost"))
    return [each for each in orphans if each]


def _ended_on(transport: Transport, bounds: Bounds) -> Left:
    """End what carries the task's tag on a host."""
    group = Group(NOBODY, bounds.tag)
    if bounds.as_root:
        end(_as_root(transport, bounds.password), group)
    return end(transport, group)
