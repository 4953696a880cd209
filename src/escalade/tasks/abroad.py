"""How `invoke on PATTERN "task args"` works: hosts, approval, one run a host, a summary."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Host
from escalade.plans import Ended
from escalade.plans import Risk
from escalade.shapes import shaped
from escalade.tasks.again import again
from escalade.tasks.desk import road_for
from escalade.tasks.desk import settings_for
from escalade.tasks.desk import whole
from escalade.text import Lang
from escalade.text import Text

if TYPE_CHECKING:
    from invoke.config import Config
    from invoke.context import Context

    from escalade.remedy.usertasks import Ran
    from escalade.run import Road
    from escalade.settings import Settings

__all__ = ["Wanted", "approved", "on"]

TIMEOUT_S = 600
LEFT = 2
REFUSED = 5
_ASK = Text(
    "Run {task} ({risk}) on {hosts}? [y/N] ",
    "Lancer {task} ({risk}) sur {hosts} ? [o/N] ",
)
_NOT_ASKED = Text(
    "refused: {task} is {risk}, and nobody can be asked here; say --yes",
    "refusé : {task} est {risk}, et personne ne peut répondre ici ; dites --yes",
)
_WOULD = Text("would run {task} on {hosts}", "lancerait {task} sur {hosts}")
_SHUT = Text(
    "refused: {why}; --anytime overrides it",
    "refusé : {why} ; --anytime passe outre",
)
_DENIED = Text("refused: nobody agreed", "refusé : personne n'a consenti")
_DONE = Text(
    "{task}: done on {done} of {count} hosts",
    "{task} : fait sur {done} hôtes sur {count}",
)
_ENDINGS = {
    Ended.FAILED: Text("failed", "a échoué"),
    Ended.TIMEOUT: Text("not done in time", "pas fait à temps"),
    Ended.UNREACHABLE: Text("cannot be reached", "injoignable"),
    Ended.INTERRUPTED: Text("interrupted", "interrompu"),
    Ended.UNKNOWN: Text("not known", "inconnu"),
}
_RISKS = {
    Risk.SAFE: Text("safe", "sans danger"),
    Risk.DISRUPTIVE: Text("disruptive", "perturbateur"),
    Risk.DESTRUCTIVE: Text("destructive", "destructeur"),
}
_YES = ("y", "yes", "o", "oui")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: the hosts' pattern, the task's line, settings, consent.

    With `anytime`, maintenance windows are no matter.
    """

    pattern: str
    line: str
    flags: Mapping[str, object]
    timeout: str = ""
    yes: bool = False
    anytime: bool = False


def approved(
    risk: Risk, *, yes: bool, question: str, ask: Callable[[str], str] | None
) -> bool | None:
    """Return whether something may run; None where it needs a yes that nobody can give.

    `ask` asks a person, and is None where nobody is there to be asked.
    """
    if risk is Risk.SAFE or yes:
        return True
    return None if ask is None else ask(question).strip().lower() in _YES


def on(context: Context, wanted: Wanted) -> int:
    """Run a task on the hosts that a pattern means; return the exit code.

    Raises `UsageError` for a task, an argument or a pattern that cannot work.
    """
    from escalade.remedy.usertasks import checked
    from escalade.remedy.usertasks import known
    from escalade.report.progress import Silent
    from escalade.run import hosts_for

    settings = settings_for(context, {**wanted.flags, "limit": [wanted.pattern]})
    words = _words(wanted.line)
    folder, name = _home(context.config)
    tasks = known(folder, name)
    if words[0] not in tasks:
        hint = nearest(words[0], tasks)
        raise UsageError(f"no task {words[0]!r} in a {name}.py here or above{hint}")
    checked(words, folder=folder, name=name)
    hosts = hosts_for(settings)
    risk = tasks[words[0]].risk
    if context.config.run.dry:
        names = ", ".join(host.name for host in hosts)
        would = _WOULD.fill({"task": wanted.line, "hosts": names})
        print(shaped(would.pick(settings.lang)))
        return 0
    if risk > Risk.SAFE and not wanted.anytime and _shut(settings, hosts):
        return REFUSED
    if not _agreed(words[0], risk, hosts, wanted, settings.lang):
        return REFUSED
    timeout_s = whole("--timeout", wanted.timeout) if wanted.timeout else TIMEOUT_S
    road = road_for(settings, Silent())
    call = _Call(words, folder, name, context.config, float(timeout_s), len(hosts) > 1)
    ran = _everywhere(road, hosts, call)
    code = _told(ran, words, settings.lang)
    left = [host.name for host, each in ran if each.ended is not Ended.DONE]
    again(settings, road.run, "on", left=left, of=len(ran))
    return code


