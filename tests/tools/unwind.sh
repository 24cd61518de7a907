#!/bin/bash
# SPDX-License-Identifier: MIT
#
# unwind.sh gdb|eu-stack|perf PROGRAM - a tool that knows nothing of cede sees
# tasks and generators for what they are: their frames, and a clean end at the
# first one.  77, and why, where the tool is missing or not allowed to look.
set -u
tool=$1
program=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"; [ -z "${pid:-}" ] || kill "$pid"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}
fail() {
    echo "FAILED: $*"
    cat "$tmp/out" "$tmp/err"
    exit 1
}
command -v "$tool" >/dev/null || skip "$tool is not installed"

# By hand, and on ucontext.
first='(cd_ctx_first|first)'
complaints='corrupt|previous frame|stopped|[Ee]rror|unavailable|\?\?'

# The frames of one stack, innermost first, one name a line: as wanted?
frames_are() { # FILE INNER BODY
    grep -qx "$2" "$1" || fail "no frame of $2"
    grep -qx "$3" "$1" || fail "no frame of $3"
    tail -n 1 "$1" | grep -qxE "$first" ||
        fail "$3: the last frame is $(tail -n 1 "$1")"
}

see_gdb() {
    gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'break look_at_me' \
        -ex run -ex 'echo TASK\n' -ex bt -ex continue -ex 'echo BODY\n' \
        -ex bt --args "$program" look >"$tmp/out" 2>"$tmp/err" </dev/null
    grep -qE 'ptrace|not permitted' "$tmp/err" && skip "gdb may not trace"
    for part in TASK BODY; do
        # "#1  0x... in name (args) at file:line"
        awk -v part=$part '$0 == "TASK" || $0 == "BODY" { on = $0 == part }
            on && /^#[0-9]/ { print $3 == "in" ? $4 : $2 }' "$tmp/out" \
            >"$tmp/$part"
    done
    grep -E "^Backtrace|$complaints" "$tmp/out" && fail "gdb complains"
    frames_are "$tmp/TASK" look_at_me in_a_task
    frames_are "$tmp/BODY" look_at_me in_a_generator
}

see_eu_stack() {
    "$program" wait >"$tmp/says" &
    pid=$!
    until grep -q standing "$tmp/says"; do
        kill -0 "$pid" || fail "the program ended"
    done
    eu-stack -p "$pid" >"$tmp/out" 2>"$tmp/err"
    grep -qi 'not permitted' "$tmp/err" && skip "eu-stack may not trace"
    grep -qE '/libc[^/ ]*: No DWARF information' "$tmp/err" &&
        skip "the C library has no unwind information"
    [ ! -s "$tmp/err" ] || fail "eu-stack complains"
    # "#1  0x...  name - 1"
    awk '/^#[0-9]/ { print $3 }' "$tmp/out" >"$tmp/BODY"
    frames_are "$tmp/BODY" wait_for_ever in_a_generator
}

see_perf() {
    perf record -q -F 999 -o "$tmp/data" "$program" burn >"$tmp/out" \
        2>"$tmp/err" || skip "perf may not record: $(head -n 1 "$tmp/err")"
    perf report -i "$tmp/data" --stdio -F overhead,sym >"$tmp/out" \
        2>"$tmp/err" || fail "perf report"
    for work in work_of_a_task work_of_a_generator; do
        share=$(awk -v work=$work '$NF == work { print int($1) }' "$tmp/out")
        [ "${share:-0}" -ge 25 ] || fail "perf: $work has ${share:-no} percent"
    done
}

see_"${tool//-/_}"
echo "$tool sees tasks and generators"
