# SPDX-License-Identifier: MIT
#
# What cede-quotes --serve takes from elsewhere, to be built with and not to be
# needed later: llhttp, which reads HTTP, in C as Debian's node-llhttp has it;
# and uPlot, which draws in the page, from its npm package.  Without the first
# there is no http://, without the second the page is a table.

option(CEDE_FETCH "Fetch what cede-quotes' page draws with, by npm" ON)
set(uplot 1.6.32)
set(uplot_sha512 "2883159c6ebccefbb95d751b0b82d010f9e1c0ec41b8bc96d401\
eda66e882935c89a46cb824332fa369b8cb8122cc6ac36e186cd09bf7a9ded3a4c93c6989023")

# ---- llhttp: sources, so the same for every processor ----------------------

find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include
          PATH_SUFFIXES llhttp NO_CMAKE_FIND_ROOT_PATH)
find_path(LLHTTP_SOURCES llhttp.c PATHS /usr/share
          PATH_SUFFIXES llhttp NO_CMAKE_FIND_ROOT_PATH)
mark_as_advanced(LLHTTP_INCLUDE LLHTTP_SOURCES)
if(LLHTTP_INCLUDE AND LLHTTP_SOURCES)
    # Strict, as a server should be: "Name : value" is read differently by
    # others, which is how requests are smuggled.
    add_library(llhttp_strict STATIC ${LLHTTP_SOURCES}/llhttp.c
        ${LLHTTP_SOURCES}/api.c ${LLHTTP_SOURCES}/http.c)
    target_include_directories(llhttp_strict SYSTEM PUBLIC ${LLHTTP_INCLUDE})
    target_compile_definitions(llhttp_strict PUBLIC LLHTTP_STRICT_MODE=1)
    target_compile_options(llhttp_strict PRIVATE -w ${public_flags})
    target_link_libraries(cede-quotes PRIVATE llhttp_strict)
    target_compile_definitions(cede-quotes PRIVATE QUOTES_HTTP=1)
else()
    target_compile_definitions(cede-quotes PRIVATE QUOTES_HTTP=0)
    message(STATUS "cede-quotes: no --serve http:// (no llhttp: node-llhttp)")
endif()

# ---- uPlot ----------------------------------------------------------------

set(folder ${PROJECT_BINARY_DIR}/uplot)
set(package ${folder}/uplot-${uplot}.tgz)
find_program(NPM npm NO_CMAKE_FIND_ROOT_PATH)
if(CEDE_FETCH AND NPM AND TARGET llhttp_strict AND NOT EXISTS ${package})
    file(MAKE_DIRECTORY ${folder})
    execute_process(
        COMMAND ${NPM} pack uplot@${uplot} --silent --ignore-scripts
            --prefer-offline --fetch-retries=0 --fetch-timeout=10000
        WORKING_DIRECTORY ${folder} TIMEOUT 30 RESULT_VARIABLE ignored
        OUTPUT_QUIET ERROR_QUIET)
endif()
set(why "no npm")
if(NOT CEDE_FETCH)
    set(why "CEDE_FETCH is off")
elseif(EXISTS ${package})
    set(why)
    file(SHA512 ${package} found)
    if(NOT found STREQUAL uplot_sha512)
        set(why "its package is not the one we know")
    endif()
elseif(NPM)
    set(why "npm could not fetch it")
endif()
if(why)
    message(STATUS "cede-quotes: the live page has no charts (no uPlot: ${why})")
endif()

# ---- the page, as one file, which page.S takes into the program ------------

set(source ${PROJECT_SOURCE_DIR}/examples/quotes/live.html)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
file(READ ${source} page)
if(NOT why)
    file(ARCHIVE_EXTRACT INPUT ${package} DESTINATION ${folder})
    file(READ ${folder}/package/dist/uPlot.min.css css)
    file(READ ${folder}/package/dist/uPlot.iife.min.js js)
    file(READ ${folder}/package/LICENSE license)
    string(REPLACE "/*uPlot.css*/" "${css}" page "${page}")
    string(REPLACE "/*uPlot.js*/" "/*!\n${license}*/\n${js}" page "${page}")
endif()
file(WRITE ${PROJECT_BINARY_DIR}/page.new "${page}")
configure_file(${PROJECT_BINARY_DIR}/page.new ${PROJECT_BINARY_DIR}/page.html
               COPYONLY)
set_source_files_properties(examples/quotes/page.S PROPERTIES
    COMPILE_DEFINITIONS "QUOTES_PAGE=\"${PROJECT_BINARY_DIR}/page.html\""
    OBJECT_DEPENDS ${PROJECT_BINARY_DIR}/page.html)
