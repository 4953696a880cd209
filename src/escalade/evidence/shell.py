"""A host's shell questions: one script for the host, one exec a container elsewhere.

As root every snippet travels in the batch, those from inside a container through
nsenter. Otherwise they are put to the container by the Engine's exec, grouped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping

from escalade.evidence.ask import Asker
from escalade.evidence.ask import Shell
from escalade.evidence.batch import CUT
from escalade.evidence.batch import RUNNER
from escalade.evidence.batch import Batch
from escalade.evidence.batch import Snippet
from escalade.evidence.batch import argv
from escalade.evidence.batch import build
from escalade.evidence.batch import take_apart
from escalade.evidence.parsing import as_dict
from escalade.evidence.parsing import whole
from escalade.evidence.probe import Answer
from escalade.evidence.probe import Inside
from escalade.evidence.reply import as_answer
from escalade.model import Status
from escalade.transport.base import Output
from escalade.transport.base import Transport
from escalade.transport.engine_api import EngineApi
from escalade.transport.engine_api import Reply
from escalade.transport.frames import docker_logs
from escalade.transport.outputs import Kept

__all__ = ["ask_shell", "run_batch"]

SLOW_S = 4.0
"""A snippet that may take longer runs in a group of its own."""
QUICK_S = 2.0
"""Within this a group of quick snippets has to end; else each gets its own bound."""
SPARE_S = 1.0
"""How much earlier than the deadline a group must end, to be heard at all."""

_EXEC = 'command -v timeout >/dev/null 2>&1 || timeout() { shift 3; "$@"; }\n'
"""An image has a shell of its own, and perhaps nothing else: snippets put by exec are
POSIX, look for what they need there, and say so where it is missing."""

_HEARD = (Status.OK, Status.TIMEOUT)
"""How a quick round may end whose missing answers are worth a careful one."""

Waiting = Mapping[int, Shell]


def ask_shell(
    asker: Asker,
    transport: Transport,
    engine: EngineApi,
    *,
    spawn: Callable[[Callable[[], None]], None],
) -> None:
    """Ask every shell question that jobs wait for; `spawn` runs a task on the side."""
    waiting = dict(enumerate(asker.shell))
    if not waiting:
        return
    facts = waiting[0].job.target.facts
    bash = bool(facts.get("has_bash"))
    enter = bash and bool(facts.get("root") and facts.get("has_nsenter"))
    boxed: dict[str, dict[int, Shell]] = {}
    hosted: dict[int, Shell] = {}
    for key, one in waiting.items():
        if isinstance(one.question, Inside) and not enter:
            boxed.setdefault(one.job.target.address.replica or "", {})[key] = one
        else:
            hosted[key] = one
    for group in boxed.values():
        spawn(_exec_task(asker, engine, group))
    if hosted:
        _ask_host(asker, transport, hosted, bash=bash)


def _snippet(key: int, one: Shell) -> Snippet:
    """Return a question as a snippet of the batch."""
    question, target = one.question, one.job.target
    pid, group = None, one.job.probe.name
    if isinstance(question, Inside):
        pid = whole(as_dict(target.inspect.get("State")).get("Pid"))
        group = target.address.replica or group
    elif question.timeout_s > SLOW_S:
        group = f"{one.job.probe.name} {key}"
    return Snippet(key, question.text, question.timeout_s, question.limit, group, pid)


def _ask_host(
    asker: Asker, transport: Transport, hosted: Waiting, *, bash: bool
) -> None:
    """Run the batch, in as few lines as their length allows, and hand out answers.

    Asked quickly first: what came to no end that way is asked once more, carefully.
    """
    quick_s = QUICK_S if asker.deadline.left_s > 2 * QUICK_S else 0.0
    left = _round(asker, transport, hosted, bash=bash, quick_s=quick_s)
    if left:
        left = _round(asker, transport, left, bash=bash, quick_s=0.0)
    long = Answer(Status.UNSUPPORTED, reason="the question is too long for one line")
    for one in left.values():
        asker.answer(one.job, one.place, long)


def _round(
    asker: Asker, transport: Transport, hosted: Waiting, *, bash: bool, quick_s: float
) -> Waiting:
    """Ask once; return the questions that are still without an answer."""
    nonce = os.urandom(8).hex()
    snippets = [_snippet(key, one) for key, one in hosted.items()]
    bound_s = asker.deadline.left_s - SPARE_S
    left = dict(hosted)
    for batch in build(
        snippets, nonce=nonce, bash=bash, bound_s=bound_s, quick_s=quick_s
    ):
        output = run_batch(transport, batch, bound_s=float(int(asker.deadline.left_s)))
        answers = take_apart(output.stdout, snippets, nonce=nonce)
        missing = _missing(output)
        for key in batch.keys:
            answer = answers.get(key)
            again = answer is None or answer.reason == CUT
            if quick_s and again and output.status in _HEARD:
                continue
            one = left.pop(key)
            asker.answer(one.job, one.place, answer or missing)
    return left


def run_batch(transport: Transport, batch: Batch, *, bound_s: float) -> Output:
    """Run a batch's line; reading ends at its limit, and then the line, too."""
    bounds = [max(bound_s, 1.0), *([batch.bound_s] if batch.bound_s else [])]
    stream = transport.stream(batch.line, timeout_s=min(bounds))
    kept = Kept(batch.limit)
    while not kept.truncated:
        try:
            kept.add(next(stream))
        except StopIteration as stop:
            output: Output = stop.value
            return output._replace(stdout=kept.value)
    stream.close()
    return Output(Status.OK, stdout=kept.value, truncated=True)


