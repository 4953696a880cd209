"""The texts that bashnet sends: they look names up and dial, all at once.

Each prints `D <name> <how> <address>...` for a name and `E <dial> <how> <text>` for a
dial. `how` of a name is hosts, ok, none, an error code of DNS, timeout, unknown (no
name server that is surely the container's) or self (the dialling tool asks by itself).
`how` of a dial is fail (with the system's words), up, late, arp (the neighbour does
not answer), or the code of bash's `read` with the first line of the answer.
"""

from __future__ import annotations

__all__ = ["BASH", "ELSE", "PYTHON"]

# Forks are what costs here: one dd and one od read all of DNS, and a connection is
# one fork without a program. bash writes a line at a time, which would cut a query
# with a newline in it (a label of ten letters) in two: that one goes through `env`.
# bash has no time limit for connect: the parent waits 2 s for all, then kills. On the
# host the Engine's own files (R, L) are read; /etc is the container's only where the
# host name (H) is, and a link in the container's /etc would lead to the host's file.
# Every child is waited for: process 1 of a container may reap nobody.
BASH = r"""LC_ALL=C; trap '' PIPE; declare -A A; C=(); W=(); F=(); G=(); K=()
read -r h </proc/sys/kernel/hostname
if [[ ! -r $R ]]; then R=/etc/resolv.conf L=/etc/hosts; [[ $h == "$H" ]] || R= L=; fi
if [[ -r $L ]]; then while read -r a w; do
  [[ $a == *:* || $a == \#* ]] && continue
  for n in $w; do [[ $n == \#* ]] && break; A[$n]+="$a "; done
done <"$L"; fi
for i in "${!N[@]}"; do
  if [[ -n ${A[${N[i]}]} ]]; then C[i]=hosts; else C[i]=unknown; W+=($i); fi
done
skip() { while ((k<z && b[k])); do
  if ((b[k]>=192)); then ((k+=2)); return; fi; ((k+=b[k]+1)); done; ((k++)); }
parse() { b=($1); z=${#b[@]}; k=0; while ((k+12<=z)); do
  i=$((b[k]*256+b[k+1]-256)); ((i-=i/11)); c=$((b[k+3]&15)); q=${b[k+5]}
  m=$((b[k+6]*256+b[k+7])); r=$((m+b[k+8]*256+b[k+9]+b[k+10]*256+b[k+11])); a=
  for ((k+=12;q>0;q--)); do skip; ((k+=4)); done
  for ((j=0;j<r&&k+10<z;j++)); do skip; l=$((b[k+8]*256+b[k+9])); t=${b[k+1]}; ((k+=10))
    ((j<m&&t==1&&l==4)) && a+="${b[k]}.${b[k+1]}.${b[k+2]}.${b[k+3]} "; ((k+=l)); done
  if [[ -n $a ]]; then C[i]=ok; A[${N[i]}]=$a; elif ((c)); then C[i]=$c
  else C[i]=none; fi
done; }
resolve() { while read -r x v _; do [[ $x == nameserver ]] && break; v=; done
type -p dd od env >/dev/null && [[ -n $v ]] || return
for i in "${W[@]}"; do C[i]=timeout; done; exec 3<>"/dev/udp/$v/53" || return
for i in "${W[@]}"; do q=${Q[i]}
  case $q in *\\012*) env printf "$q" >&3;; *) printf "$q" >&3;; esac; done
exec 4< <(exec dd bs=4096 count=${#W[@]} <&3); y=$!
exec 5< <(exec od -An -v -tu1 <&4); o=$!; g=; IFS= read -r -d '' -t 1.5 -u 5 s
if (($?>128)); then kill $y; IFS= read -r -d '' -t 0.5 -u 5 g; fi
exec 3>&- 4<&- 5<&-; wait $y $o; parse "$s$g"; }
((${#W[@]})) && [[ -r $R ]] && resolve 2>/dev/null <"$R"
for i in "${!N[@]}"; do echo "D $i ${C[i]} ${A[${N[i]}]}"; done
dial() { exec 2>&1; exec 3<>"/dev/tcp/$1/$2" || return; echo up; case $3 in
http) printf 'GET / HTTP/1.1\r\nHost: %s:%s\r\nUser-Agent: escalade\r\n' "$4" "$2" >&3
  printf 'Accept: */*\r\nConnection: close\r\n\r\n' >&3;;
redis) printf 'PING\r\n' >&3;; *) return;; esac
IFS= read -r -n 200 -t ${5:-2} -u 3 l; printf '%s %s\n' $? "$l"; }
now() { t=$((SECONDS*1000000)); [[ -n $EPOCHREALTIME ]] && t=${EPOCHREALTIME/./}; }
now; T=$((t+2000000))
for i in "${!D[@]}"; do set -- ${D[i]}; a=$1
  [[ $a == n* ]] && { a=${A[${N[${a#n}]}]}; a=${a%% *}; }
  [[ -n $a ]] || continue
  exec {f}< <(dial $a $2 $3 $4 $5); F[i]=$f; G[i]=$a; K[i]=$!
done
for i in "${!F[@]}"; do s=late
  now; ((l=T-t,l=l<50000?50000:l)); printf -v w %d.%06d $((l/1000000)) $((l%1000000))
  while IFS= read -r -t $w -u ${F[i]} x; do
    case $x in up) s=up; w=2.5;; [0-9]*\ *) [[ $s == fail* && $x == 1\ * ]] || s=$x;;
    *error:*) s="fail ${x##*: }";; *) [[ $s == up ]] || s="fail ${x##*: }";; esac
  done
  [[ $s == late ]] && { kill ${K[i]}; while read -r a _ c _; do
    [[ $a == "${G[i]}" && $c == 0x0 ]] && s=arp; done </proc/net/arp; } 2>/dev/null
  printf 'E %s %s\n' $i "$s"
done
wait "${K[@]}" 2>/dev/null
"""

