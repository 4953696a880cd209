"""How the single questions are answered: gather, keep what was asked for, print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from escalade.errors import UsageError
from escalade.errors import nearest
from escalade.model import Evidence
from escalade.model import Severity
from escalade.model import Snapshot
from escalade.tasks.desk import checked_format
from escalade.tasks.desk import look_for
from escalade.tasks.jobs import Request
from escalade.tasks.jobs import ask
from escalade.tasks.jobs import snapshot_of

if TYPE_CHECKING:
    from invoke.context import Context

    from escalade.report.sheet import Sheet

__all__ = ["audit", "check", "logs", "ps", "request", "resources"]


def request(
    limit: list[str] | None,
    inventory: list[str] | None,
    stack: list[str] | None,
    kind: str,
    lang: str,
) -> Request:
    """Return what a single question asks for."""
    flags = {"limit": limit, "inventory": inventory, "stacks": stack, "lang": lang}
    return Request(flags, format=checked_format(kind))


def _with(asked: Request, mode: str) -> Request:
    """Return the request in a mode of its own."""
    return Request({**asked.flags, "mode": mode}, format=asked.format)


def ps(context: Context, asked: Request) -> int:
    """Answer what runs."""
    from escalade.report.tables import ps_table

    snapshot, settings = snapshot_of(context, _with(asked, "quick"))
    sheet = _with_unseen(ps_table(snapshot), snapshot)
    return ask(sheet, look_for(settings), asked.format)


def resources(context: Context, asked: Request) -> int:
    """Answer what is used of what there is."""
    from escalade.report.tables import resources_table

    snapshot, settings = snapshot_of(context, _with(asked, "full"))
    sheet = _with_unseen(resources_table(snapshot), snapshot)
    return ask(sheet, look_for(settings), asked.format)


def _with_unseen(sheet: Sheet, snapshot: Snapshot) -> Sheet:
    """Return a sheet that names hosts, Engines and stacks that were not seen, too."""
    from escalade.diagnosis.wishes import unfound
    from escalade.report.tables import unseen

    stacks = ((str(gap.node.stack), gap.reason) for gap in unfound(snapshot))
    missing = dict.fromkeys((*unseen(snapshot), *stacks, *sheet.missing))
    return replace(sheet, missing=tuple(missing))


def logs(context: Context, asked: Request, service: str, lines: int) -> int:
    """Answer what a service said last."""
    from escalade.report.tables import logs_lines

    snapshot, settings = snapshot_of(context, _with(asked, "quick"), tail=lines)
    pieces = [p for p in snapshot.evidence if p.address.probe == "log"]
    chosen = [p for p in pieces if service in (p.address.service, p.address.replica)]
    look = look_for(settings)
    sheet = _with_unseen(logs_lines(chosen, look, most=lines), snapshot)
    if not chosen and not sheet.missing:
        raise UsageError(
            f"no service or container {service!r}{_known(service, pieces)}"
        )
    return ask(sheet, look, asked.format)


def _known(word: str, pieces: list[Evidence]) -> str:
    """Return the nearest name, else all of them."""
    names = {n for p in pieces for n in (p.address.service, p.address.replica) if n}
    services = sorted({p.address.service for p in pieces if p.address.service})
    return nearest(word, names) or f"; there are: {', '.join(services) or 'none'}"


def check(context: Context, asked: Request, target: str) -> int:
    """Answer whether an address answers, from each host."""
    from escalade.report.progress import Silent
    from escalade.report.tables import answers_well
    from escalade.report.tables import check_lines
    from escalade.run import check_target
    from escalade.tasks.desk import road_for
    from escalade.tasks.desk import settings_for

    settings = settings_for(context, asked.flags)
    pieces = check_target(road_for(settings, Silent()), target)
    look = look_for(settings)
    code = ask(check_lines(target, pieces, look), look, asked.format)
    bad = any(not answers_well(piece) for piece in pieces)
    return code or (2 if bad else 0)


def audit(context: Context, asked: Request) -> int:
    """Answer what weaknesses the definition has."""
    from escalade.report.progress import Silent
    from escalade.report.tables import audit_lines
    from escalade.run import diagnose_hosts
    from escalade.tasks.desk import road_for
    from escalade.tasks.desk import settings_for

    settings = settings_for(context, asked.flags)
    snapshot, diagnosis = diagnose_hosts(road_for(settings, Silent()))
    look = look_for(settings)
    sheet = _with_unseen(audit_lines(diagnosis, look), snapshot)
    found = any(f.standing and f.severity > Severity.INFO for f in diagnosis.findings)
    return ask(sheet, look, asked.format) or (2 if found else 0)
