#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh CC [FLAG]... - compiled with protected branches, the library has the
# mark of it.  A linker gives none to the whole if one object has none, which
# may be one of ours in assembly; the C library's startup files are left out.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}

command -v readelf >/dev/null || skip "readelf is not installed"
case $("$@" -dM -E -x c - </dev/null) in
*__ILP32__*) skip "no switch by hand for this processor" ;;
*__x86_64__*) flag=-fcf-protection mark='IBT' ;;
*__aarch64__*) flag=-mbranch-protection=standard mark='BTI, PAC' ;;
*) skip "this processor has no such marks" ;;
esac

echo 'int any;' >"$tmp/any.c"
"$@" $flag -shared -fPIC -nostdlib "$tmp/any.c" -o "$tmp/any.so" ||
    skip "$* does not know $flag"
readelf -n "$tmp/any.so" | grep -q "feature:.*$mark" ||
    skip "$* marks nothing for $flag"

"$@" $flag -std=gnu11 -shared -fPIC -nostdlib -Iinclude -Isrc \
    src/ctx/*.c src/ctx/*.S -o "$tmp/libcede.so"
readelf -n "$tmp/libcede.so" >"$tmp/notes"
grep -q "feature:.*$mark" "$tmp/notes" || {
    cat "$tmp/notes"
    echo "FAILED: the mark ($mark) is lost"
    exit 1
}
