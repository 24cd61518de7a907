#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM - sleepers.c sleeps in the kernel as often as a timer of its
# own is due, five times, and not once more for the 1,000 tasks that sleep
# longer.
set -u
program=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}
command -v strace >/dev/null || skip "strace is not installed"
strace -o "$tmp/try" true 2>"$tmp/err" ||
    skip "strace may not trace: $(head -n 1 "$tmp/err")"

# The leak checker cannot work while somebody else traces.
ASAN_OPTIONS=detect_leaks=0 strace -f -o "$tmp/calls" "$program" >/dev/null || {
    echo "FAILED: $program ended with status $?"
    exit 1
}

# Between the marks; a call that was interrupted and resumed is one.
sleeps=$(awk '/write\(.*mark/ { on = !on }
    on && !/resumed>/ && /(wait2?|poll|select|nanosleep|yield|futex)\(/' \
    "$tmp/calls")
[ "$(grep -c . <<<"$sleeps")" = 5 ] && exit
echo "FAILED: not five wake-ups, but:"
echo "$sleeps"
exit 1
