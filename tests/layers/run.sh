#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tools/check-layers finds what was planted, on the right line, and nothing
# in a tree that keeps the rules.
set -eu
check=$(cd "$(dirname "$0")/../../tools" && pwd)/check-layers
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/src/base" "$tree/src/ctx" "$tree/src/task" "$tree/include"
cat >"$tree/src/LAYERS" <<'END'
# bottom to top
base:
ctx:  base
task: ctx base
END
printf '#include "base/list.h"\n#include <time.h>\n' >"$tree/src/base/list.c"
printf '#include "base/list.h"\n#if defined(__x86_64__)\n#endif\n' \
    >"$tree/src/ctx/switch.c"
printf '#include "ctx/switch.h"\n' >"$tree/src/task/task.c"

if ! out=$("$check" "$tree"); then
    echo "a clean tree fails: $out"
    exit 1
fi

printf '\n\n#include "task/task.h"\n' >"$tree/src/base/planted.c"
printf '\n#if !defined(X) || \\\n    defined(__aarch64__)\n#endif\n' \
    >"$tree/src/task/planted.c"
yes '' | head -n 601 >"$tree/include/planted.h"
cat >"$tree/expected" <<'END'
include/planted.h:601: over 600 lines: give its second idea a file
src/base/planted.c:3: floor 'base' may not include 'task/task.h'
src/task/planted.c:3: asks for an operating system or a CPU
END

if "$check" "$tree" >"$tree/found"; then
    echo "planted violations pass"
    exit 1
fi
sort "$tree/found" | diff "$tree/expected" -
