"""The voice agent: hears a caller through Vosk, asks the model, answers into the room.

A plain livekit-agents worker, so what it logs and how it fails is what that library
does. The /health route on port 8080 is the stack's own: the worker's event loop serves
it, so it tells that the worker is alive, not that it is registered.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from livekit import agents
from livekit import rtc
from redis.asyncio import Redis

VOSK_URL = os.environ.get("VOSK_URL", "ws://vosk-stt:2700")
MISTRAL_URL = os.environ.get("MISTRAL_URL", "http://mistral-conversation:8001/v1")
MISTRAL_API_KEY = os.environ.get("MISTRAL_API_KEY", "unset")
REDIS_URL = os.environ.get("REDIS_URL", "")
HEALTH_PORT = int(os.environ.get("AGENT_HEALTH_PORT", "8080"))
LLM_TIMEOUT_SECONDS = float(os.environ.get("LLM_TIMEOUT_SECONDS", "10"))
# Two cores are soon busy, and above the library's default threshold the worker would
# refuse calls: so the load that it reports is a constant.
FIXED_LOAD = float(os.environ.get("AGENT_LOAD", "0.1"))
SAMPLE_RATE = 16_000
CHUNK_BYTES = SAMPLE_RATE * 2 // 5

log = logging.getLogger("eloquence")


class Worker(agents.AgentServer):
    """The library's worker, with the stack's start markers and health route."""

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        """Serve /health, then do the worker's own work until it ends."""
        log.info("UNIFIED LIVEKIT AGENT STARTING")
        runner = await serve_health()
        log.info("Router will automatically detect the kind of each call")
        try:
            await super().run(devmode=devmode, unregistered=unregistered)
        finally:
            await runner.cleanup()


async def serve_health() -> web.AppRunner:
    """Answer GET /health from this event loop: a blocked or dead worker cannot."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "checks": "worker process alive"})

    app = web.Application()
    app.router.add_get("/health", health)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=HEALTH_PORT).start()
    return runner


async def remember(room: str, identity: str) -> None:
    """Note the call in Redis; a call that cannot be noted fails."""
    redis = Redis.from_url(REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    try:
        await redis.set(f"eloquence:call:{room}", identity, ex=3600)
    finally:
        await redis.aclose()


async def feed(track: rtc.Track, socket: aiohttp.ClientWebSocketResponse) -> None:
    """Send the caller's sound to Vosk, a fifth of a second at a time."""
    await socket.send_json({"config": {"sample_rate": SAMPLE_RATE}})
    stream = rtc.AudioStream(track, sample_rate=SAMPLE_RATE, num_channels=1)
    waiting = bytearray()
    async for event in stream:
        waiting += event.frame.data.tobytes()
        if len(waiting) >= CHUNK_BYTES:
            await socket.send_bytes(bytes(waiting))
            waiting.clear()
    await socket.send_str('{"eof" : 1}')


async def transcripts(
    session: aiohttp.ClientSession, track: rtc.Track
) -> AsyncIterator[str]:
    """Yield each sentence that Vosk finds in the caller's track."""
    async with session.ws_connect(VOSK_URL) as socket:
        feeder = asyncio.create_task(feed(track, socket))
        try:
            async for message in socket:
                if text := json.loads(message.data).get("text"):
                    yield text
        finally:
            feeder.cancel()


async def ask(session: aiohttp.ClientSession, text: str, note: str) -> str:
    """Return the model's answer to what was said and the caller's note."""
    question = {
        "model": "mistral-small-latest",
        "messages": [
            {"role": "system", "content": "Answer in one sentence and keep the note."},
            {"role": "user", "content": f"{text} [{note}]"},
        ],
    }
    async with session.post(
        f"{MISTRAL_URL}/chat/completions",
        json=question,
        headers={"Authorization": f"Bearer {MISTRAL_API_KEY}"},
        timeout=aiohttp.ClientTimeout(total=LLM_TIMEOUT_SECONDS),
    ) as response:
        response.raise_for_status()
        answer = await response.json()
    return str(answer["choices"][0]["message"]["content"])


async def first_audio(
    ctx: agents.JobContext,
) -> tuple[rtc.Track, rtc.RemoteParticipant]:
    """Join the room and wait for the first caller's sound."""
    found: asyncio.Future[tuple[rtc.Track, rtc.RemoteParticipant]] = (
        asyncio.get_running_loop().create_future()
    )

    def subscribed(
        track: rtc.Track, _: rtc.RemoteTrackPublication, caller: rtc.RemoteParticipant
    ) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and not found.done():
            found.set_result((track, caller))

    ctx.room.on("track_subscribed", subscribed)
    await ctx.connect(auto_subscribe=agents.AutoSubscribe.AUDIO_ONLY)
    # The server announces who has a track at once, and others up to 3 s later.
    line = rtc.LocalAudioTrack.create_audio_track(
        "agent", rtc.AudioSource(SAMPLE_RATE, 1)
    )
    await ctx.room.local_participant.publish_track(line)
    return await found


async def converse(ctx: agents.JobContext) -> None:
    """Answer each sentence of the caller."""
    track, caller = await first_audio(ctx)
    log.info("listening to %s in %s", caller.identity, ctx.room.name)
    await remember(ctx.room.name, caller.identity)
    # A call lasts as long as the caller likes; only connecting is bounded.
    patience = aiohttp.ClientTimeout(total=None, connect=10)
    async with aiohttp.ClientSession(timeout=patience) as session:
        async for text in transcripts(session, track):
            log.info("heard %d characters in %s", len(text), ctx.room.name)
            answer = await ask(session, text, caller.metadata)
            await ctx.room.local_participant.publish_data(
                json.dumps({"heard": text, "answer": answer}),
                topic="answer",
                destination_identities=[caller.identity],
            )
            log.info("answered %s in %s", caller.identity, ctx.room.name)


async def serve_call(ctx: agents.JobContext) -> None:
    """Serve one call until the caller leaves; what fails in it fails the job."""
    talking = asyncio.create_task(converse(ctx))

    def over(*_: object) -> None:
        talking.cancel()

    # The track does not end when the caller is gone, and the room outlives the caller.
    ctx.room.on("participant_disconnected", over)
    ctx.room.on("disconnected", over)
    try:
        await asyncio.wait({talking})
    finally:
        talking.cancel()
    if not talking.cancelled():
        talking.result()
    log.info("call over in %s", ctx.room.name)
    ctx.shutdown("caller left")


def fixed_load() -> float:
    """Return the load that the worker reports, whatever the machine does."""
    return FIXED_LOAD


def main() -> None:
    """Hand over to the library's own command line (`start`)."""
    # One warmed process: each costs seconds of a core and 200 MB.
    server = Worker(load_fnc=fixed_load, num_idle_processes=1)
    server.rtc_session(serve_call, agent_name=os.environ.get("AGENT_NAME", ""))
    agents.cli.run_app(server)


if __name__ == "__main__":
    main()
