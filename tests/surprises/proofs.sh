#!/bin/sh
# SPDX-License-Identifier: MIT
#
# proofs.sh [DOCUMENT] - every test that the document names as a proof exists.
#
# A proof reads "*Proof: FILE name, name; FILE name.*"; FILE is in tests/ or
# tests/surprises, and the name, if any, stands there in parentheses.
set -u
document=${1:-docs/no-surprises.md}

proofs() { # one "FILE name" a line; a FILE without names alone
    tr '\n' ' ' <"$document" | grep -o '\*Proof: [^*]*\.\*' |
        sed 's/^\*Proof: //; s/\.\*$//' | tr ';' '\n' |
        awk '{ if (NF == 1) print $1
               for (i = 2; i <= NF; i++) { sub(/,$/, "", $i); print $1, $i } }'
}

bad=0
total=0
while read -r file name; do
    total=$((total + 1))
    found=
    for source in tests/"$file".c tests/surprises/"$file".c*; do
        [ -f "$source" ] || continue
        [ -n "$name" ] && ! grep -q "($name)" "$source" || found=$source
    done
    if [ -z "$found" ]; then
        echo "$document names a proof that is not there: $file $name"
        bad=1
    fi
done <<EOF
$(proofs)
EOF
echo "$total proofs"
[ "$bad" -eq 0 ] && [ "$total" -gt 50 ]
