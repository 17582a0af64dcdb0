/* Vectors of doubles, as wide as the instruction set has them. */
#ifndef GK_VEC_H
#define GK_VEC_H
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if !defined(__GNUC__) && !defined(__clang__)
#error "gk_vec.h needs a compiler with GCC's vector types (GCC or Clang)"
#endif
#if defined(__AVX512F__)
#define GK_W 8
#elif defined(__AVX__)
#define GK_W 4
#else
#define GK_W 2
#endif
typedef double gk_vec __attribute__((vector_size(GK_W * 8), aligned(8), may_alias));
#define GK_V(p) (*(const gk_vec *)(p))

static inline gk_vec gk_vfma(gk_vec a, gk_vec b, gk_vec c) {
#if defined(__AVX512F__)
  return (gk_vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__AVX__) && defined(__FMA__)
  return (gk_vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__ARM_FEATURE_FMA)
  gk_vec r;
  for (int l = 0; l < GK_W; l++) r[l] = __builtin_fma(a[l], b[l], c[l]);
  return r;
#else
  return a * b + c;
#endif
}

/* the sum over a vector: halves are added until one number is left */
static inline double gk_vsum(gk_vec a) {
#if defined(__AVX__)
#if GK_W == 8
  const __m256d q = _mm512_castpd512_pd256((__m512d)a) + _mm512_extractf64x4_pd((__m512d)a, 1);
#else
  const __m256d q = (__m256d)a;
#endif
  const __m128d h = _mm256_castpd256_pd128(q) + _mm256_extractf128_pd(q, 1);
  return h[0] + h[1];
#else
  return a[0] + a[1];
#endif
}

/* the first n elements at p, as many as there is room for, and zeros behind them; n may be negative */
static inline gk_vec gk_vpart(const double *p, ptrdiff_t n) {
#if GK_W == 8
  const ptrdiff_t m = n < 0 ? 0 : n > 8 ? 8 : n;
  return (gk_vec)_mm512_maskz_loadu_pd((__mmask8)((1u << m) - 1), p);
#elif GK_W == 4
  static const int64_t ones_and_zeros[8] = {-1, -1, -1, -1, 0, 0, 0, 0};
  const ptrdiff_t m = n < 0 ? 0 : n > 4 ? 4 : n;
  return (gk_vec)_mm256_maskload_pd(p, _mm256_loadu_si256((const __m256i *)(ones_and_zeros + 4 - m)));
#else
  return n >= 2 ? GK_V(p) : n == 1 ? (gk_vec){p[0], 0.0} : (gk_vec){0.0, 0.0};
#endif
}
#endif
