"""Escalade's tasks: diagnose, fix, one for each step, single questions, the memory."""

from __future__ import annotations

from invoke.collection import Collection

from escalade.ending import end_in_one_line
from escalade.tasks import demo
from escalade.tasks import hosts
from escalade.tasks import runbook
from escalade.tasks import schedule
from escalade.tasks.diagnose import diagnose
from escalade.tasks.fix import apply
from escalade.tasks.fix import approve
from escalade.tasks.fix import fix
from escalade.tasks.fix import resume
from escalade.tasks.history import budget
from escalade.tasks.history import history
from escalade.tasks.history import show
from escalade.tasks.on import on
from escalade.tasks.questions import audit
from escalade.tasks.questions import check
from escalade.tasks.questions import logs
from escalade.tasks.questions import ps
from escalade.tasks.questions import resources
from escalade.tasks.steps import step_tasks

__all__ = ["ns"]

_questions = (audit, check, diagnose, logs, ps, resources)
_acts = (apply, approve, fix, history, on, resume, show)
ns = Collection("escalade", *_questions, *_acts)
for _task in step_tasks(frozenset(ns.task_names)):
    ns.add_task(_task)
for _collection in (budget, demo.ns, hosts.ns, runbook.ns, schedule.ns):
    ns.add_collection(_collection)

end_in_one_line()
