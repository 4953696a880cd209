"""handoff: the message that the next person reads, with the right page to read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from collections.abc import Mapping

from escalade.evidence.probe import Argument
from escalade.model import Node
from escalade.model import args_of
from escalade.plans import Action
from escalade.plans import Collect
from escalade.remedy.scene import Scene
from escalade.remedy.step import Arguments
from escalade.remedy.step import CannotError
from escalade.remedy.step import StepKind
from escalade.text import Text

__all__ = ["HANDOFF", "PAGES", "pages_for"]

ON_CALL = "on-call"
_DOCKER = (
    "https://docs.docker.com/engine/daemon/troubleshoot/",
    "https://docs.docker.com/compose/support-and-feedback/faq/",
)
PAGES: Mapping[str, tuple[str, ...]] = {
    "livekit": (
        "https://docs.livekit.io/transport/self-hosting/deployment/",
        "https://docs.livekit.io/transport/self-hosting/ports-firewall/",
    ),
    "agent": (
        "https://docs.livekit.io/agents/deployment/",
        "https://docs.livekit.io/transport/self-hosting/deployment/",
    ),
    "token": ("https://docs.livekit.io/transport/self-hosting/deployment/",),
    "redis": (
        "https://redis.io/docs/latest/operate/oss_and_stack/management/troubleshooting/",
        "https://redis.io/docs/latest/operate/",
    ),
    "llm": ("https://docs.mistral.ai/",),
    "stt": ("https://alphacephei.com/vosk/server",),
}
"""What whoever makes a role's software says about running it."""
_WHY = Text(
    "a person decides from here: cause, what was done, what to do",
    "à une personne de décider : cause, ce qui a été fait, que faire",
)


def pages_for(role: str | None) -> tuple[str, ...]:
    """Return the pages to read about a role; Docker's own where it has none."""
    return PAGES.get(role or "", _DOCKER)


def _actions(scene: Scene, node: Node, args: Arguments) -> Iterator[Action]:
    """Yield one message."""
    given = args.get("see")
    see = given if isinstance(given, tuple) else ()
    for page in see:
        if not page.startswith(("https://", "http://")):
            raise CannotError(f"handoff: see is a web address, not {page!r}")
    role = scene.roles.get(node) if node.service else None
    pages = tuple(dict.fromkeys((*see, *pages_for(role))))
    to = str(args.get("to") or ON_CALL)
    yield Action(
        host=scene.host,
        step=HANDOFF.name,
        node=node,
        do=Collect("handoff", args_of({"to": to, "see": pages})),
        command=shlex.join(("invoke", "handoff", "--to", to)),
        why=_WHY,
        timeout_s=30.0,
    )


HANDOFF = StepKind(
    name="handoff",
    doc="Write the message that the next person reads: cause, deeds, evidence, advice.",
    actions=_actions,
    arguments={"to": Argument(str, default=ON_CALL), "see": Argument(str, many=True)},
    help={
        "to": "who takes over",
        "see": "a web page to read first; repeatable, or several with commas",
    },
    timeout_s=60.0,
)
