"""What an earlier controller did of a level, in order: walked through, not done again.

The walk asks what comes next in it; where it is over, the walk acts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from itertools import islice
from itertools import takewhile

from escalade.model import Truth
from escalade.plans import Action
from escalade.plans import Did
from escalade.plans import Ended
from escalade.plans import PlannedStep
from escalade.plans import flat

__all__ = ["LEFT_OUT", "SAID", "UNMET", "Replay"]

SAID = {Truth.FALSE: "does not hold", Truth.UNKNOWN: "is not known"}
"""What is said of a condition that does not let a step act, or succeed."""
LEFT_OUT = {truth: f"its condition {said}" for truth, said in SAID.items()}
"""Why a step was left out: the reason that is kept of its actions."""
UNMET = {truth: f"its `until` {said}" for truth, said in SAID.items()}
"""Why an attempt failed that did all it should: kept of its last action."""


class Replay:
    """How actions of a level ended before, one after the other.

    `counts` tells how often each was executed, by id.
    """

    def __init__(self, steps: Iterable[PlannedStep], past: Iterable[Did]) -> None:
        ids = {a.id for top in steps for step in flat(top) for a in step.actions}
        own = [did for did in past if did.action in ids]
        self.counts = {did.action: did.attempt for did in own}
        # One that was interrupted was gone on with: what it came to is what follows.
        ended = (did for did in own[:-1] if did.ended is not Ended.INTERRUPTED)
        self._left = deque((*ended, *own[-1:]))

    @property
    def over(self) -> bool:
        """Whether nothing more is known to have happened."""
        return not self._left

    def take(self, action: Action) -> Did | None:
        """Return how an action's next execution ended, None where none is known."""
        if all(did.action != action.id for did in self._left):
            return None
        did = self._left.popleft()
        while did.action != action.id:
            did = self._left.popleft()
        return did

    def unmet(self, last: Did) -> Did | None:
        """Return what is kept of an `until` that did not hold after an action."""
        told = next(iter(self._left), last)
        if told.action != last.action or told.reason not in UNMET.values():
            return None
        return self._left.popleft()

    def next_in(self, actions: Collection[Action]) -> bool:
        """Whether what comes next is one of some actions."""
        return any(self._left and self._left[0].action == a.id for a in actions)

    def begun(self, actions: Sequence[Action]) -> Truth:
        """Tell whether a step had begun (TRUE), or was left out as a whole (FALSE)."""
        ids = {action.id for action in actions}
        first = islice(self._left, len(actions))
        told = tuple(takewhile(lambda did: did.action in ids, first))
        if not all(_left_out(did) for did in told):
            return Truth.TRUE
        return Truth.FALSE if told and len(told) == len(actions) else Truth.UNKNOWN


def _left_out(did: Did) -> bool:
    """Whether an action was passed over for a condition of its step."""
    return did.ended is Ended.SKIPPED and did.reason in LEFT_OUT.values()
