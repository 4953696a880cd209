"""What docker-autoheal does: every 5 s, restart each container whose check says unhealthy.

    python3 bench/autoheal.py            # one look
    python3 bench/autoheal.py --watch    # until it is told to end

The same two requests to the Engine, with the same numbers, as the shell script that
docker-autoheal is (its defaults: an interval of 5 s, 10 s to stop). Exited containers
are left to the Engine's restart policy, as there.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import time
import urllib.parse
from typing import Any

ENGINE = "/var/run/docker.sock"
INTERVAL_S = 5.0
STOP_S = 10
RESTART_S = 60.0


class Engine(http.client.HTTPConnection):
    """One connection to the Engine's socket."""

    def __init__(self, timeout_s: float = RESTART_S) -> None:
        super().__init__("docker", timeout=timeout_s)

    def connect(self) -> None:
        """Open the socket in place of a TCP port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(ENGINE)


def ask(method: str, path: str, **query: Any) -> tuple[int, Any]:
    """Return the status and the JSON of one request; 0 when the Engine is silent."""
    connection = Engine()
    try:
        connection.request(method, f"{path}?{urllib.parse.urlencode(query)}")
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body else None
    except (OSError, ValueError, http.client.HTTPException) as error:
        return 0, {"message": str(error)}
    finally:
        connection.close()


def unhealthy() -> list[dict[str, Any]]:
    """Return the containers that the Engine calls unhealthy."""
    status, found = ask(
        "GET", "/containers/json", filters=json.dumps({"health": ["unhealthy"]})
    )
    return list(found) if status == http.HTTPStatus.OK else []


def look() -> None:
    """Restart what is unhealthy, one after the other."""
    for container in unhealthy():
        name, state = container["Names"][0].lstrip("/"), container["State"]
        if state == "restarting":
            print(f"{name} is restarting: left alone", flush=True)
            continue
        status, said = ask("POST", f"/containers/{container['Id']}/restart", t=STOP_S)
        fine = status == http.HTTPStatus.NO_CONTENT
        print(f"{name}: {'restarted' if fine else said}", flush=True)


def main() -> None:
    """Look once, or again and again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--watch", action="store_true", help="look every 5 s")
    parser.add_argument("--first", type=float, default=0.0, metavar="SECONDS")
    options = parser.parse_args()
    time.sleep(options.first)
    look()
    while options.watch:
        time.sleep(INTERVAL_S)
        look()


if __name__ == "__main__":
    main()
