# Debian's cross compiler for AArch64, and qemu to run what it builds. SLEEF comes from build/sysroot-aarch64, which
# `scripts/setup aarch64` fills. KINIT_CROSS_C_COMPILER names another compiler of C.
#
# Used by the preset aarch64. SPDX-License-Identifier: Apache-2.0
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
if(NOT KINIT_CROSS_C_COMPILER)
  set(KINIT_CROSS_C_COMPILER aarch64-linux-gnu-gcc)
endif()
set(CMAKE_C_COMPILER ${KINIT_CROSS_C_COMPILER})
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KINIT_CROSS_C_COMPILER)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

# Libraries and headers are those of the target only, programs those of the host only.
cmake_path(SET KINIT_SYSROOT NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../build/sysroot-aarch64")
set(CMAKE_FIND_ROOT_PATH ${KINIT_SYSROOT} /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${KINIT_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${KINIT_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig)
