#!/bin/bash
# SPDX-License-Identifier: MIT
#
# quotes.sh - cede-quotes against a straight loop in C and against mawk.
#
#     bench/quotes.sh [BUILD_DIRECTORY [BYTES [ROUNDS]]]
#
# Makes a file of quotes (1 GB), checks that all programs print the same bytes
# for it, then times them in turn, each on one processor, with the output
# thrown away.  Prints the best time of the rounds, the ratio to the straight
# loop, and the most memory that was resident.  The file is deleted at the
# end.
set -euo pipefail

build=${1:-build/release}
bytes=${2:-1000000000}
rounds=${3:-5}
window=10
cpu=$(($(nproc) - 1))

find_program() {
    for place in "$build" "$build/bench" "$build/bin"; do
        [ -x "$place/$1" ] && echo "$place/$1" && return
    done
    echo "quotes.sh: no $1 below $build" >&2
    exit 2
}
quotes=$(find_program cede-quotes)
straight=$(find_program bench_quotes_straight)
generate=$(find_program bench_quotes_generate)
run=$(find_program bench_quotes_run)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
input=$folder/quotes.csv
"$generate" "$bytes" >"$input"

# The same sum of integers, ten-thousandths, and the same rounding.
read -r -d '' program <<'END' || true
NR == 1 { print $0 ",sma" N; next }
{
    n = split($3, part, ".")
    price = part[1] * 10000
    if (n == 2)
        price += substr(part[2] "0000", 1, 4)
    at = count[$1]++ % N
    sum[$1] += price - ring[$1, at]
    ring[$1, at] = price
    if (count[$1] < N) {
        print $0 ","
        next
    }
    q = int(sum[$1] / (10 * N))
    twice = 2 * (sum[$1] - q * 10 * N)
    if (twice > 10 * N || (twice == 10 * N && q % 2))
        q++
    printf "%s,%d.%03d\n", $0, q / 1000, q % 1000
}
END

run_one() {
    case $1 in
    straight) "$run" $cpu "$straight" "$input" ;;
    cede-quotes) "$run" $cpu "$quotes" --window $window "$input" ;;
    mawk) "$run" $cpu mawk -F, -v N=$window "$program" "$input" ;;
    esac
}

programs="straight cede-quotes"
if command -v mawk >/dev/null; then
    programs="$programs mawk"
else
    echo "mawk is not installed: left out"
fi

sum_of() {
    run_one "$1" 2>"$folder/$1.times" | cksum
}
expected=$(sum_of straight)
for p in $programs; do
    [ "$p" = straight ] && continue
    if [ "$(sum_of "$p")" != "$expected" ]; then
        echo "quotes.sh: $p prints something else than the straight loop" >&2
        exit 1
    fi
done
lines=$(wc -l <"$input")
echo "$(stat -c %s "$input") bytes, $lines lines: same output from $programs"

for p in $programs; do
    : >"$folder/$p.times"
done
for ((i = 0; i < rounds; i++)); do
    for p in $programs; do
        [ "$p" = mawk ] && [ "$i" -gt 0 ] && continue
        run_one "$p" 2>>"$folder/$p.times" >/dev/null
    done
done

base=$(sort -n "$folder/straight.times" | awk 'NR == 1 { print $1 }')
printf '%-14s %10s %10s %10s %12s\n' program seconds ns/line ratio "max RSS MiB"
for p in $programs; do
    sort -n "$folder/$p.times" |
        awk -v p="$p" -v base="$base" -v lines="$lines" '
            NR == 1 { best = $1 }
            $3 > rss { rss = $3 }
            END {
                printf "%-14s %10.2f %10.1f %10.2f %12.1f\n", p, best,
                    best * 1e9 / lines, best / base, rss / 1024
            }'
done
