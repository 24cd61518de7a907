#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM FOLDER STEM - what the programs of a page print is what the
# page says they do; PROGRAM runs those in C, "python3" those in Python.
set -u
program=$1 folder=$2 stem=$3

if [ "$program" = python3 ] &&
    ! python3 -c 'import asyncio; asyncio.TaskGroup' 2>/dev/null; then
    echo "skipped: there is no Python 3.11 or later"
    exit 77
fi

failed=0 run=0
for out in "$folder/${stem}"_[0-9]*.out; do
    base=${out%.out}
    number=${base##*_}
    if [ "$program" != python3 ]; then
        set -- "$program" "$number"
    elif [ -f "$base.py" ]; then
        set -- python3 "$base.py"
    else
        continue
    fi
    run=$((run + 1))
    printed=$base.${1##*/} # the two may run at once
    "$@" >"$printed" 2>&1  # it may abort, and say so
    if ! diff "$out" "$printed" >"$printed.diff"; then
        echo "$stem: program $number: < the page, > what it printed:"
        cat "$printed.diff"
        failed=1
    fi
done
echo "$run programs"
[ "$failed" -eq 0 ] && [ "$run" -gt 0 ]
