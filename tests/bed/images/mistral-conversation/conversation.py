"""A stand-in for a conversation model: it repeats what was asked, and fails on request.

No model runs here. The wire format, the health route and the error bodies are those of
the real service, so clients and monitoring cannot tell; a person can, by this line and
by the first line of the log.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from typing import Any

PORT = int(os.environ.get("MISTRAL_PORT", "8001"))
SLOW_SECONDS = float(os.environ.get("MISTRAL_SLOW_SECONDS", "15"))
HANG_SECONDS = 3600.0
# Bodies as recorded from the real API and from a proxy in front of it.
FAULTS: dict[str, tuple[int, str, str]] = {
    "401": (401, "application/json", '{"detail":"Unauthorized"}'),
    "429": (
        429,
        "application/json",
        (
            '{"object":"error","message":"Rate limit exceeded","type":"rate_limited",'
            '"code":"1300","raw_status_code":429}'
        ),
    ),
    "500": (
        500,
        "application/json",
        '{"object":"error","message":"Internal server error"}',
    ),
    "503": (
        503,
        "application/json",
        '{"object":"error","message":"Service unavailable"}',
    ),
    "html": (200, "text/html", "<html><body><h1>Please log in</h1></body></html>"),
}
MODES = {"ok", "slow", "hang", *FAULTS}

log = logging.getLogger("mistral-conversation")


class Fault:
    """The fault that is switched on, shared by all requests."""

    def __init__(self, mode: str) -> None:
        self.mode = mode if mode in MODES else "ok"

    def switch(self, mode: str) -> bool:
        """Take mode over if it is known, and say whether it was."""
        if mode not in MODES:
            return False
        self.mode = mode
        log.warning("fault mode is now %s", mode)
        return True


fault = Fault(os.environ.get("MISTRAL_FAULT", "ok"))


def completion(asked: dict[str, Any]) -> dict[str, Any]:
    """Return an answer in OpenAI's shape that repeats the last user message."""
    heard = [m.get("content", "") for m in asked["messages"] if m.get("role") == "user"]
    text = f"I heard: {heard[-1] if heard else 'nothing'}"
    return {
        "id": f"cmpl-{time.time_ns():x}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.get("model", "stand-in"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
    }


class Handler(BaseHTTPRequestHandler):
    """The routes: /health, /v1/chat/completions, /_fault."""

    protocol_version = "HTTP/1.1"

    def reply(self, status: int, body: str, kind: str = "application/json") -> None:
        """Send one whole answer."""
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        """Answer /health whatever the fault is: the process is alive."""
        if self.path == "/health":
            self.reply(200, '{"status":"ok"}')
        else:
            self.reply(404, '{"detail":"Not Found"}')

    def do_POST(self) -> None:
        """Answer a chat, or take a fault mode over."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            asked = json.loads(body or b"{}")
        except json.JSONDecodeError:
            self.reply(400, '{"detail":"The body is not JSON"}')
            return
        if self.path == "/_fault":
            known = fault.switch(str(asked.get("mode", "")))
            self.reply(
                200 if known else 400,
                json.dumps({"mode": fault.mode, "modes": sorted(MODES)}),
            )
        elif self.path == "/v1/chat/completions":
            self.chat(asked)
        else:
            self.reply(404, '{"detail":"Not Found"}')

    def chat(self, asked: dict[str, Any]) -> None:
        """Answer a chat completion as the fault mode wants it."""
        key = os.environ.get("MISTRAL_API_KEY", "")
        mode = fault.mode
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            mode = "401"
        if mode in FAULTS:
            status, kind, body = FAULTS[mode]
            log.error("chat completion answered %d (%s)", status, mode)
            self.reply(status, body, kind)
            return
        time.sleep({"slow": SLOW_SECONDS, "hang": HANG_SECONDS}.get(mode, 0))
        if not isinstance(asked.get("messages"), list):
            self.reply(422, '{"detail":"messages is required"}')
            return
        log.info("chat completion answered 200")
        self.reply(200, json.dumps(completion(asked)))

    def log_message(self, *_: Any) -> None:
        """Keep the default line for each request, health checks too, out of the log."""


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    log.info("this is a stand-in: no model runs here, answers repeat the question")
    server = ThreadingHTTPServer(("0.0.0.0", PORT), Handler)
    # Requests that hang on purpose must not keep the process from stopping.
    server.daemon_threads = True
    server.block_on_close = False
    signal.signal(
        signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start()
    )
    log.info(
        "mistral conversation listening on port %d, fault mode %s", PORT, fault.mode
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
