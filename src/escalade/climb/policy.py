"""What may run, and who must say so: pure, from risk, settings and flags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from escalade.plans import Plan
from escalade.plans import Risk
from escalade.text import NO_TEXT
from escalade.text import Text

__all__ = ["Answer", "Decision", "Policy", "decide"]


class Answer(Enum):
    """What becomes of a plan before anything runs."""

    GO = "go"
    ASK = "ask"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Policy:
    """What was allowed.

    `unattended` is the highest risk that runs without a word (None: nothing does);
    `most` the highest that runs at all; `yes` says that the operator agreed beforehand;
    `terminal` whether somebody can be asked. `closed` says why a plan may not run now
    (maintenance windows), None that it may.
    """

    unattended: Risk | None = Risk.SAFE
    most: Risk = Risk.DISRUPTIVE
    yes: bool = False
    terminal: bool = False
    closed: Callable[[Plan], Text | None] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and why where it is no."""

    answer: Answer
    reason: Text = NO_TEXT


def decide(plan: Plan, policy: Policy) -> Decision:
    """Return whether a plan runs, is asked about, waits for approval, or is refused."""
    if all(action.reads for action in plan.actions):
        return Decision(Answer.GO)
    shut = policy.closed(plan) if policy.closed is not None else None
    if shut is not None:
        return Decision(Answer.REFUSE, shut)
    risk = plan.risk
    if risk > policy.most:
        return Decision(Answer.REFUSE, _too_risky(risk, policy.most))
    unattended = policy.unattended is not None and risk <= policy.unattended
    if unattended or policy.yes:
        return Decision(Answer.GO)
    if policy.terminal:
        return Decision(Answer.ASK)
    return Decision(Answer.WAIT, _unasked(risk))


def _too_risky(risk: Risk, most: Risk) -> Text:
    """Return why a plan is above what is allowed."""
    return Text(
        f"the plan is {risk.word} and the policy allows {most.word} at most: "
        f"--max-risk {risk.word} allows it",
        f"le plan est « {risk.word} » et la règle permet « {most.word} » au plus : "
        f"--max-risk {risk.word} le permet",
    )


def _unasked(risk: Risk) -> Text:
    """Return why a plan waits."""
    return Text(
        f"the plan is {risk.word} and there is no terminal to ask on: "
        "approve it, or say --yes",
        f"le plan est « {risk.word} » et il n'y a pas de terminal pour demander : "
        "approuvez-le, ou dites --yes",
    )
