#!/bin/sh
# Start a crowd: for each line of a table one SSH host, an sshd or a stand-in on an address of its own in this container.
#
#   TABLE             lines of: name address kind value; the first address is the container's own
#   sshd              a plain sshd
#   only GATE         one that answers the address GATE alone
#   banner            one with a banner before the login
#   drop SECONDS      one whose sshd is killed that long after a command began
#   silent            a port that accepts connections and never says a word
#   BASH_SHELL=1|0    with bash; with nothing but sh
#   FULL="FOLDER ..."  file systems to fill to the last byte
set -eu

: "${BASH_SHELL:=1}" "${FULL:=}"
table=/etc/ssh/crowd/$1
made=/run/crowd
silent=

install_keys() {
    for login in root ender; do
        # Without PAM, sshd takes an account that has no password for a locked one.
        usermod --password '*' "$login"
        home=$(getent passwd "$login" | cut -d: -f6)
        install -d -m 700 -o "$login" -g "$login" "$home/.ssh"
        install -m 600 -o "$login" -g "$login" /etc/ssh/crowd/authorized_keys "$home/.ssh/authorized_keys"
    done
}

# The connection ends as it does where a machine loses its power: nobody says goodbye, and the command goes on.
write_drop() {
    cat >"$made/drop" <<'DROP'
#!/bin/sh
sh -c "$SSH_ORIGINAL_COMMAND" &
sleep "$1"
above=$PPID
while [ "$above" -gt 1 ] && [ "$(cat "/proc/$above/comm")" != sshd ]; do above=$(awk '{print $4}' "/proc/$above/stat"); done
[ "$above" -le 1 ] || kill -KILL "$above"
DROP
    chmod 755 "$made/drop"
}

start_sshd() {
    set -- "$1" "$2" -f /etc/ssh/crowd/sshd_config -o "ListenAddress=$2" -o "HostKey=/etc/ssh/crowd/keys/$1" \
        -o PidFile=none -o UsePAM=no ${3:+-o "$3"}
    shift 2
    /usr/sbin/sshd "$@" -E /var/log/sshd.log
}

rm -f /usr/bin/docker /usr/sbin/dockerd
[ "$BASH_SHELL" = 1 ] || { sed -i 's,/bin/bash$,/bin/sh,' /etc/passwd; rm -f /bin/bash /usr/bin/bash; }
mkdir -p /run/sshd "$made"
install_keys
write_drop
echo 'Authorised use only' >"$made/banner"
for folder in $FULL; do head -c 100M /dev/zero >"$folder/full" 2>/dev/null || true; done
while read -r name address kind value; do
    ip address add "$address/22" dev eth0 2>/dev/null || true
    case $kind in
        sshd) start_sshd "$name" "$address" ;;
        only)
            iptables -A INPUT -p tcp -d "$address" --dport 22 ! -s "$value" -j REJECT --reject-with tcp-reset
            start_sshd "$name" "$address"
            ;;
        banner) start_sshd "$name" "$address" "Banner=$made/banner" ;;
        drop) start_sshd "$name" "$address" "ForceCommand=$made/drop $value" ;;
        silent) silent="$silent $address" ;;
    esac
done <"$table"
# Perl keeps each connection, for a closed one would be an answer.
for address in $silent; do
    perl -MIO::Socket::INET -e '
        my $door = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 22, Listen => 128) or die "port 22: $!";
        while (my $caller = $door->accept) { push @kept, $caller }' "$address" &
done
trap 'exit 0' TERM INT
: >"$made/ready"
sleep infinity &
# As process 1 this shell also has to reap what daemons orphan; `wait` does.
while :; do wait || true; done
