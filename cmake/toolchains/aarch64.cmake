# SPDX-License-Identifier: MIT
#
# Debian's cross compiler for 64-bit ARM, or clang with its headers and
# libraries; programs run under qemu's user-mode emulation.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(target aarch64-linux-gnu)

if(NOT CMAKE_C_COMPILER)
    set(CMAKE_C_COMPILER ${target}-gcc)
endif()
set(CMAKE_C_COMPILER_TARGET ${target})
set(CMAKE_ASM_COMPILER_TARGET ${target})

# Signed return addresses and landing pads; tests/landing_test.c has the latter
# checked, the emulator the former.
set(CMAKE_C_FLAGS_INIT -mbranch-protection=standard)

set(CMAKE_FIND_ROOT_PATH /usr/${target})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# The architecture's own signing takes the emulator a microsecond a time.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu max,pauth-impdef=on -L /usr/${target})