def _words(line: str) -> tuple[str, ...]:
    """Return the words of a task's line."""
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"{line!r}: {error}") from error
    if not words:
        raise UsageError("say which task to run, and its arguments: 'deploy --fast'")
    return words


def _home(config: Config) -> tuple[Path, str]:
    """Return where the operator's tasks are looked for, and their module's name."""
    root = config.tasks.search_root
    return (Path(root) if root else Path.cwd()), str(config.tasks.collection_name)


def _shut(settings: Settings, hosts: Sequence[Host]) -> bool:
    """Return whether a maintenance window holds back what disrupts a host; say which.

    Raises `UsageError` for a window that is for no host, as `fix` does.
    """
    from escalade.run import inventory_for
    from escalade.schedule.load import load_guards
    from escalade.schedule.windows import closed
    from escalade.schedule.windows import named

    guards = named(load_guards(settings.runbooks), partial(inventory_for, settings))
    now = time.time()
    for host in hosts:
        why = closed(now, None, host.name, guards)
        if why is not None:
            told = _SHUT.fill({"why": why.pick(settings.lang)}).pick(settings.lang)
            print(f"escalade: {told}", file=sys.stderr)
            return True
    return False


def _agreed(
    task: str, risk: Risk, hosts: Sequence[Host], wanted: Wanted, lang: Lang
) -> bool:
    """Return whether the task may run; say why not."""
    names = ", ".join(host.name for host in hosts)
    values = {"task": task, "risk": _RISKS[risk].pick(lang), "hosts": names}
    there = sys.stdin.isatty() and sys.stdout.isatty()
    answer = approved(
        risk,
        yes=wanted.yes,
        question=_ASK.fill(values).pick(lang),
        ask=input if there else None,
    )
    if not answer:
        text = _NOT_ASKED.fill(values) if answer is None else _DENIED
        print(f"escalade: {text.pick(lang)}", file=sys.stderr)
    return bool(answer)


# -------------------------------------------------------------------- on each host


@dataclass(frozen=True, slots=True)
class _Call:
    """One task as it is called on each host."""

    words: tuple[str, ...]
    folder: Path
    name: str
    config: Config
    timeout_s: float
    prefixed: bool


def _everywhere(
    road: Road, hosts: Sequence[Host], call: _Call
) -> list[tuple[Host, Ran]]:
    """Run a task on all hosts, at most `forks` at a time."""
    from escalade.climb.together import together

    # Each host has a configuration of its own: they are not made for several threads.
    calls = [(host, call.config.clone()) for host in hosts]
    ran = together(
        calls,
        lambda pair: _one(road, pair[0], call, pair[1]),
        forks=road.settings.forks,
        stop=road.stop,
    )
    return list(zip(hosts, ran, strict=True))


def _one(road: Road, host: Host, call: _Call, config: Config) -> Ran:
    """Run a task on one host over its one connection."""
    from escalade.remedy.usertasks import Terms
    from escalade.remedy.usertasks import run_task
    from escalade.run import password_of
    from escalade.run import reached

    head = f"{host.name}: " if call.prefixed else ""
    terms = Terms(
        timeout_s=call.timeout_s,
        tag=f"{road.run}/{host.name}/",
        stop=road.stop,
        redact=shaped,
        say=lambda line: _say(f"{head}{line}"),
        password=password_of(host, road.settings),
    )
    with reached(road, host) as transport:
        return run_task(
            call.words,
            transport,
            terms,
            folder=call.folder,
            config=config,
            name=call.name,
        )


def _say(line: str) -> None:
    """Print one line at once and whole, whichever thread says it."""
    stream = getattr(sys.stdout, "real", sys.stdout)
    stream.write(f"{line}\n")
    stream.flush()


# --------------------------------------------------------------------- how it ended


def _told(ran: Sequence[tuple[Host, Ran]], words: Sequence[str], lang: Lang) -> int:
    """Print how it ended; return the code."""
    from escalade.report.safe import clean

    left = [(host, each) for host, each in ran if each.ended is not Ended.DONE]
    for host, each in left:
        why = f": {each.reason}" if each.reason else ""
        text = _ENDINGS.get(each.ended, _ENDINGS[Ended.UNKNOWN]).pick(lang)
        print(clean(shaped(f"{host.name}: {text}{why}")))
    for host, each in ran:
        if each.orphan:
            print(clean(shaped(f"{host.name}: {each.orphan}")))
    values = {
        "task": words[0],
        "done": str(len(ran) - len(left)),
        "count": str(len(ran)),
    }
    print(clean(_DONE.fill(values).pick(lang)))
    return LEFT if left else 0
