#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the documents say of the tree is so: the README's program is the first
# example, to the letter, so that what a newcomer copies is what the tests
# build and run; and every relative link leads somewhere.
set -eu
cd "$(dirname "$0")/../.."

awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md |
    diff - examples/01_two_clocks.c

for page in *.md docs/*.md docs/*/*.md tests/*/*.md; do
    [ -f "$page" ] || continue
    grep -o ']([^)]*)' "$page" | sed 's/^](//; s/)$//; s/#.*//' |
        while read -r link; do
            case $link in http*: | https:* | "") continue ;; esac
            [ -e "$(dirname "$page")/$link" ] ||
                { echo "$page: no such file: $link" >&2; exit 1; }
        done
done
