# A Debian cross compiler for a processor that has no backend but scalar, and qemu to run what it builds. The environment
# names them: KINIT_CROSS_TRIPLET is the compiler's prefix, KINIT_CROSS_PROCESSOR qemu's name of the processor, and
# KINIT_CROSS_SYSROOT holds SLEEF.
#
# Used by scripts/portable. SPDX-License-Identifier: Apache-2.0
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR $ENV{KINIT_CROSS_PROCESSOR})
set(CMAKE_C_COMPILER $ENV{KINIT_CROSS_TRIPLET}-gcc)
set(CMAKE_CXX_COMPILER $ENV{KINIT_CROSS_TRIPLET}-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-$ENV{KINIT_CROSS_PROCESSOR} -L /usr/$ENV{KINIT_CROSS_TRIPLET})

# Libraries and headers are those of the target only, programs those of the host only.
set(CMAKE_FIND_ROOT_PATH $ENV{KINIT_CROSS_SYSROOT} /usr/$ENV{KINIT_CROSS_TRIPLET})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
