#!/bin/sh
# The guide's own way back, without its clean-up: down, then up. It then waits two to three minutes before it looks.
# docker-compose is Compose's older name; "$@" are the words that name the stack's files.
set -eu
docker compose "$@" down
docker compose "$@" up -d
