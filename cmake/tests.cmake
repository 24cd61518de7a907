# SPDX-License-Identifier: MIT
#
# What `ctest` runs, besides the examples and the folders that register their
# own tests.

# One executable per file.  This folder is not on the include path: there,
# our check.h would stand before the one of the Check library.
file(GLOB CEDE_TESTS CONFIGURE_DEPENDS tests/*_test.c)
foreach(source ${CEDE_TESTS})
    cmake_path(GET source STEM name)
    cede_program(${name} cede::static ${source})
    target_include_directories(${name} PRIVATE src)
    target_link_libraries(${name} PRIVATE ${CEDE_CHECK} m)
    cede_test(${name} ${name})
endforeach()

# Foreign loops that ours lives in, where there are any for this system.
if(NOT CEDE_TEST_SHIM)
    pkg_check_modules(GLIB IMPORTED_TARGET glib-2.0)
    pkg_check_modules(LIBUV IMPORTED_TARGET libuv)
endif()
if(TARGET PkgConfig::GLIB)
    target_compile_definitions(embed_glib_test PRIVATE HAVE_GLIB)
    target_link_libraries(embed_glib_test PRIVATE PkgConfig::GLIB)
endif()
if(TARGET PkgConfig::LIBUV)
    target_compile_definitions(embed_uv_test PRIVATE HAVE_LIBUV)
    target_link_libraries(embed_uv_test PRIVATE PkgConfig::LIBUV)
endif()

# What happens to those who do without.
if(CEDE_HAVE_STACK_CLASH)
    set_source_files_properties(tests/surprise_frame_test.c PROPERTIES
        COMPILE_OPTIONS -fno-stack-clash-protection)
endif()
# What it looks for are frames.
set_source_files_properties(tests/stacks_test.c PROPERTIES
    COMPILE_OPTIONS -fno-optimize-sibling-calls)
# Stand before the C library's.
target_link_options(loop_timer_test PRIVATE LINKER:--wrap=malloc)
target_link_options(surprise_process_test PRIVATE
    LINKER:--wrap=pthread_mutex_unlock)
# A million stacks are 4.3 GB: one test at a time.
set_tests_properties(million_test PROPERTIES
    TIMEOUT 600 COST 1000 RESOURCE_LOCK a_million_stacks)

# With CEDE_LONG in the environment they take their time.
foreach(name schedule_task_test schedule_queue_test schedule_start_test
             schedule_future_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 COST 100)
endforeach()

# Sample programs; tests/seeds/CMakeLists.txt says what they must print.
# seed.c and seed_errors.c are common to all.
file(GLOB CEDE_SEEDS CONFIGURE_DEPENDS tests/seeds/[rs][0-9]*.c)
add_library(seed_common STATIC
    tests/seeds/seed.c tests/seeds/seed_errors.c)
target_link_libraries(seed_common PUBLIC cede_flags cede::static)
foreach(source ${CEDE_SEEDS})
    cmake_path(GET source STEM name)
    cede_program(seed_${name} seed_common ${source})
endforeach()

if(CEDE_TEST_SHIM)
    cede_program(shim_selftest check_shim tests/shim/selftest.c)
    cede_test(shim_selftest shim_selftest)
endif()

set(compiler ${CMAKE_C_COMPILER})
if(CMAKE_C_COMPILER_TARGET AND CMAKE_C_COMPILER_ID MATCHES Clang)
    list(APPEND compiler --target=${CMAKE_C_COMPILER_TARGET})
endif()
cede_test(marks ${PROJECT_SOURCE_DIR}/tests/marks/run.sh ${compiler})

# What is said of the sources is the same for every processor, and what an
# installation is good for is tried with this machine's tools.
if(CMAKE_CROSSCOMPILING)
    return()
endif()

cede_program(idle_sleepers cede::static tests/idle/sleepers.c)
cede_test(idle_is_idle ${PROJECT_SOURCE_DIR}/tests/idle/run.sh
          $<TARGET_FILE:idle_sleepers>)

cede_test(layers ${PROJECT_SOURCE_DIR}/tools/check-layers)
if(CEDE_EVERYTHING)
    cede_test(semantics_covered ${PROJECT_SOURCE_DIR}/tests/semantics/covered.sh)
endif()
cede_test(readme ${PROJECT_SOURCE_DIR}/tests/readme/run.sh)
cede_test(layers_selftest ${PROJECT_SOURCE_DIR}/tests/layers/run.sh)

# An instrumented library asks its users for the same instruments, so the
# consumers of this test would not link.
if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize|--coverage")
    set(CEDE_CONSUMER_CC ${CMAKE_C_COMPILER} CACHE FILEPATH
        "With what the test of the installation compiles")
    cede_test(install ${PROJECT_SOURCE_DIR}/tests/install/run.sh
              ${PROJECT_BINARY_DIR} ${CEDE_CONSUMER_CC})
endif()