def _missing(output: Output) -> Answer:
    """Return the answer of a snippet that left no trace in a batch's output."""
    if output.status is not Status.OK:
        return Answer(output.status, reason=output.reason)
    if output.truncated:
        return Answer(Status.ERROR, reason="the host's output passed its bound")
    return Answer(Status.TIMEOUT, reason="those before it took too long there")


def _exec_task(asker: Asker, engine: EngineApi, group: Waiting) -> Callable[[], None]:
    """Return the task that puts one container's snippets to it by exec."""

    def task() -> None:
        try:
            answers = _exec(engine, group, bound_s=asker.deadline.left_s)
        except Exception as error:  # a host in trouble is a value
            reason = f"{type(error).__name__}: {error}"
            answers = dict.fromkeys(group, Answer(Status.ERROR, reason=reason))
        for key, one in group.items():
            asker.answer(one.job, one.place, answers[key])

    return task


def _exec(engine: EngineApi, group: Waiting, *, bound_s: float) -> Mapping[int, Answer]:
    """Return the answers of one exec; the Engine's refusal is everybody's answer."""
    nonce = os.urandom(8).hex()
    snippets = [_snippet(key, one) for key, one in group.items()]
    words = argv(snippets, program="sh", nonce=nonce)
    command = ["sh", "-c", _EXEC + RUNNER, "escalade", *words]
    wish = {"AttachStdout": True, "AttachStderr": True, "Cmd": command}
    box = next(iter(group.values())).job.target.inspect
    path = f"/containers/{box.get('Id')}/exec"
    made = _post(engine, path, wish, bound_s=bound_s)
    if not isinstance(made, dict):
        return dict.fromkeys(group, made)
    start = {"Detach": False, "Tty": False}
    body = json.dumps(start).encode()
    limit = sum(s.limit + 500 for s in snippets)
    reply = engine.post(
        f"/exec/{made.get('Id')}/start", body, timeout_s=bound_s, limit=limit
    )
    said = _streams(reply)
    answers = take_apart(said["stdout"], snippets, nonce=nonce)
    missing = _unheard(reply, said)
    return {key: answers.get(key, missing) for key in group}


def _post(
    engine: EngineApi, path: str, wish: Mapping[str, object], *, bound_s: float
) -> dict[str, object] | Answer:
    """Return the Engine's JSON answer, or why there is none."""
    body = json.dumps(wish).encode()
    reply = engine.post(path, body, timeout_s=bound_s, limit=100_000)
    answer = as_answer(reply)
    if not answer.status.answered:
        return answer
    try:
        return dict(as_dict(json.loads(reply.body)))
    except (ValueError, RecursionError):
        return Answer(Status.ERROR, reason="the Engine answered no JSON")


def _streams(reply: Reply) -> dict[str, bytes]:
    """Return what an exec wrote, by stream."""
    said: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
    for frame in docker_logs([reply.body]):
        said.setdefault(frame.stream, []).append(frame.data)
    return {name: b"".join(parts) for name, parts in said.items()}


def _unheard(reply: Reply, said: Mapping[str, bytes]) -> Answer:
    """Return why a snippet put by exec has no answer."""
    answer = as_answer(reply)
    if not answer.status.answered:
        return answer
    words = _one_line((said["stdout"], said["stderr"]))
    if "executable file not found" in words:
        return Answer(Status.UNSUPPORTED, reason=words)
    return Answer(Status.TIMEOUT, reason=words or "no answer in time")


def _one_line(parts: Iterable[bytes]) -> str:
    """Return the first words of what was said."""
    return " ".join(b" ".join(parts).decode("utf-8", "replace").split())[:200]
