#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM SOURCE - an example prints what the comment at the end of its
# source says, "Prints:", if there is one, and ends with status 0.
set -eu
program=$1 source=$2
printed=$("$program")
if ! grep -q '^/\* Prints:$' "$source"; then
    exit 0
fi
expected=$(awk '
    on && /^ \*\/$/ { on = 0 }
    on { sub(/^ \* ?/, ""); print }
    /^\/\* Prints:$/ { on = 1 }' "$source")
if [ "$printed" != "$expected" ]; then
    echo "$source does not print what it says, but:"
    echo "$printed"
    exit 1
fi
