# Finds SLEEF, of which Debian ships no CMake package: by pkg-config, else by searching for its header and library.
#
# Owns: the target SLEEF::SLEEF. Used by kinit's build and, installed beside kinit's package, by those who link its static
# library. SPDX-License-Identifier: Apache-2.0

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_SLEEF QUIET sleef)
endif()
find_path(SLEEF_INCLUDE_DIR sleef.h HINTS ${PC_SLEEF_INCLUDEDIR} PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE})
find_library(SLEEF_LIBRARY sleef HINTS ${PC_SLEEF_LIBDIR})
mark_as_advanced(SLEEF_INCLUDE_DIR SLEEF_LIBRARY)

# The header holds the version for those without pkg-config.
if(SLEEF_INCLUDE_DIR)
  file(STRINGS ${SLEEF_INCLUDE_DIR}/sleef.h SLEEF_VERSION REGEX "^#define SLEEF_VERSION_(MAJOR|MINOR|PATCHLEVEL) [0-9]+$")
  list(TRANSFORM SLEEF_VERSION REPLACE "^.* ([0-9]+)$" "\\1")
  list(JOIN SLEEF_VERSION "." SLEEF_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SLEEF REQUIRED_VARS SLEEF_LIBRARY SLEEF_INCLUDE_DIR VERSION_VAR SLEEF_VERSION)

if(SLEEF_FOUND AND NOT TARGET SLEEF::SLEEF)
  add_library(SLEEF::SLEEF UNKNOWN IMPORTED)
  set_target_properties(SLEEF::SLEEF PROPERTIES
    IMPORTED_LOCATION ${SLEEF_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${SLEEF_INCLUDE_DIR})
endif()
