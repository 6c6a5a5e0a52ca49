# What `cmake --install` writes: the headers, both libraries, the CMake package, kinit.pc, the license; and the target
# uninstall, which removes what it wrote.
#
# Owns: the install rules. SPDX-License-Identifier: Apache-2.0

include(CMakePackageConfigHelpers)

set(KINIT_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/kinit)

install(FILES include/kinit/kinit.h include/kinit/cuda.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kinit)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# One export set for each library: only those who link the static one need SLEEF and threads.
foreach(kind IN ITEMS static shared)
  install(TARGETS kinit_${kind} EXPORT kinit_${kind})
  install(EXPORT kinit_${kind} NAMESPACE kinit:: FILE kinit-${kind}.cmake DESTINATION ${KINIT_PACKAGE_DIR})
endforeach()

configure_package_config_file(cmake/kinitConfig.cmake.in kinitConfig.cmake INSTALL_DESTINATION ${KINIT_PACKAGE_DIR}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(kinitConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/kinitConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/kinitConfigVersion.cmake
  cmake/FindSLEEF.cmake
  DESTINATION ${KINIT_PACKAGE_DIR})

# kinit.pc finds the prefix from its own place, so the tree may be moved; an absolute CMAKE_INSTALL_LIBDIR cannot.
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE pc_dir)
cmake_path(APPEND pc_dir pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${pc_dir} OUTPUT_VARIABLE KINIT_PC_PREFIX)
foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
  set(KINIT_PC_${dir} ${CMAKE_INSTALL_${dir}})
  if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    string(PREPEND KINIT_PC_${dir} "\${prefix}/")
  endif()
endforeach()
set(KINIT_PC_LIBS_PRIVATE -lm)
foreach(library IN LISTS CMAKE_DL_LIBS)
  string(APPEND KINIT_PC_LIBS_PRIVATE " -l${library}")
endforeach()
if(KINIT_HAVE_THREADS)
  string(PREPEND KINIT_PC_LIBS_PRIVATE "-lpthread ")
endif()
configure_file(cmake/kinit.pc.in kinit.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kinit.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(PROJECT_IS_TOP_LEVEL)
  add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -D MANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
    -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/uninstall.cmake)
endif()
