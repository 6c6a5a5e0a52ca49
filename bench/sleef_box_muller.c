/* The transformation of Box and Muller through SLEEF's f32 functions: what kinit's own logarithm, sine and cosine are
 * compared with.
 *
 * Owns: kinit_bench_sleef_avx2 and kinit_bench_sleef_avx512; the build compiles the file once for each. Called by
 * rows.cc. SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>
#include <sleef.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __AVX512F__
#define LANES 16
typedef __m512i vu;
typedef __m512 vf;
#define NAME kinit_bench_sleef_avx512
#define W(name) _mm512_##name
#define BITS(x) _mm512_castps_si512(x)
#define FLOATS(x) _mm512_castsi512_ps(x)
static vu load(const uint32_t *p) { return _mm512_loadu_si512(p); }
static void stream(float *p, vf x) { _mm512_stream_ps(p, x); }
static vf from_u32(vu x) { return _mm512_cvtepu32_ps(x); }
static vf logarithm(vf x) { return Sleef_logf16_u10avx512f(x); }
static void sine_and_cosine(vf x, vf *sine, vf *cosine) {
  const Sleef___m512_2 r = Sleef_sincospif16_u05avx512f(x);
  *sine = r.x;
  *cosine = r.y;
}
#else
#define LANES 8
typedef __m256i vu;
typedef __m256 vf;
#define NAME kinit_bench_sleef_avx2
#define W(name) _mm256_##name
#define BITS(x) _mm256_castps_si256(x)
#define FLOATS(x) _mm256_castsi256_ps(x)
static vu load(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
static void stream(float *p, vf x) { _mm256_stream_ps(p, x); }
/* Two halves behind the exponents of 2^39 and 2^23, as in kinit's backend. */
static vf from_u32(vu x) {
  const vu low = _mm256_blend_epi16(x, _mm256_set1_epi32(0x4B000000), 0xAA);
  const vu high = _mm256_or_si256(_mm256_srli_epi32(x, 16), _mm256_set1_epi32(0x53000000));
  return _mm256_add_ps(_mm256_sub_ps(FLOATS(high), _mm256_set1_ps(0x1.000001p39f)), FLOATS(low));
}
static vf logarithm(vf x) { return Sleef_logf8_u10avx2(x); }
static void sine_and_cosine(vf x, vf *sine, vf *cosine) {
  const Sleef___m256_2 r = Sleef_sincospif8_u05avx2(x);
  *sine = r.x;
  *cosine = r.y;
}
#endif

void NAME(const uint32_t *words, float *out, size_t count);

/* count is a multiple of 2 * LANES, out is aligned to a vector. Even words are radii, odd ones angles. */
void NAME(const uint32_t *words, float *out, size_t count) {
  for (size_t i = 0; i < count; i += 2 * LANES) {
    const vf a = FLOATS(load(words + i)), b = FLOATS(load(words + i + LANES));
    const vu radius = BITS(W(shuffle_ps)(a, b, 0x88)), angle = BITS(W(shuffle_ps)(a, b, 0xDD));
    const vf u = W(fmadd_ps)(from_u32(radius), W(set1_ps)(0x1p-32f), W(set1_ps)(0x1p-33f));
    const vf r = W(sqrt_ps)(W(mul_ps)(W(set1_ps)(-2.0f), logarithm(u)));
    vf sine, cosine;
    sine_and_cosine(W(fmadd_ps)(W(cvtepi32_ps)(angle), W(set1_ps)(0x1p-31f), W(set1_ps)(0x1p-32f)), &sine, &cosine);
    cosine = W(mul_ps)(r, cosine);
    sine = W(mul_ps)(r, sine);
    stream(out + i, W(unpacklo_ps)(cosine, sine));
    stream(out + i + LANES, W(unpackhi_ps)(cosine, sine));
  }
}
