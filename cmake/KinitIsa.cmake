# The backends: one OBJECT library for each instruction set that the compiler and the target know.
#
# Owns: the probe and the flags of each backend. SPDX-License-Identifier: Apache-2.0
#
# kinit_add_backends() sets
#   KINIT_BACKEND_TARGETS      OBJECT libraries, to be linked into both libraries
#   KINIT_BACKEND_DEFINITIONS  KINIT_HAVE_<BACKEND>=1 for every backend but scalar, which is always there; for src/dispatch.c
#
# To add a backend: one more call of kinit_add_backend, and its lines in src/dispatch.c.

include(CheckCSourceCompiles)

# errno is nobody's business here, and link-time optimization would carry code from one set of flags into another.
# Without optimization gcc's intrinsics are macros, and it warns of the conversions in them as if they were ours.
set(KINIT_BACKEND_FLAGS -fno-math-errno -fno-lto $<$<CONFIG:Debug>:-Wno-sign-conversion>)
# Functions of the C library are bound when the library is loaded: to bind one at its first call takes kibibytes of stack,
# because the vector registers are saved there.
check_c_compiler_flag(-fno-plt KINIT_KNOWS_NO_PLT)
if(KINIT_KNOWS_NO_PLT)
  list(APPEND KINIT_BACKEND_FLAGS -fno-plt)
endif()
# The stack of Windows is aligned to 16 bytes; gcc spills wider vectors as if it were aligned to their size.
if(WIN32 AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND KINIT_BACKEND_FLAGS -Wa,-muse-unaligned-vector-move)
endif()
if(KINIT_SANITIZE)
  list(APPEND KINIT_BACKEND_FLAGS -O1 -DKS_UNROLL=) # src/kernel/simd.h tells why
endif()

# Whether the compiler translates `source` with `flags`; nothing is linked or run.
function(kinit_probe result source flags)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
  list(JOIN flags " " CMAKE_REQUIRED_FLAGS)
  check_c_source_compiles("${source}" ${result})
endfunction()

# kinit_add_backend(<name> <source file> [OPTION <name>] [PROBE <C source>] [FLAGS <flag>...] [CLANG_FLAGS <flag>...]
#                [DEFINITIONS <name=value>...])
# Without OPTION the backend is always built; with it, KINIT_<OPTION> decides: AUTO, ON or OFF. CLANG_FLAGS make a backend
# faster, are clang's only, and are left out where a version of it does not know them.
function(kinit_add_backend name source)
  cmake_parse_arguments(PARSE_ARGV 2 backend "" "OPTION;PROBE" "FLAGS;CLANG_FLAGS;DEFINITIONS")
  if(backend_OPTION)
    if(NOT KINIT_${backend_OPTION})
      return()
    endif()
    kinit_probe(KINIT_COMPILES_${backend_OPTION} "${backend_PROBE}" "${backend_FLAGS}")
    if(NOT KINIT_COMPILES_${backend_OPTION})
      if(NOT KINIT_${backend_OPTION} STREQUAL "AUTO")
        message(FATAL_ERROR "KINIT_${backend_OPTION}=${KINIT_${backend_OPTION}}, but the compiler does not take the probe")
      endif()
      return()
    endif()
    set(KINIT_BACKEND_DEFINITIONS ${KINIT_BACKEND_DEFINITIONS} KINIT_HAVE_${backend_OPTION}=1 PARENT_SCOPE)
  endif()

  if(backend_CLANG_FLAGS AND CMAKE_C_COMPILER_ID MATCHES "Clang")
    kinit_probe(KINIT_CLANG_TUNES_${backend_OPTION} "${backend_PROBE}" "${backend_FLAGS};${backend_CLANG_FLAGS}")
    if(KINIT_CLANG_TUNES_${backend_OPTION})
      list(APPEND backend_FLAGS ${backend_CLANG_FLAGS})
    endif()
  endif()

  set(target kinit_backend_${name})
  add_library(${target} OBJECT ${source})
  kinit_own_code(${target})
  target_compile_options(${target} PRIVATE ${KINIT_BACKEND_FLAGS} ${backend_FLAGS})
  target_compile_definitions(${target} PRIVATE ${backend_DEFINITIONS})
  target_link_libraries(${target} PRIVATE SLEEF::SLEEF)
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  set(KINIT_BACKEND_TARGETS ${KINIT_BACKEND_TARGETS} ${target} PARENT_SCOPE)
endfunction()

