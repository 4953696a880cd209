#!/bin/sh
# Give a Debian or Ubuntu machine a running Docker Engine and Compose v2. Safe at every start of a machine.
#
# Run as root, or as a user for whom `sudo -n` works. Prints one line for each thing done, none for what was there.
set -eu

engine_wait=60
daemon_log=/var/log/dockerd.log
plugins=/usr/local/lib/docker/cli-plugins

say() { printf 'provision: %s\n' "$*"; }
fail() { printf 'provision: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

become_root() {
    [ "$(id -u)" -eq 0 ] && return
    sudo -n true 2>/dev/null || fail "needs root: run it as root, or allow sudo without a password"
    exec sudo -n -- sh "$0" "$@"
}

update_once() {
    [ -n "${updated:-}" ] && return
    # A third-party source that cannot be reached must not stop the machine's own ones, so the result is not judged.
    apt-get update -qq >/dev/null 2>&1 || true
    updated=yes
}

install_packages() {
    update_once
    # Recommended packages would double the download; nothing here needs them.
    told=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" 2>&1) ||
        fail "apt-get install $* failed: $(echo "$told" | tail -n 3 | tr '\n' ' ')"
    say "installed $*"
}

install_engine() {
    have apt-get || { have dockerd && return; fail "no Docker Engine, and this is not Debian or Ubuntu"; }
    have dockerd || install_packages docker.io ca-certificates
    # In newer releases the command is a package of its own.
    have docker || install_packages docker-cli
    have iptables || install_packages iptables
}

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

pidfile=/var/run/docker.pid

# A killed dockerd leaves its pid file, and its number may be a zombie's or somebody else's by now.
engine_runs() {
    pid=$(cat "$pidfile" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] && grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$pid/status"
}

launch_engine() {
    engine_runs || rm -f "$pidfile"
    setsid dockerd >>"$daemon_log" 2>&1 </dev/null &
}

start_engine() {
    engine_answers && return
    if [ -d /run/systemd/system ]; then
        systemctl enable --now docker >/dev/null 2>&1 || fail "systemctl could not start docker: see journalctl -u docker"
    else
        launch_engine
    fi
    waited=0
    until engine_answers; do
        waited=$((waited + 1))
        [ "$waited" -le "$engine_wait" ] || fail "the Engine did not answer in $engine_wait s: see $daemon_log"
        sleep 1
        # One that was killed a moment ago may have been in the way of the first try.
        [ -d /run/systemd/system ] || [ $((waited % 5)) -ne 0 ] || engine_runs || launch_engine
    done
    say "started the Docker Engine ($(docker version --format '{{.Server.Version}}')) in $waited s"
}

debian_mirror() {
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk '$1 == "Debian" && $2 !~ /security/ { print $2; exit }')
    printf '%s' "${mirror:-http://deb.debian.org/debian/}"
}

candidate_major() {
    apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}\([0-9][0-9]*\).*/\2/p'
}

# Bookworm has only Compose v1. Trixie's package holds one static plugin that runs here too; its own sources list and lists
# folder keep the rest of trixie out of this machine's apt.
fetch_compose_from_trixie() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    mkdir -p "$scratch/lists/partial" "$scratch/root"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$keyring" ] || install_packages debian-archive-keyring
    echo "deb [signed-by=$keyring] $(debian_mirror) trixie main" >"$scratch/sources.list"
    # apt downloads as the user _apt, who must be able to write here.
    chmod -R 777 "$scratch"
    options="-o Dir::Etc::SourceList=$scratch/sources.list -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists=$scratch/lists -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o Acquire::Languages=none -o APT::Sandbox::User=root"
    # shellcheck disable=SC2086 # the options are words
    apt-get $options update -qq >/dev/null || fail "trixie's package lists could not be fetched"
    # shellcheck disable=SC2086
    (cd "$scratch" && apt-get $options download -qq docker-compose >/dev/null) || fail "trixie's docker-compose could not be fetched"
    dpkg -x "$scratch"/docker-compose_*.deb "$scratch/root"
    install -D -m 0755 "$scratch/root/usr/libexec/docker/cli-plugins/docker-compose" "$plugins/docker-compose"
}

install_compose() {
    docker compose version >/dev/null 2>&1 && return
    have apt-get || fail "no Compose v2 plugin, and this is not Debian or Ubuntu"
    update_once
    if [ -n "$(candidate_major docker-compose-v2)" ]; then
        install_packages docker-compose-v2
    elif [ "$(candidate_major docker-compose)" = 2 ]; then
        install_packages docker-compose
    else
        fetch_compose_from_trixie
    fi
    docker compose version >/dev/null 2>&1 || fail "the Compose v2 plugin does not run"
    say "installed Compose $(docker compose version --short)"
}

# What the tests of the timers and certificates ask: systemd's own word on units, a real cron, openssl.
install_timers() {
    have apt-get || return 0
    have systemd-analyze && [ -x /lib/systemd/systemd ] || install_packages systemd
    have cron || install_packages cron
    have openssl || install_packages openssl
}

become_root "$@"
install_engine
# The demo needs none of it.
[ "${1:-}" != --tests ] || install_timers
start_engine
install_compose
say "ready: Engine $(docker version --format '{{.Server.Version}}'), Compose $(docker compose version --short)"
