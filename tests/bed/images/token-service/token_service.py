"""Mint LiveKit access tokens over HTTP, as the stack's front end would ask for them."""

from __future__ import annotations

import datetime as dt
import logging
import os

from aiohttp import web
from livekit import api

PORT = int(os.environ.get("TOKEN_SERVICE_PORT", "8004"))
TTL_SECONDS = int(os.environ.get("TOKEN_TTL_SECONDS", "3600"))

log = logging.getLogger("token-service")


def mint(identity: str, room: str, metadata: str) -> str:
    """Return a token that lets identity join room, speak and listen there."""
    token = api.AccessToken(
        os.environ.get("LIVEKIT_API_KEY"), os.environ.get("LIVEKIT_API_SECRET")
    )
    grants = api.VideoGrants(room_join=True, room=room)
    return (
        token.with_identity(identity)
        .with_metadata(metadata)
        .with_ttl(dt.timedelta(seconds=TTL_SECONDS))
        .with_grants(grants)
        .to_jwt()
    )


async def token(request: web.Request) -> web.Response:
    """Answer GET and POST /token; a refusal of the library is a 500 that says why."""
    asked = dict(request.query)
    if request.can_read_body:
        asked |= await request.json()
    if not asked.get("identity") or not asked.get("room"):
        return web.json_response(
            {"error": "identity and room are required"}, status=400
        )
    try:
        jwt = mint(asked["identity"], asked["room"], asked.get("metadata", ""))
    except ValueError as error:
        # The text says it all; a traceback for each request would drown it.
        log.error("cannot mint a token: %s", error)  # noqa: TRY400
        return web.json_response({"error": str(error)}, status=500)
    log.info("minted a token for %s in %s", asked["identity"], asked["room"])
    return web.json_response({"token": jwt, "url": os.environ.get("LIVEKIT_URL", "")})


async def health(_: web.Request) -> web.Response:
    """Say that the process answers; it says nothing about the keys."""
    return web.json_response({"status": "ok"})


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    app = web.Application()
    app.router.add_route("GET", "/token", token)
    app.router.add_route("POST", "/token", token)
    app.router.add_get("/health", health)
    log.info("token service listening on port %d", PORT)
    web.run_app(app, port=PORT, print=lambda *_: None, access_log=None)


if __name__ == "__main__":
    main()