macro(kinit_add_backends)
  set(KINIT_BACKEND_TARGETS "")
  set(KINIT_BACKEND_DEFINITIONS "")

  kinit_add_backend(scalar src/scalar/kernels_scalar.c
    DEFINITIONS KS_BACKEND=kinit_backend_scalar)

  # On x86 a second time, for processors with FMA: fmaf is then an instruction instead of a call.
  kinit_add_backend(scalar_fma src/scalar/kernels_scalar.c
    OPTION SCALAR_FMA
    PROBE "#ifndef __x86_64__
           #error x86-64 only
           #endif
           #include <immintrin.h>
           __m128 f(__m128 a) { return _mm_fmadd_ss(a, a, a); }"
    FLAGS -mfma
    DEFINITIONS KS_BACKEND=kinit_backend_scalar_fma)

  # Tuning decides the order of instructions only. GCC's order for znver3 is 5 to 8 % faster than its generic one; for
  # the AVX-512 and scalar backends it is slower. clang's own order spills what is needed next: in AVX2 that of the source
  # is better (uniforms 1.48 cycles instead of 1.73), in AVX-512 another (normals 1.91 instead of 1.96); and it spills to
  # addresses that are aligned to 16 bytes only unless told to realign the stack (AVX2 normals 2.78 instead of 2.87).
  kinit_add_backend(avx2 src/avx2/kernels_avx2.c
    OPTION AVX2
    PROBE "#ifndef __x86_64__
           #error x86-64 only
           #endif
           #include <immintrin.h>
           __m256i f(__m256i a) { return _mm256_mul_epu32(a, a); }
           __m256 g(__m256 a) { return _mm256_fmadd_ps(a, a, a); }
           __m128i h(__m256 a) { return _mm256_cvtps_ph(a, 0); }"
    FLAGS -mavx2 -mfma -mf16c -mtune=znver3
    CLANG_FLAGS -mstackrealign -mllvm -enable-misched=false)

  kinit_add_backend(avx512 src/avx512/kernels_avx512.c
    OPTION AVX512
    PROBE "#ifndef __x86_64__
           #error x86-64 only
           #endif
           #include <immintrin.h>
           __m512i f(__m512i a) { return _mm512_cvtps_epu32(_mm512_fixupimm_ps(_mm512_cvtepu32_ps(a),
                                    _mm512_cvtepu32_ps(a), a, 0)); }
           __m512d g(__m512i a) { return _mm512_cvtepi64_pd(a); }
           __m512i h(__m512i a) { return _mm512_slli_epi16(a, 1); }
           __m256i i(__m256i a) { return _mm256_rol_epi32(a, 1); }"
    FLAGS -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mf16c -mprefer-vector-width=512
    CLANG_FLAGS -mstackrealign -mllvm -pre-RA-sched=list-ilp)

  # Part of AArch64's baseline: no flags.
  kinit_add_backend(neon src/neon/kernels_neon.c
    OPTION NEON
    PROBE "#ifndef __aarch64__
           #error AArch64 only
           #endif
           #include <arm_neon.h>
           float32x4_t f(float32x4_t a) { return vfmaq_f32(a, a, a); }")

  list(JOIN KINIT_BACKEND_TARGETS " " backend_names)
  string(REPLACE "kinit_backend_" "" backend_names "${backend_names}")
  message(STATUS "kinit: backends ${backend_names}")
endmacro()
