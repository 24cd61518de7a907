# SPDX-License-Identifier: MIT
#
# What unit tests run on: Check, found by pkg-config; or tests/shim, for
# processors and C libraries that Check is not packaged for, where pkg-config
# would find this machine's own.  Sets CEDE_CHECK to what tests link with.

option(CEDE_TEST_SHIM "Run the tests on tests/shim instead of Check"
       ${CMAKE_CROSSCOMPILING})
if(CEDE_TEST_SHIM)
    add_library(check_shim STATIC tests/shim/check.c)
    target_include_directories(check_shim INTERFACE tests/shim)
    target_link_libraries(check_shim PRIVATE cede_flags)
    set(CEDE_CHECK check_shim)
else()
    find_package(PkgConfig)
    if(PkgConfig_FOUND)
        pkg_check_modules(CHECK IMPORTED_TARGET check)
    endif()
    if(NOT CHECK_FOUND)
        message(STATUS "Tests: off (pkg-config or Check is missing)")
        set(CEDE_BUILD_TESTS OFF)
    endif()
    set(CEDE_CHECK PkgConfig::CHECK)
endif()
