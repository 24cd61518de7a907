#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM FOLDER STEM - what the programs of a page print is what the
# page says they do; PROGRAM runs those in C, "python3" those in Python, "go"
# those in Go, and a path that ends in "java" those in Java.
set -u
program=$1 folder=$2 stem=$3

if [ "$program" = python3 ] &&
    ! python3 -c 'import asyncio; asyncio.TaskGroup' 2>/dev/null; then
    echo "skipped: there is no Python 3.11 or later"
    exit 77
fi

if [ "${program##*/}" = java ]; then
    version=$("$program" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
    if [ "${version:-0}" -lt 25 ]; then
        echo "skipped: there is no Java 25 or later"
        exit 77
    fi
fi

if [ "$program" = go ]; then
    if ! command -v go >/dev/null; then
        echo "skipped: there is no Go"
        exit 77
    fi
    export GO111MODULE=off GOFLAGS= GOCACHE="$folder/cache"
fi

# Structured concurrency is a preview, and says so on stderr.
run_java() {
    "$program" --enable-preview --source 25 "$1" 2>"$1.stderr"
}

failed=0 run=0
for out in "$folder/${stem}"_[0-9]*.out; do
    base=${out%.out}
    number=${base##*_}
    case ${program##*/} in
    python3) source=$base.py ;;
    java) source=$base.java ;;
    go) source=$base.go ;;
    *) source= ;;
    esac
    if [ -n "$source" ] && [ ! -f "$source" ]; then
        continue
    fi
    run=$((run + 1))
    printed=$base.of-${program##*/} # they may run at once
    case ${program##*/} in          # it may abort, and say so
    python3) python3 "$source" >"$printed" 2>&1 ;;
    java) run_java "$source" >"$printed" ;;
    go) go run "$source" >"$printed" 2>&1 ;;
    *) "$program" "$number" >"$printed" 2>&1 ;;
    esac
    [ "$(cat "$printed")" != "skipped: there is no libuv" ] || continue
    if ! diff "$out" "$printed" >"$printed.diff"; then
        echo "$stem: program $number: < the page, > what it printed:"
        cat "$printed.diff"
        failed=1
    fi
done
echo "$run programs"
[ "$failed" -eq 0 ] && [ "$run" -gt 0 ]
