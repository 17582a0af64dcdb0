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
#endif
