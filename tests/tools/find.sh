#!/bin/sh
# SPDX-License-Identifier: MIT
#
# find.sh BUG PLACE COMMAND... - the command, which runs planted.c under some
# tool, must fail, and its report must name the line where BUG is planted and
# the function in_a_PLACE that led there.
set -u
bug=$1
place=$2
shift 2
source=tests/tools/planted.c
line=$(grep -n "planted: $bug \*/" "$source" | cut -d: -f1)
[ -n "$line" ] || { echo "nothing is marked 'planted: $bug'"; exit 1; }

report=$("$@" "$bug" "$place" 2>&1)
status=$?
fail() {
    echo "FAILED: $1"
    echo "$report"
    exit 1
}
[ "$status" -ne 0 ] || fail "not found: $bug in a $place"
case $report in
*"planted.c:$line"[!0-9]*) ;;
*) fail "the report does not name planted.c:$line" ;;
esac
case $report in
*"in_a_$place"*) ;;
*) fail "the report does not name in_a_$place" ;;
esac
echo "found: $bug in a $place"
