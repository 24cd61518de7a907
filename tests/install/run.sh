#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh BUILD_DIR CC - what `cmake --install` leaves behind is complete:
# headers that stand alone, two libraries that export nothing foreign, and a
# program that builds through pkg-config, pkg-config --static and CMake.
#
# The tree is moved after the installation, so a path of the build or of the
# first prefix that went into a file is found out.
set -eu
build=$1
cc=$2
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset DESTDIR

fail() {
    echo "FAILED: $*"
    exit 1
}

cmake --install "$build" --prefix "$tmp/first" >"$tmp/log" 2>&1 ||
    { cat "$tmp/log"; fail "cmake --install"; }
prefix=$tmp/moved
mv "$tmp/first" "$prefix"
pc=$(find "$prefix" -name cede.pc)
lib=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=${pc%/*}

echo "headers: each alone, as C"
headers=$(cd "$prefix/include" && find . -name '*.h' | sed 's|^\./||' | sort)
for header in $headers; do
    for std in c11 gnu11; do
        echo "#include <$header>" |
            "$cc" -std=$std -Wall -Wextra -Wconversion -Werror -fsyntax-only \
                -I"$prefix/include" -x c - || fail "$header, $std"
    done
done

cxx=$(command -v g++ || command -v clang++) || cxx=
if [ -n "$cxx" ]; then
    echo "headers: all, as C++17"
    echo '#include <cede.h>' |
        "$cxx" -std=c++17 -Wall -Wextra -Werror -fsyntax-only \
            -I"$prefix/include" -x c++ - || fail "cede.h as C++"
else
    echo "headers: C++ skipped (no C++ compiler)"
fi

echo "symbols: ours only"
foreign=$(nm -D --defined-only "$lib/libcede.so" |
    awk '$3 !~ /^cede_/ && $2 != "A" { print $3 }')
[ -z "$foreign" ] || fail "libcede.so exports" $foreign
foreign=$(nm -g --defined-only "$lib/libcede.a" |
    awk 'NF == 3 && $3 !~ /^(cede|cd)_/ { print $3 }')
[ -z "$foreign" ] || fail "libcede.a defines" $foreign

# Optimized, as then an inline function of a header may bring its warnings
# into the program.  Words split on purpose: pkg-config prints a list.
flags="-O2 -Wall -Wextra -Werror"
echo "pkg-config"
"$cc" $flags "$here/consumer/main.c" -o "$tmp/shared" \
    $(pkg-config --cflags --libs cede) || fail "pkg-config: build"
LD_LIBRARY_PATH=$lib "$tmp/shared" || fail "pkg-config: run"

# Found beside libcede.so, as nothing else says where it is.
if [ -e "$lib/libcede_stacks.so.0" ]; then
    echo "libcede_stacks: loaded when it is wanted"
    "$cc" -g $flags "$here/consumer/dump.c" -o "$tmp/dump" -Wl,-rpath,"$lib" \
        $(pkg-config --cflags --libs cede) || fail "dump: build"
    ! ldd "$tmp/dump" | grep -E 'libcede_stacks|libdw' || fail "it is linked"
    "$tmp/dump" >"$tmp/out" || fail "dump: run"
    grep -q '| looks_at_itself .*dump.c:' "$tmp/out" ||
        { cat "$tmp/out"; fail "a dump without calls"; }
else
    echo "libcede_stacks: not built here"
fi

# musl-gcc has no sister for C++: that one is of another C library.
libc_of() { # COMPILER
    printf '#include <limits.h>\n__GLIBC__\n' | "$1" -E -P -x c - | tail -n 1
}
if [ -n "$cxx" ] && [ "$(libc_of "$cxx")" != "$(libc_of "$cc")" ]; then
    echo "pkg-config, C++17: skipped ($cxx is for another C library)"
elif [ -n "$cxx" ]; then
    for cxx in $(command -v g++ clang++); do
        for program in blocks waits; do
            echo "pkg-config, C++17: $program, ${cxx##*/}"
            "$cxx" -std=c++17 $flags -Wshadow -Wconversion -Wpedantic \
                "$here/consumer/$program.cpp" -o "$tmp/$program" \
                $(pkg-config --cflags --libs cede) || fail "C++: build"
            LD_LIBRARY_PATH=$lib "$tmp/$program" || fail "C++: run"
        done
    done
fi

echo "pkg-config --static"
"$cc" $flags "$here/consumer/main.c" -o "$tmp/static" -static \
    $(pkg-config --static --cflags --libs cede) || fail "static: build"
"$tmp/static" || fail "static: run"

echo "find_package(cede)"
{
    cmake -S "$here/consumer" -B "$tmp/consumer" -G Ninja \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build "$tmp/consumer"
} >"$tmp/log" 2>&1 || { cat "$tmp/log"; fail "find_package: build"; }
"$tmp/consumer/shared" || fail "find_package, cede::cede: run"
"$tmp/consumer/static" || fail "find_package, cede::static: run"

if [ -x "$prefix/bin/cede-quotes" ]; then
    echo "cede-quotes stands alone"
    ! ldd "$prefix/bin/cede-quotes" | grep libcede || fail "it needs libcede.so"
fi