PYTHON = r"""
import os, socket, threading
N, D = %(names)r, %(rows)r
A = {}
def name(i, n):
    try: A[n] = sorted({x[4][0] for x in socket.getaddrinfo(n, 1, socket.AF_INET)})
    except OSError as e: A[n] = []
def dial(i, row):
    host, port, kind = row.split()
    try: s = socket.create_connection(((A.get(host) or [host])[0], int(port)), 2)
    except TimeoutError: out[i] = 'late'; return
    except OSError as e: out[i] = 'fail ' + os.strerror(e.errno or 0); return
    text = {'http': 'GET / HTTP/1.1\r\nHost: %%s:%%s\r\nConnection: close\r\n\r\n'
            %% (host, port), 'redis': 'PING\r\n'}.get(kind)
    out[i] = 'up'
    if not text: return
    try: s.sendall(text.encode()); got = s.recv(200)
    except TimeoutError: out[i] = '142 '
    except OSError as e: out[i] = 'fail ' + os.strerror(e.errno or 0)
    else: out[i] = ('0 ' if got else '1 ') + got.decode('latin-1').split('\n')[0]
def all_of(f, items, wait):
    jobs = [threading.Thread(target=f, args=x, daemon=True) for x in enumerate(items)]
    [j.start() for j in jobs]; [j.join(wait) for j in jobs]
out = {}
all_of(name, N, 1.5)
for i, n in enumerate(N):
    print('D', i, 'timeout' if n not in A else 'ok' if A[n] else 'none', *A.get(n, []))
wanted = [(i, r) for i, r in enumerate(D) if A.get(r.split()[0], 1)]
all_of(lambda j, pair: dial(*pair), wanted, 4.5)
for i, r in wanted: print('E', i, out.get(i, 'late'), flush=True)
os._exit(0)
"""

ELSE = r"""if command -v bash >/dev/null 2>&1; then bash -c %(bash)s
elif command -v python3 >/dev/null 2>&1; then python3 -c %(python)s
elif case $(nc --help 2>&1) in *BusyBox*) true;; *) false;; esac; then
for i in %(numbers)s; do echo "D $i self"; done; i=0
for row in %(rows)s; do set -- $row; (
  case $3 in http) q="GET / HTTP/1.1\r\nHost: $1:$2\r\nConnection: close\r\n\r\n";;
  redis) q='PING\r\n';; *) q=;; esac
  r=$(printf "$q" | nc -w 2 "$1" "$2" 2>&1 & p=$!; n=0
    while [ $n -lt 20 ] && kill -0 $p 2>/dev/null; do
      n=$((n+1)); sleep 0.2 2>/dev/null || { sleep 1; n=$((n+4)); }; done
    kill $p 2>/dev/null; wait $p; c=$?; wait; echo "#$c")
  c=${r##*#}; r=${r%%#*}; r=${r%%%%
*}
  case $r:$3 in "nc: timed out"*) s=late;; "nc: "*) s="fail $r";; :tcp) s=up;;
  :*) s=1; [ "$c" = 0 ] || s=142;; *) s="0 $r";; esac
  echo "E $i $s" ) & i=$((i+1))
done; wait
else echo UNSUPPORTED; fi
"""
