#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh - the tests of the network programs, with real peers.
#
#     tests/net_programs/run.sh FOLDER [CASE]...
#
# FOLDER has net-echo, net-proxy, net-fetch and net-crawl.  Every function
# test_CASE is a statement about them; without CASE all are checked.  Whatever
# a case starts is stopped at its end.  Ports are chosen by the system.
# Status: 0, 1 if a case failed, 77 if the only case cannot be checked here.
set -u

programs=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")" && pwd)

# ---- checks ---------------------------------------------------------------

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

skip() {
    echo "skipped: $*"
    exit 77
}

needs() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
}

status_is() {
    [ "$status" = "$1" ] || fail "status $status, not $1; err: $(head -3 err)"
}

same() {
    cmp "$1" "$2" >&2 || fail "$1 differs from $2"
}

has() { # FILE TEXT...
    local file=$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$file" || fail "no '$text' in: $(head -9 "$file")"
    done
}

has_not() {
    ! grep -qF -- "$2" "$1" || fail "'$2' in: $(head -9 "$1")"
}

# ---- what is started, and stopped -----------------------------------------

started=()

# Start a program in the background, with SIGINT as at a terminal (a shell
# without job control ignores it there); its number is in $pid.
start() { # OUT COMMAND...
    local out=$1
    shift
    env --default-signal=INT "$@" >"$out" 2>"$out.err" </dev/null &
    pid=$!
    started+=("$pid")
}

stop_all() {
    exec 2>/dev/null # the shell tells of each one that is killed
    for pid in "${started[@]}"; do
        kill -KILL "$pid" 2>/dev/null
    done
    wait
}

# Wait, for ten seconds at most, until the file has the text; what was started
# last should write it.
await() { # FILE TEXT
    for ((tries = 0; tries < 1000; tries++)); do
        grep -qsF -- "$2" "$1" && return
        kill -0 "$pid" 2>/dev/null || tries=$((tries + 100)) # nothing will
        sleep 0.01
    done
    fail "never came: '$2'; only: $(tail -n 9 "$1" "$1.err" 2>/dev/null)"
}

until_line() { # FILE
    for ((tries = 0; tries < 1000; tries++)); do
        [ -s "$1" ] && return
        sleep 0.01
    done
    fail "nothing came: $(cat "$1.err")"
}

