#!/bin/sh
# The guide's own checks, as a shell script: what diagnose is measured against.
docker ps --format 'table {{.Names}}\t{{.Status}}\t{{.Ports}}'
names=$(docker ps --all --format '{{.Names}}' | head -n 8)
for name in $(printf '%s\n' $names | head -n 6); do docker logs "$name" --tail 20; done
curl -fsS http://localhost:8780
curl -fsS http://localhost:8080/health
for name in $names; do docker inspect "$name"; done
