# SPDX-License-Identifier: MIT
#
# Debian's cross compiler for 64-bit RISC-V, or clang with its headers and
# libraries; programs run under qemu's user-mode emulation.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(target riscv64-linux-gnu)

if(NOT CMAKE_C_COMPILER)
    set(CMAKE_C_COMPILER ${target}-gcc)
endif()
set(CMAKE_C_COMPILER_TARGET ${target})
set(CMAKE_ASM_COMPILER_TARGET ${target})

set(CMAKE_FIND_ROOT_PATH /usr/${target})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-riscv64 -L /usr/${target})
