"""Escalade's tasks: diagnose a stack, ask its hosts single questions, run the demo."""

from __future__ import annotations

from invoke.collection import Collection

from escalade.ending import end_in_one_line
from escalade.tasks import demo
from escalade.tasks import hosts
from escalade.tasks import runbook
from escalade.tasks.diagnose import diagnose
from escalade.tasks.questions import audit
from escalade.tasks.questions import check
from escalade.tasks.questions import logs
from escalade.tasks.questions import ps
from escalade.tasks.questions import resources

__all__ = ["ns"]

ns = Collection("escalade", audit, check, diagnose, logs, ps, resources)
for _module in (demo, hosts, runbook):
    ns.add_collection(_module.ns)

end_in_one_line()
