# SPDX-License-Identifier: MIT
#
# What is installed where.  The installed tree may be moved afterwards:
# cede.pc and the CMake package find their prefix from where they lie.

install(TARGETS cede cede_static EXPORT cedeTargets)
install(DIRECTORY include/ TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
# All of it, and nothing else: what `make install` builds.
add_custom_target(installed DEPENDS cede cede_static)
if(TARGET cede_stacks)
    add_dependencies(installed cede_stacks)
    install(TARGETS cede_stacks LIBRARY COMPONENT stacks NAMELINK_SKIP)
endif()
if(TARGET cede-quotes)
    add_dependencies(installed cede-quotes)
    install(TARGETS cede-quotes)
    install(FILES man/cede-quotes.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
install(FILES LICENSE README.md
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/cede OPTIONAL)

# find_package(cede): cede::cede, cede::static
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cede)
install(EXPORT cedeTargets NAMESPACE cede:: DESTINATION ${package_dir})
configure_package_config_file(cmake/cedeConfig.cmake.in cedeConfig.cmake
    INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(cedeConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cedeConfig.cmake
              ${PROJECT_BINARY_DIR}/cedeConfigVersion.cmake
        DESTINATION ${package_dir})

# pkg-config cede
set(pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_prefix ${pc_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})
file(RELATIVE_PATH pc_libdir
     ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_includedir
     ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(cmake/cede.pc.in cede.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cede.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
