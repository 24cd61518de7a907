#!/bin/bash
# SPDX-License-Identifier: MIT
#
# test.sh FOLDER - does the bench whose programs are in FOLDER do what it
# says?  Some short runs with peers made up for it; no figure matters.
set -u
cd "$(dirname "$0")/.." || exit 2
BENCH_BIN=$1
BENCH_RESULTS=$(mktemp -d)
export BENCH_BIN BENCH_RESULTS
trap 'rm -rf "$BENCH_RESULTS"' EXIT
failed=0
peers=$BENCH_RESULTS/peers
log=$BENCH_RESULTS/log
mkdir "$peers"

check() { # STATEMENT COMMAND...
    "${@:2}" >/dev/null 2>&1 && return
    echo "bench: does not hold: $1"
    failed=1
}

# Knows one figure of time and one of memory, and that only for one.
cat >"$peers/able" <<'END'
#!/bin/bash
while read -r verb figure n; do
    case $verb.$figure in
    run.gen_send)
        for ((i = 0; i < n; i++)); do :; done
        echo ok
        ;;
    run.timers_100k) echo ok ;;
    late.timers_100k) echo ok 50000 990000 999000 ;;
    run.parked_1k) [ "$n" = 1 ] && echo ok ;;
    hold.parked_1k) echo "no only 7 fit" ;;
    *) echo no ;;
    esac
done
END
printf '#!/bin/sh\nexit 3\n' >"$peers/gone"
chmod +x "$peers/able" "$peers/gone"
printf '%s\n' "able $peers/able" "gone $peers/gone" "absent $peers/none" \
    >"$peers/list"
printf 'able\tversion "1"\n' >"$peers/versions"
echo "nobody: is not installed" >"$peers/skipped"

BENCH_ROUNDS=5 FIGURE=gen_send bench/run >"$log" 2>&1
check "a run with peers that are missing succeeds" [ $? = 0 ]
check "a peer takes part" grep -q '^ *able .* ns' "$log"
check "a peer that ended is named" grep -q 'gone ended early' "$log"
check "a peer that cannot be started is named" grep -q 'cannot start' "$log"
check "what is not installed is listed" grep -q 'left out *nobody' "$log"
subjects=$(sed -n 's/.*"subject": "\([a-z]*\)".*/\1/p' \
    "$BENCH_RESULTS/results.json" | xargs)
check "results are of subjects, not of references" \
    [ "$subjects" = "cede floor able" ]
check "results are an array" \
    [ "$(sed -n '1p;$p' "$BENCH_RESULTS/results.json" | xargs)" = "[ ]" ]
keys='figure subject value unit min max n ratio_to_floor lo hi'
check "a result has the keys that were agreed on" [ "$keys" = "$(sed -n '
    2s/"\([a-z_]*\)": [^,}]*/\1/gp' "$BENCH_RESULTS/results.json" |
    tr -d '{},')" ]
if command -v python3 >/dev/null; then
    bench/report "$BENCH_RESULTS" >"$log" 2>&1
    check "a report can be made of it" [ $? = 0 ]
    check "the report has the figure" grep -q '`gen_send`' "$log"
fi

BENCH_ROUNDS=2 FIGURE=parked_1k bench/run >"$log" 2>&1
check "memory is measured" grep -q '^parked_1k *cede .* B' "$log"
check "who cannot is said to" grep -q 'able *left out: only 7 fit' "$log"
check "two rounds decide nothing" grep -q '4400 bytes: open' "$log"

BENCH_ROUNDS=1 FIGURE=timers_100k bench/run >"$log" 2>&1
check "what a peer says of lateness is shown" grep -q '^ *able .*0.99 ms' "$log"
check "who sleeps too long is compared" grep -q '^timers_100k_p999 *cede' "$log"

BENCH_ROUNDS=1 FIGURE=thread_ping_p99 bench/run >"$log" 2>&1
check "how long most pings take is measured" grep -q '^thread_ping  *cede .* us' "$log"
check "one part of a figure brings the others" grep -q '^thread_ping_p99 ' "$log"
check "threads have a floor" grep -q '^ *floor .* us' "$log"

cp "$BENCH_RESULTS/results.json" "$BENCH_RESULTS/before"
BENCH_ROUNDS=1 FIGURE=io_8_tasks bench/run >"$log" 2>&1
check "a cell of the models' table is measured" \
    grep -q '^io_8_tasks *cede .* KiB' "$log"
check "a run of nothing else leaves the results alone" \
    cmp "$BENCH_RESULTS/results.json" "$BENCH_RESULTS/before"
if command -v python3 >/dev/null; then
    page=$BENCH_RESULTS/page
    printf '%s\n' before '<!-- models -->' old '<!-- end of models -->' after \
        >"$page"
    bench/report_models "$page" "$BENCH_RESULTS/none" >/dev/null
    check "a page without a table of today keeps its own" grep -q old "$page"
    bench/report_models "$page" "$BENCH_RESULTS"
    check "the table goes into the page" grep -q '| tasks in one loop | ' "$page"
    check "what was there before goes" [ "$(grep -c old "$page")" = 0 ]
    check "what is around it stays" \
        [ "$(sed -n '1p;$p' "$page" | xargs)" = "before after" ]
fi

if [ "$(nproc)" -ge 2 ]; then
    # A server that says a port at which nobody is.
    printf '#!/bin/sh\necho ok 1\nexec sleep 60\n' >"$peers/deaf"
    chmod +x "$peers/deaf"
    printf '%s\n' "udp gone $peers/gone" "udp deaf $peers/deaf" \
        "echo gone $peers/gone" >"$peers/net"
    BENCH_ROUNDS=1 FIGURE=udp_pps bench/net/run >"$log" 2>&1
    check "a server is measured" grep -q '^udp_pps *cede .* /s' "$log"
    check "it is compared with the floor" grep -q '^ *floor .* /s' "$log"
    check "a server that ended is named" grep -q 'gone ended early' "$log"
    check "one that nobody can reach is no part of it" \
        [ "$(grep -c '^ *deaf ' "$log")" = 0 ]
    check "figures of sockets are kept" \
        grep -q '"udp_pps"' "$BENCH_RESULTS/results.json"
    check "and do not replace the others" \
        grep -q '"thread_ping"' "$BENCH_RESULTS/results.json"
    BENCH_ROUNDS=1 FIGURE=udp_pps bench/net/run >"$log" 2>&1
    check "and each once" [ "$(grep -c '"udp_pps", "subject": "floor"' \
        "$BENCH_RESULTS/results.json")" = 1 ]
fi

FIGURE=none bench/run >"$log" 2>&1
check "a figure that is not there fails" [ $? = 1 ]
exit $failed
