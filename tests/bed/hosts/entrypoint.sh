#!/bin/sh
# Start one SSH host of the bed: its keys, its faults, its Engine if asked for, then sshd or a stand-in in the foreground.
#
#   ENGINE=1|0|none   an Engine that runs; installed but not started; not installed
#   MODE=sshd|silent  a real sshd; a port that accepts connections and never says a word
#   BASH_SHELL=1|0    with bash; with nothing but sh
#   ONLY_FROM=ADDR    port 22 answers this address alone: a host behind a jump host
#   ENGINE_DNS=ADDR   name server for the Engine's containers
set -eu

: "${ENGINE:=0}" "${MODE:=sshd}" "${BASH_SHELL:=1}" "${ONLY_FROM:=}" "${ENGINE_DNS:=}"
engine_pid=
server_pid=

# The key files belong to whoever made the bed, and sshd insists on the login's own.
install_keys() {
    for login in root ops guest admin boss noshell chatty ender; do
        home=$(getent passwd "$login" | cut -d: -f6)
        install -d -m 700 -o "$login" -g "$login" "$home/.ssh"
        install -m 600 -o "$login" -g "$login" /etc/ssh/bed/authorized_keys "$home/.ssh/authorized_keys"
    done
}

drop_bash() {
    sed -i 's,/bin/bash$,/bin/sh,' /etc/passwd
    rm -f /bin/bash /usr/bin/bash
}

drop_engine() {
    rm -f /usr/bin/docker /usr/sbin/dockerd /usr/bin/dockerd
    rm -rf /usr/local/lib/docker
}

# Docker mounts these read-only in any container without --privileged, which a machine without CAP_SYS_RESOURCE cannot give.
open_kernel_folders() {
    mount -o remount,bind,rw /proc/sys 2>/dev/null || true
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        mount -o remount,bind,rw /sys/fs/cgroup
        # Version 2 wants no process beside child groups: move all out of the root, then hand the controllers down.
        mkdir -p /sys/fs/cgroup/init
        xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
        sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
        return
    fi
    for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
        if mountpoint -q "$folder"; then
            mount -o remount,bind,rw "$folder"
        fi
    done
}

start_engine() {
    open_kernel_folders
    # What a cut of the power leaves behind: the number in a stale pid file may be somebody else's by now.
    rm -rf /run/docker.pid /run/docker.sock /run/docker /run/containerd
    mkdir -p /etc/docker
    printf '{"storage-driver": "overlay2"%s}\n' "${ENGINE_DNS:+, \"dns\": [\"$ENGINE_DNS\"]}" >/etc/docker/daemon.json
    dockerd >>/var/log/dockerd.log 2>&1 &
    engine_pid=$!
}

# An orderly end, so that the Engine stops its containers and its volume needs no repair.
stop() {
    trap - TERM INT
    # shellcheck disable=SC2086  # an empty number has to vanish
    kill $server_pid $engine_pid 2>/dev/null || true
    wait
    exit 0
}

[ "$MODE" = silent ] || install_keys
[ "$BASH_SHELL" = 1 ] || drop_bash
if [ -n "$ONLY_FROM" ]; then
    iptables -C INPUT -p tcp --dport 22 ! -s "$ONLY_FROM" -j REJECT --reject-with tcp-reset 2>/dev/null \
        || iptables -A INPUT -p tcp --dport 22 ! -s "$ONLY_FROM" -j REJECT --reject-with tcp-reset
fi
trap stop TERM INT
case "$ENGINE" in
    1) start_engine ;;
    none) drop_engine ;;
esac
if [ "$MODE" = silent ]; then
    # Perl is in every Debian; it keeps each connection, for a closed one would be an answer.
    perl -MIO::Socket::INET -e '
        my $door = IO::Socket::INET->new(LocalPort => 22, Listen => 128, ReuseAddr => 1) or die "port 22: $!";
        while (my $caller = $door->accept) { push @kept, $caller }' &
else
    mkdir -p /run/sshd
    /usr/sbin/sshd -D -e >>/var/log/sshd.log 2>&1 &
fi
server_pid=$!
# As process 1 this shell also has to reap what the Engine's containers orphan; `wait` does.
wait "$server_pid"
