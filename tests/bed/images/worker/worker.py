"""The shop's worker: looks at the web server and notes each visit in the database."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path

import psycopg2

DATABASE_URL = os.environ.get("DATABASE_URL", "")
FRONT_URL = os.environ.get("FRONT_URL", "http://front/")
PAUSE_SECONDS = float(os.environ.get("WORKER_PAUSE_SECONDS", "3"))
# The health check looks at this file's age: a worker without a port has no other pulse.
PULSE = Path(os.environ.get("WORKER_PULSE", "/tmp/pulse"))

log = logging.getLogger("worker")


def visit() -> int:
    """Fetch the front page once and return how many visits are noted by now."""
    with urllib.request.urlopen(FRONT_URL, timeout=5) as answer:
        status = int(answer.status)
    connection = psycopg2.connect(DATABASE_URL, connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS visits"
                " (at timestamptz DEFAULT now(), status int)"
            )
            cursor.execute("INSERT INTO visits (status) VALUES (%s)", (status,))
            cursor.execute("SELECT count(*) FROM visits")
            row = cursor.fetchone()
    finally:
        connection.close()
    return int(row[0])


def main() -> None:
    """Work until told to stop; a failed round is logged, and the next one tries."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not DATABASE_URL:
        log.critical("DATABASE_URL is not set")
        sys.exit(1)
    log.info("worker started")
    failing = True
    while True:
        try:
            count = visit()
        except (OSError, psycopg2.Error) as error:
            failing = True
            # An outage is one line a round, not a traceback a round.
            log.error("round failed: %s", str(error).strip())  # noqa: TRY400
        else:
            PULSE.touch()
            if failing:
                log.info("working, %d visits noted", count)
            failing = False
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
