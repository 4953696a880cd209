"""Make one whole call as a user would; exit 0 only if the answer came back.

The stages are: token, join, agent, speech, answer. One line of JSON on standard output
tells how long each took since the start, or at which one the call ended and why.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import aiohttp
from livekit import rtc

STAGES = ("token", "join", "agent", "speech", "answer")
FRAMES_PER_SECOND = 50


@dataclass
class Call:
    """One call: what it looks for, and how far it got."""

    nonce: str
    begun: float = field(default_factory=time.monotonic)
    reached: dict[str, float] = field(default_factory=dict)
    heard: str = ""

    def reach(self, stage: str) -> None:
        """Note that stage is done."""
        self.reached[stage] = round(time.monotonic() - self.begun, 2)

    def next_stage(self) -> str:
        """Return the stage that is under way."""
        return next((s for s in STAGES if s not in self.reached), "end")


def speak(text: str, voice: str, path: Path) -> wave.Wave_read:
    """Return text as spoken sound."""
    subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text],
        check=True,
        timeout=20,
    )
    return wave.open(str(path), "rb")


async def fetch_token(url: str, call: Call) -> dict[str, Any]:
    """Ask the token service for a token whose metadata carries the nonce."""
    asked = {
        "identity": f"caller-{call.nonce}",
        "room": f"room-{call.nonce}",
        "metadata": call.nonce,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/token", params=asked) as response,
    ):
        body = await response.text()
        if response.status != 200:
            raise RuntimeError(
                f"token service answered {response.status}: {body[:200]}"
            )
        answer: dict[str, Any] = json.loads(body)
    return answer


def future_on(
    room: rtc.Room, event: str, choose: Callable[[Any], str | None]
) -> asyncio.Future[str]:
    """Return a future that the first event with a chosen value completes."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def seen(value: Any, *_: Any) -> None:
        chosen = choose(value)
        if chosen is not None and not found.done():
            found.set_result(chosen)

    room.on(event, seen)
    return found


def agent_identity(participant: rtc.RemoteParticipant) -> str | None:
    """Return the identity of an agent, and nothing for anyone else."""
    kind = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
    return participant.identity if participant.kind == kind else None


async def talk(source: rtc.AudioSource, sound: wave.Wave_read, call: Call) -> None:
    """Speak in real time, then send silence: it is how the end of speech is heard."""
    rate = sound.getframerate()
    size = rate // FRAMES_PER_SECOND
    silence = bytes(size * 2)
    while True:
        data = sound.readframes(size)
        if not data and "speech" not in call.reached:
            call.reach("speech")
        await source.capture_frame(
            rtc.AudioFrame((data + silence)[: size * 2], rate, 1, size)
        )


async def converse(
    room: rtc.Room, answers: asyncio.Future[str], call: Call, sound: wave.Wave_read
) -> None:
    """Publish the sound and wait for an answer that holds the nonce."""
    left = future_on(room, "participant_disconnected", agent_identity)
    source = rtc.AudioSource(sound.getframerate(), 1)
    track = rtc.LocalAudioTrack.create_audio_track("voice", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await room.local_participant.publish_track(track, options)
    talking = asyncio.create_task(talk(source, sound, call))
    done, _ = await asyncio.wait(
        {talking, answers, left}, return_when=asyncio.FIRST_COMPLETED
    )
    talking.cancel()
    if talking in done:
        talking.result()
    if answers not in done:
        raise RuntimeError("the agent left the call")
    call.heard = answers.result()
    call.reach("answer")


async def make_call(options: argparse.Namespace, call: Call) -> None:
    """Go through the stages in order."""
    sound = speak(options.text, options.voice, Path("/tmp/said.wav"))
    grant = await fetch_token(options.token_url, call)
    call.reach("token")
    room = rtc.Room()
    agents = future_on(room, "participant_connected", agent_identity)

    def with_nonce(packet: rtc.DataPacket) -> str | None:
        if packet.topic != "answer":
            return None
        message = json.loads(packet.data)
        return str(message["heard"]) if call.nonce in message["answer"] else None

    answers = future_on(room, "data_received", with_nonce)
    await room.connect(options.livekit_url or grant["url"], grant["token"])
    call.reach("join")
    if not any(map(agent_identity, room.remote_participants.values())):
        await agents
    call.reach("agent")
    await converse(room, answers, call, sound)
    # Leaving politely frees the agent; a slow goodbye must not undo a served call.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(room.disconnect(), 3)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options, whose defaults are the stack's own names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--timeout", type=float, default=45.0, help="seconds for the whole call"
    )
    parser.add_argument(
        "--token-url", default=os.environ.get("TOKEN_URL", "http://token-service:8004")
    )
    parser.add_argument(
        "--livekit-url", default=os.environ.get("CALLER_LIVEKIT_URL", "")
    )
    parser.add_argument(
        "--voice",
        default="ko",
        help="a voice of espeak-ng, in the language of the Vosk model",
    )
    parser.add_argument("--text", default="안녕하세요 반갑습니다")
    return parser.parse_args(arguments)


async def main(options: argparse.Namespace) -> None:
    """Make the call in the time given, print how it went, and end the process."""
    call = Call(nonce=secrets.token_hex(6))
    error = ""
    try:
        async with asyncio.timeout(options.timeout):
            await make_call(options, call)
    except TimeoutError:
        error = f"no {call.next_stage()} within {options.timeout:g} s"
    except Exception as failure:  # whatever went wrong, the one line says so
        # LiveKit repeats a refused token in its answer.
        text = re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "<token>", str(failure))
        error = f"{type(failure).__name__}: {text}"
    verdict: dict[str, Any] = {
        "ok": not error,
        "nonce": call.nonce,
        "seconds": call.reached,
    }
    if error:
        verdict |= {"stage": call.next_stage(), "error": error}
    else:
        verdict["heard"] = call.heard
    print(json.dumps(verdict, ensure_ascii=False), flush=True)
    # The SDK's native threads can crash on the way out, when the call is long over.
    os._exit(1 if error else 0)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    asyncio.run(main(parse(sys.argv[1:])))
