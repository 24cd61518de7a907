# SPDX-License-Identifier: MIT
#
# The C library musl, on this machine's processor: Debian's musl-gcc, or clang
# with musl's headers, for which musl-gcc links.  The programs run here, so to
# CMake this is no cross compilation; but there is no Check for musl.
set(CEDE_TEST_SHIM ON CACHE BOOL "Run the tests on tests/shim")

if(NOT CMAKE_C_COMPILER)
    set(CMAKE_C_COMPILER musl-gcc)
elseif(CMAKE_C_COMPILER MATCHES clang)
    execute_process(COMMAND uname -m OUTPUT_VARIABLE machine
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    # Unused where clang links, which it does in CMake's checks of flags: these
    # would take the warning for an answer.
    string(JOIN " " CMAKE_C_FLAGS_INIT --start-no-unused-arguments -nostdlibinc
        -isystem /usr/include/${machine}-linux-musl --end-no-unused-arguments)
    set(CMAKE_ASM_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
    set(link "musl-gcc <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
    set(CMAKE_C_LINK_EXECUTABLE "${link}")
    set(CMAKE_C_CREATE_SHARED_LIBRARY
        "${link} -shared <SONAME_FLAG><TARGET_SONAME>")
    set(CEDE_CXX OFF CACHE FILEPATH "There is no C++ library for musl")
    # clang by itself would link a user's program with another C library.
    set(CEDE_CONSUMER_CC musl-gcc CACHE FILEPATH "Links with the library")
endif()
