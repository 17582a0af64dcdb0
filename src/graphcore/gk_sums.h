/* Sums and dot products on 16 lanes: element i to lane i % 16, lanes joined in halves.  What the
 * loops that are generated from the op table would do, bit for bit, without a lane in memory. */
#ifndef GK_SUMS_H
#define GK_SUMS_H
#include "gk_vec.h"

#define GK_VECS (16 / GK_W)

/* NAME(n, y, a, ...): y joined with the elements, which are zeros where there are none */
#define GK_SUM(NAME, PARAMS, ARGS, WHOLE, PART)                                          \
  static inline void NAME##_onto(ptrdiff_t n, gk_vec *s, PARAMS) {                        \
    ptrdiff_t i = 0;                                                                     \
    for (; i + 16 <= n; i += 16)                                                         \
      for (int l = 0; l < GK_VECS; l++) s[l] = WHOLE(s[l], i + l * GK_W);                 \
    if (i < n)                                                                           \
      for (int l = 0; l < GK_VECS; l++) s[l] = PART(s[l], i + l * GK_W, n - i - l * GK_W); \
  }                                                                                      \
  /* 16 lanes in memory; returns how many elements it took */                            \
  static inline ptrdiff_t NAME##_lanes(ptrdiff_t n, double *lane, PARAMS) {               \
    gk_vec s[GK_VECS];                                                                   \
    for (int l = 0; l < GK_VECS; l++) s[l] = GK_V(lane + l * GK_W);                       \
    NAME##_onto(n, s, ARGS);                                                             \
    for (int l = 0; l < GK_VECS; l++) *(gk_vec *)(lane + l * GK_W) = s[l];                \
    return n;                                                                            \
  }                                                                                      \
  static inline double NAME##_all(ptrdiff_t n, PARAMS) {                                  \
    gk_vec s[GK_VECS] = {{0}};                                                           \
    NAME##_onto(n, s, ARGS);                                                             \
    for (int half = GK_VECS / 2; half; half /= 2)                                        \
      for (int l = 0; l < half; l++) s[l] = s[l] + s[l + half];                           \
    return gk_vsum(s[0]);                                                                \
  }

#define GK_COMMA ,
#define GK_ADD(s, at) ((s) + GK_V(a + (at)))
#define GK_ADD_PART(s, at, left) ((s) + gk_vpart(a + (at), left))
GK_SUM(gk_sum, const double *a, a, GK_ADD, GK_ADD_PART)

#define GK_ADD_PRODUCT(s, at) gk_vfma(GK_V(a + (at)), GK_V(b + (at)), s)
#define GK_ADD_PRODUCT_PART(s, at, left) gk_vfma(gk_vpart(a + (at), left), gk_vpart(b + (at), left), s)
GK_SUM(gk_dot, const double *a GK_COMMA const double *b, a GK_COMMA b, GK_ADD_PRODUCT, GK_ADD_PRODUCT_PART)

/* gk_vsum of two vectors at once, the same additions */
static inline void gk_vsum_two(gk_vec a, gk_vec b, double *y, double *z) {
#if defined(__AVX__)
#if GK_W == 8
  const __m256d p = _mm512_castpd512_pd256((__m512d)a) + _mm512_extractf64x4_pd((__m512d)a, 1);
  const __m256d q = _mm512_castpd512_pd256((__m512d)b) + _mm512_extractf64x4_pd((__m512d)b, 1);
#else
  const __m256d p = (__m256d)a, q = (__m256d)b;
#endif
  const __m256d h = _mm256_permute2f128_pd(p, q, 0x20) + _mm256_permute2f128_pd(p, q, 0x31);
  const __m128d u = _mm256_castpd256_pd128(h), v = _mm256_extractf128_pd(h, 1);
  const __m128d r = _mm_unpacklo_pd(u, v) + _mm_unpackhi_pd(u, v);
  *y = r[0];
  *z = r[1];
#else
  *y = gk_vsum(a);
  *z = gk_vsum(b);
#endif
}

/* NAME(n, y, z, a, b, c): two sums that share the elements of a, each as if it were alone */
#define GK_TWO_SUMS(NAME, FIRST, FIRST_PART, SECOND, SECOND_PART)                                 \
  static inline void NAME(ptrdiff_t n, double *y, double *z, const double *a, const double *b,    \
                          const double *c) {                                                     \
    gk_vec s[GK_VECS] = {{0}}, t[GK_VECS] = {{0}};                                               \
    ptrdiff_t i = 0;                                                                             \
    for (; i + 16 <= n; i += 16)                                                                 \
      for (int l = 0; l < GK_VECS; l++) {                                                        \
        const gk_vec u = GK_V(a + i + l * GK_W);                                                 \
        s[l] = FIRST(s[l], u, b, i + l * GK_W);                                                   \
        t[l] = SECOND(t[l], u, c, i + l * GK_W);                                                  \
      }                                                                                          \
    if (i < n)                                                                                   \
      for (int l = 0; l < GK_VECS; l++) {                                                        \
        const ptrdiff_t left = n - i - l * GK_W;                                                 \
        const gk_vec u = gk_vpart(a + i + l * GK_W, left);                                        \
        s[l] = FIRST_PART(s[l], u, b, i + l * GK_W, left);                                        \
        t[l] = SECOND_PART(t[l], u, c, i + l * GK_W, left);                                       \
      }                                                                                          \
    for (int half = GK_VECS / 2; half; half /= 2)                                                \
      for (int l = 0; l < half; l++) s[l] = s[l] + s[l + half], t[l] = t[l] + t[l + half];        \
    gk_vsum_two(s[0], t[0], y, z);                                                               \
  }
#define GK_PLAIN(s, u, b, at) ((s) + (u))
#define GK_PLAIN_PART(s, u, b, at, left) ((s) + (u))
#define GK_TIMES(s, u, b, at) gk_vfma(u, GK_V(b + (at)), s)
#define GK_TIMES_PART(s, u, b, at, left) gk_vfma(u, gk_vpart(b + (at), left), s)
GK_TWO_SUMS(gk_sum_and_dot, GK_PLAIN, GK_PLAIN_PART, GK_TIMES, GK_TIMES_PART)
GK_TWO_SUMS(gk_two_dots, GK_TIMES, GK_TIMES_PART, GK_TIMES, GK_TIMES_PART)
#endif