# Start a server and find out where it listens: $address, $port.
serve() { # OUT PROGRAM ARGUMENT...
    local out=$1 program=$2
    shift 2
    start "$out" "$programs/$program" "$@"
    await "$out" 'listening at '
    address=$(sed -n '1s/^listening at //p' "$out")
    port=${address##*:}
}

# Interrupt it, and expect that it ends well, and soon.
interrupt() { # PID [SECONDS]
    local start=$SECONDS
    kill -INT "$1"
    wait "$1" || fail "status $? after SIGINT"
    [ $((SECONDS - start)) -le "${2:-3}" ] || fail "took $((SECONDS - start)) s"
}

echo_server() { # OUT
    serve "$1" net-echo tcp://127.0.0.1:0
}

# Start the site with all faults: $site is its URL, $port its port.
site() {
    needs python3
    start site python3 "$here/site.py"
    until_line site
    port=$(head -1 site)
    site=http://127.0.0.1:$port
}

# Wait until somebody listens at the port, without connecting to it.
await_port() {
    local state
    state=$(printf ':%04X 00000000:0000 0A' "$1")
    for ((tries = 0; tries < 1000; tries++)); do
        grep -qF "$state" /proc/net/tcp && return
        sleep 0.01
    done
    fail "nobody listens at port $1"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

fetch() {
    status=0
    "$programs/net-fetch" "$@" >out 2>err || status=$?
}

crawl() {
    status=0
    "$programs/net-crawl" "$@" >out 2>err || status=$?
}

# ---- echo -----------------------------------------------------------------

test_echo_sends_back_a_line() {
    needs nc
    echo_server echo
    [ "$(echo hello | nc -N 127.0.0.1 "$port")" = hello ] || fail "no hello"
}

test_echo_sends_back_50_megabytes_unchanged() {
    needs socat
    echo_server echo
    head -c 50000000 /dev/urandom >sent
    socat -t 60 - "TCP:127.0.0.1:$port" <sent >received
    same sent received
}

test_echo_serves_fifty_peers_at_once() {
    needs socat
    echo_server echo
    head -c 200000 /dev/urandom >sent
    local peers=()
    for ((i = 0; i < 50; i++)); do
        socat -t 60 - "TCP:127.0.0.1:$port" <sent >"received$i" &
        peers+=($!)
    done
    wait "${peers[@]}"
    for ((i = 0; i < 50; i++)); do
        same sent "received$i"
    done
    interrupt "$pid"
    has echo '50 served'
}

test_echo_listens_at_unix_sockets() {
    needs socat
    serve echo net-echo unix:socket
    [ "$(echo hello | socat -t 10 - UNIX:socket)" = hello ] || fail "no hello"
    interrupt "$pid"
    [ ! -e socket ] || fail "the socket's file is left behind"
}

test_echo_stops_gracefully_while_a_peer_is_there() {
    needs socat nc
    echo_server echo
    mkfifo say
    socat -t 10 - "TCP:127.0.0.1:$port" <say >heard &
    local peer=$!
    exec 3>say
    echo before >&3
    await heard before
    kill -INT "$pid"
    while nc -z 127.0.0.1 "$port"; do
        sleep 0.01
    done
    echo after >&3 # within the second that it has
    await heard after
    wait "$pid" || fail "status $?"
    exec 3>&-
    wait "$peer"
    has echo ' served'
}

test_echo_survives_peers_that_break_off() {
    needs python3 nc
    echo_server echo
    python3 - "$port" <<'PYTHON'
import socket, struct, sys
for i in range(100):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.sendall(b"x" * 100000)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
PYTHON
    [ "$(echo hello | nc -N 127.0.0.1 "$port")" = hello ] || fail "no hello"
    interrupt "$pid"
    has echo '101 served'
    [ ! -s echo.err ] || fail "it complains: $(head -3 echo.err)"
}

test_echo_names_what_is_wrong_with_its_address() {
    echo_server echo
    status=0
    "$programs/net-echo" "$address" >out 2>err || status=$?
    status_is 1
    has err "$address" 'in use'
    status=0
    "$programs/net-echo" nowhere >out 2>err || status=$?
    status_is 1
    has err nowhere
    status=0
    "$programs/net-echo" >out 2>err || status=$?
    status_is 2
    has err Usage
}

# ---- proxy ----------------------------------------------------------------

# Two echo servers and a proxy before them: $port is the proxy's, $pid too.
proxied_echo() {
    echo_server one
    one=$address one_pid=$pid
    echo_server two
    two=$address two_pid=$pid
    serve proxy net-proxy tcp://127.0.0.1:0 "$one" "$two"
    proxy_pid=$pid
}

test_proxy_hands_on_http() {
    needs curl python3
    mkdir www
    head -c 3000000 /dev/urandom >www/file
    local there
    there=$(free_port)
    start http python3 -u -m http.server -b 127.0.0.1 -d www "$there"
    await http 'Serving HTTP'
    serve proxy net-proxy tcp://127.0.0.1:0 "tcp://127.0.0.1:$there"
    curl -sS --max-time 30 -o got "http://127.0.0.1:$port/file" || fail curl
    same got www/file
}

test_proxy_stands_wrk() {
    needs wrk
    site
    serve proxy net-proxy tcp://127.0.0.1:0 "tcp://127.0.0.1:$port"
    wrk -t 1 -c 20 -d 1s "http://127.0.0.1:$port/hello" >load
    has load 'requests in'
    has_not load 'Socket errors'
    has_not load 'Non-2xx'
    interrupt "$pid"
    has proxy 'peers without an upstream: 0'
}

test_proxy_loses_no_byte_to_a_slow_reader() {
    needs socat
    proxied_echo
    head -c 30000000 /dev/urandom >sent
    socat -t 60 - "TCP:127.0.0.1:$port" <sent | { sleep 1 && cat; } >received
    same sent received
    interrupt "$pid"
    has proxy '30000000 bytes to it, 30000000 from it'
}

test_proxy_hands_on_half_closed_connections() {
    needs socat python3
    local there
    there=$(free_port)
    start count socat "TCP-LISTEN:$there,bind=127.0.0.1,fork" SYSTEM:'wc -c'
    await_port "$there"
    serve proxy net-proxy tcp://127.0.0.1:0 "tcp://127.0.0.1:$there"
    # wc answers when it has seen the end.
    head -c 1000000 /dev/zero | socat -t 30 - "TCP:127.0.0.1:$port" >answer
    [ "$(tr -d ' ' <answer)" = 1000000 ] || fail "answer: $(cat answer)"
}

# Speak to the echo server at the port in argv[1].
peers_py='
import socket, sys
def peer():
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    s.sendall(b"x")
    assert s.recv(1) == b"x"
    return s
def leave(s):
    s.shutdown(socket.SHUT_WR)
    assert s.recv(1) == b""
    s.close()
'

test_proxy_shares_out_connections_evenly() {
    needs python3
    proxied_echo
    python3 -c "$peers_py
held = [peer() for i in range(6)]
for s in held: leave(s)
for i in range(4): leave(peer())" "$port" || fail "not all were served"
    interrupt "$pid"
    has proxy "$one  up  5 served" "$two  up  5 served"
}

test_proxy_prefers_who_has_fewer_connections() {
    needs python3
    proxied_echo
    python3 -c "$peers_py
held = peer()
for i in range(5): leave(peer())" "$port" || fail "not all were served"
    interrupt "$pid"
    has proxy "$one  up  1 served" "$two  up  5 served"
}

test_proxy_does_without_a_dead_upstream_and_takes_it_back() {
    needs nc
    proxied_echo
    interrupt "$one_pid"
    for ((i = 0; i < 20; i++)); do
        [ "$(echo hello | nc -N 127.0.0.1 "$port")" = hello ] || fail "try $i"
    done
    await proxy "down: $one: "
    start again "$programs/net-echo" "$one"
    await proxy "up: $one"
    for ((i = 0; i < 4; i++)); do
        [ "$(echo hello | nc -N 127.0.0.1 "$port")" = hello ] || fail "then $i"
    done
    interrupt "$proxy_pid"
    grep -Eq "^$one  up  [1-9][0-9]* served" proxy || fail "$(cat proxy)"
}

test_proxy_does_not_wait_for_upstreams_that_are_silent() {
    needs nc python3
    # One that lets nobody in: what may wait to be accepted does so already.
    start full python3 -u -c 'import socket, time
full = socket.create_server(("127.0.0.1", 0), backlog=0)
waiting = [socket.socket() for i in range(4)]
for s in waiting:
    s.setblocking(False)
    s.connect_ex(full.getsockname())
print(full.getsockname()[1])
time.sleep(60)'
    until_line full
    local there
    there=$(cat full)
    echo_server echo
    serve proxy net-proxy tcp://127.0.0.1:0 "tcp://127.0.0.1:$there" "$address"
    await proxy "down: tcp://127.0.0.1:$there: no answer within a second"
    [ "$(echo hello | nc -N 127.0.0.1 "$port")" = hello ] || fail "no hello"
}

test_proxy_without_upstreams_breaks_off() {
    needs nc python3
    local there
    there=$(free_port)
    serve proxy net-proxy tcp://127.0.0.1:0 "tcp://127.0.0.1:$there"
    await proxy "down: tcp://127.0.0.1:$there: "
    [ -z "$(echo hello | nc -N -w 5 127.0.0.1 "$port" 2>/dev/null)" ] ||
        fail "somebody answered"
    interrupt "$pid"
    has proxy '  down  0 served' 'peers without an upstream: 1'
}

test_proxy_hands_on_resets() {
    needs python3
    site
    serve proxy net-proxy tcp://127.0.0.1:0 "tcp://127.0.0.1:$port"
    fetch "http://127.0.0.1:$port/reset"
    status_is 1
    has out 'reset by peer'
}

test_proxy_hands_on_resets_by_its_peers() {
    needs python3
    local there
    there=$(free_port)
    start upstream python3 -u -c 'import socket, sys
upstream = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    s = upstream.accept()[0]
    try:
        while s.recv(10): pass
    except ConnectionResetError: print("it was reset")' "$there"
    await_port "$there"
    serve proxy net-proxy tcp://127.0.0.1:0 "tcp://127.0.0.1:$there"
    python3 -c 'import socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"x")
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()' "$port"
    await upstream 'it was reset'
    [ ! -s proxy.err ] || fail "it complains: $(head -3 proxy.err)"
}

test_proxy_tells_how_it_is_used() {
    status=0
    "$programs/net-proxy" tcp://127.0.0.1:0 >out 2>err || status=$?
    status_is 2
    has err Usage
}

# ---- fetch ----------------------------------------------------------------

test_fetch_takes_replies_of_every_form() {
    site
    local urls=()
    for path in hello empty chunked eof 204 continue tail drip hop/10; do
        urls+=("$site/$path")
    done
    fetch "${urls[@]}"
    status_is 0
    for path in hello:6 empty:0 chunked:12 eof:11 204:0 continue:10 tail:6 \
        drip:13 hop/10:6; do
        grep -Eq "^ *${path#*:} B  .* $site/${path%:*}$" out ||
            fail "$path: $(cat out)"
    done
    has out '9 of 9 fetched, 0 failed; 64 B in '
}

# Which path fails how.
test_fetch_names_every_failure() {
    site
    local urls=() path
    while IFS='|' read -r path _; do
        urls+=("$site/$path")
    done <<<"$failures"
    fetch -t 1 "${urls[@]}"
    status_is 1
    while IFS='|' read -r path reason; do
        has out "failed  $site/$path: $reason"
    done <<<"$failures"
    has out "0 of ${#urls[@]} fetched, ${#urls[@]} failed"
    grep -q ' in [12]\.' out || fail "$(tail -1 out)"
}
failures="missing|it answered 404
error|it answered 500
short|it ended after 9 of 1000 bytes
short-chunk|it ended within the body
short-head|it ended within the head
nothing|it closed without an answer
garbage|not HTTP: Expected HTTP/
bad-chunk|not HTTP: Invalid character in chunk size
bad-length|not HTTP: Invalid character in Content-Length
smuggled|not HTTP: Invalid header field char
switch|it changes to another protocol
huge-head|a head of more than 65536 bytes
loop|more than 10 redirects
hop/11|more than 10 redirects
secure|'https' is not spoken here
long-location|it redirects to a URL of more than
silent|it took more than 1 s
endless|it took more than 1 s"

test_fetch_names_urls_it_cannot_read() {
    fetch https://127.0.0.1/ nothing http:// http://host:0/ http://host:x/ \
        'http://me@host/' 'http://127.0.0.1:1/'
    status_is 1
    has out "https://127.0.0.1/: 'https' is not spoken here" \
        "nothing: 'nothing' is no http:// URL" \
        "http://: 'http://' has no host that can be read" \
        "http://host:0/: 'http://host:0/' has a bad port" \
        "http://host:x/: 'http://host:x/' has a bad port" \
        "http://me@host/: 'http://me@host/' has no host that can be read" \
        'http://127.0.0.1:1/: ' '0 of 7 fetched, 7 failed'
}

test_fetch_names_garbage_of_nc() {
    needs nc python3
    local there
    there=$(free_port)
    echo 'SSH-2.0-OpenSSH_9.2' | nc -l 127.0.0.1 "$there" >/dev/null &
    started+=($!)
    await_port "$there"
    fetch -t 5 "http://127.0.0.1:$there/"
    status_is 1
    has out 'not HTTP: Expected HTTP/'
}

test_fetch_waits_as_long_as_the_longest() {
    site
    local urls=()
    for ((i = 0; i < 30; i++)); do
        urls+=("$site/delay/$((500 + i))")
    done
    fetch -j 30 "${urls[@]}"
    status_is 0
    local took
    took=$(sed -n 's/.* in \([0-9]*\)\.\([0-9]\).* s$/\1\2/p' out)
    [ "$took" -ge 5 ] && [ "$took" -lt 40 ] || fail "$(tail -1 out)"
}

test_fetch_does_no_more_at_once_than_it_is_told() {
    site
    fetch -j 2 "$site"/delay/{500,501,502,503}
    status_is 0
    ! grep -q ' in 0\.' out || fail "$(tail -1 out)"
}

test_fetch_saves_what_curl_saves() {
    needs curl python3
    mkdir www mine
    head -c 5000000 /dev/urandom >www/large
    echo small >www/small.txt
    echo index >www/index.html
    local there
    there=$(free_port)
    start http python3 -u -m http.server -b 127.0.0.1 -d www "$there"
    await http 'Serving HTTP'
    fetch -o mine "http://127.0.0.1:$there/"{large,small.txt?query=/no/..,}
    status_is 0
    curl -sS --max-time 30 -o theirs "http://127.0.0.1:$there/large"
    same mine/large theirs
    same mine/small.txt www/small.txt
    same mine/index.html www/index.html
}

test_fetch_leaves_no_parts_and_overwrites_nothing() {
    site
    mkdir mine
    echo mine >mine/hello
    fetch -t 1 -o mine "$site"/{hello,short,missing,endless}
    status_is 1
    has out 'File exists' '0 of 4 fetched, 4 failed'
    [ "$(ls mine)" = hello ] || fail "there are: $(ls mine)"
    has mine/hello mine
}

test_fetch_ends_when_interrupted() {
    site
    mkdir mine
    start out "$programs/net-fetch" -o mine "$site"/{hello,silent,endless}
    await out /hello
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    [ $status = 130 ] || fail "status $status"
    has out '1 of 3 fetched, 0 failed'
    [ "$(ls mine)" = hello ] || fail "there are: $(ls mine)"
}

# Run a command on a terminal of the given width; what it wrote: ./typed.
on_terminal() {
    command -v script >/dev/null || skip "script(1) is not installed"
    script -qec true /dev/null >/dev/null 2>&1 </dev/null ||
        skip "there are no pseudo-terminals here"
    local columns=$1
    shift
    script -qec "stty cols $columns rows 24; $*" typed >/dev/null </dev/null
}

test_fetch_draws_bars_on_a_terminal() {
    site
    on_terminal 80 "$programs/net-fetch -t 1 $site/big/1000 $site/silent \
        $site/endless '$site/silent?a-name-that-does-not-fit-into-a-line'"
    grep -q '^\[\.*\]   ?   *0 B  http.*/silent' typed || fail "no bar"
    grep -q '\[\.*\]   ?   *[0-9.]* [MG]B  http' typed || fail "it stands still"
    grep -q $'\033\\[3A\033\\[J' typed || fail "it is not drawn in place"
    ! grep -q $'\033\\[?' typed || fail "a mode was changed"
    ! tr -d '\r' <typed | grep '^\[' | grep -Eq '.{80}' || fail "wider than 79"
    fetch "$site/delay/300"
    ! grep -q $'\033' out || fail "drawn in a file"
}

test_fetch_tells_how_it_is_used() {
    for wrong in '' '-j 0 x' '-j many x' '-t 100000 x' '-x x' '-j'; do
        # shellcheck disable=SC2086 # several arguments
        fetch $wrong
        status_is 2
        has err Usage
    done
    fetch -j 0 x
    has err "-j: '0' is not a number from 1 to 1000"
}

# ---- crawl ----------------------------------------------------------------

test_crawl_finds_every_page_and_what_is_broken() {
    site
    crawl "$site/"
    status_is 1
    has out "broken  $site/missing: it answered 404, linked from $site/corners/" \
        "broken  $site/garbage: not HTTP: Expected HTTP/, linked from" \
        '42 of 42 pages, 2 broken' 'not followed: 4 elsewhere, 0 beyond' \
        'left behind: 0 tasks, 0 descriptors'
    [ "$(grep -c '^broken' out)" = 2 ] || fail "$(cat out)"
    [ ! -s err ] || fail "$(head -3 err)"
}

test_crawl_of_a_whole_site_is_a_success() {
    site
    for workers in 1 4 100; do
        crawl -j $workers "$site/tree/2"
        # The tree's pages link to "/", which links to the broken ones.
        status_is 1
        has out '42 of 42 pages, 2 broken' 'left behind: 0 tasks, 0 desc'
    done
    crawl "$site/hello"
    status_is 0
    has out '1 of 1 pages, 0 broken, 6 B' 'left behind: 0 tasks, 0 descriptors'
}

test_crawl_of_http_server_counts_its_files() {
    needs python3
    mkdir -p www/sub/deep
    touch www/{a,b,c}.txt www/sub/{d,e}.txt www/sub/deep/f.txt
    local there
    there=$(free_port)
    start http python3 -u -m http.server -b 127.0.0.1 -d www "$there"
    await http 'Serving HTTP'
    crawl "http://127.0.0.1:$there/"
    status_is 0
    has out '9 of 9 pages, 0 broken' 'left behind: 0 tasks, 0 descriptors'
}

test_crawl_ends_at_its_deadline() {
    site
    local start=$SECONDS
    crawl -t 1 "$site/stuck"
    [ $((SECONDS - start)) -le 4 ] || fail "took $((SECONDS - start)) s"
    status_is 1
    has out '1 of 3 pages, 0 broken' 'which was the deadline' \
        'left behind: 0 tasks, 0 descriptors'
}

test_crawl_takes_no_more_pages_than_it_is_told() {
    site
    crawl -n 10 "$site/"
    status_is 1
    has out '10 of 10 pages, ' ' beyond 10 pages' \
        'left behind: 0 tasks, 0 descriptors'
}

test_crawl_names_a_start_that_cannot_be_had() {
    crawl http://127.0.0.1:1/
    status_is 1
    has out 'broken  http://127.0.0.1:1/: ' '1 of 1 pages, 1 broken' \
        'left behind: 0 tasks, 0 descriptors'
    crawl https://127.0.0.1/
    status_is 1
    has err "'https' is not spoken here"
    crawl
    status_is 2
    has err Usage
}

test_crawl_ends_when_interrupted() {
    site
    start out "$programs/net-crawl" "$site/stuck"
    await site silent
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    [ $status = 130 ] || fail "status $status"
    has out '1 of 3 pages' 'left behind: 0 tasks, 0 descriptors'
}

# ---- all of it ------------------------------------------------------------

[ $# -gt 0 ] || set -- $(declare -F | sed -n 's/^declare -f test_//p')
worst=0
for case in "$@"; do
    folder=$(mktemp -d)
    (trap stop_all EXIT && cd "$folder" && "test_$case")
    case $? in
    0) ;;
    77) [ $# -gt 1 ] || worst=77 ;;
    *)
        echo "not so: $case" | tr _ ' ' >&2
        worst=1
        ;;
    esac
    rm -rf "$folder"
done
exit $worst
