#!/bin/sh
# SPDX-License-Identifier: MIT
#
# covered.sh - every MUST and SHOULD of docs/semantics.md that concerns what is
# there names its proof.
#
# Lines of the sections below read "- ID MUST|SHOULD text *Proof: ...*"; what
# has no test says "Later: ..." or "Deliberately not: ..." in the same place.
# That the proofs exist is what tests/surprises/proofs.sh checks.
set -eu
sections='^(GEN|YF|CORO|AG|CM|FUT|TSK|CAN|TMO|TG|GAT|WAI|ASC|SHD|STG|Q|LCK|EVT|CND|SEM|'
sections=$sections'BAR|THR|EXE|PPE|CFW|LOP|RUN|STR|SRV|DGR|DBG|CTX|TST|TI)-'

lines=$(grep -E '^- [A-Z]+-[0-9]+ (MUST|SHOULD)' docs/semantics.md |
    sed 's/^- //' | grep -E "$sections")
bare=$(echo "$lines" |
    grep -vE '\*([^*]*[.;] )?(Proof: |Later: |Deliberately not)[^*]*\.\*$' || true)
total=$(echo "$lines" | wc -l)
later=$(echo "$lines" | grep -vc 'Proof: ' || true)

if [ -n "$bare" ]; then
    echo "lines of docs/semantics.md without a proof:"
    echo "$bare" | cut -c1-100
    exit 1
fi
echo "$total lines, $later of them without a test, which say why"
[ "$total" -gt 100 ]

# Every test named after "Proof:" is there: FILE name, name; FILE name.  What
# is no name of a test or of a sample is a remark.
missing=0
named=0
while read -r file name; do
    case $file in
    s[0-9]*) found=$(ls tests/seeds/"$file"*.c 2>/dev/null || true) ;;
    *) found=$(ls tests/"$file".c tests/*/"$file".c* tests/*/"$file".sh \
        2>/dev/null || true) ;;
    esac
    # shellcheck disable=SC2086
    if [ -z "$found" ] || { [ -n "$name" ] && ! grep -q "($name)" $found; }; then
        echo "docs/semantics.md names a proof that is not there: $file $name"
        missing=1
    fi
    named=$((named + 1))
done <<END
$(grep -oE 'Proof: [^*]*' docs/semantics.md | sed 's/^Proof: //' | tr ';' '\n' |
    sed -E 's/\([^)]*\)//g; s/\. [A-Z].*//' | awk '{
        gsub(/[,.]/, " ")
        file = ""
        for (i = 1; i <= NF; i++) {
            if ($i ~ /_test$/) { file = $i; if (i == NF) print file }
            else if ($i ~ /^s0[0-9][0-9]_[0-9]+/) print $i
            else if ($i ~ /^[a-z0-9]+(_[a-z0-9]+)+$/ && file != "") print file, $i
        }
    }')
END
echo "$named proofs"
[ "$missing" -eq 0 ] && [ "$named" -gt 250 ]
