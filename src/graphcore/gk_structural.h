/* Kernels that are not rows of the op table: matrix-row products, gathers, scatters, strided moves.
 *
 * Plain C so that every instruction-set level compiles the same text.  Sums over rows keep a fixed
 * number of lanes per level, so that a result does not depend on how the rows were cut in blocks
 * (blocks are multiples of the lanes). */
#ifndef GK_STRUCTURAL_H
#define GK_STRUCTURAL_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "gk_abi.h"
#include "gk_chains.h"
#include "gk_lanes.h"
#include "gk_math.h"
#include "gk_vec.h"

/* ---- matrix rows, columns contiguous (a block of rows, ld elements from column to column) -- */

/* y[i] = sum_k X[k*ld + i] * b[k] */
static inline void gk_matrow_cm(ptrdiff_t n, double *restrict y, const double *restrict X, const double *restrict b, ptrdiff_t K,
                                ptrdiff_t ld) {
  ptrdiff_t k = 0;
  for (; k + 4 <= K; k += 4) {
    const double *restrict x0 = X + k * ld, *restrict x1 = x0 + ld;
    const double *restrict x2 = x1 + ld, *restrict x3 = x2 + ld;
    const double b0 = b[k], b1 = b[k + 1], b2 = b[k + 2], b3 = b[k + 3];
    if (k == 0)
      for (ptrdiff_t i = 0; i < n; i++)
        y[i] = GK_FMA(x3[i], b3, GK_FMA(x2[i], b2, GK_FMA(x1[i], b1, x0[i] * b0)));
    else
      for (ptrdiff_t i = 0; i < n; i++)
        y[i] = GK_FMA(x3[i], b3, GK_FMA(x2[i], b2, GK_FMA(x1[i], b1, GK_FMA(x0[i], b0, y[i]))));
  }
  for (; k < K; k++) {
    const double *restrict x0 = X + k * ld;
    const double b0 = b[k];
    if (k == 0)
      for (ptrdiff_t i = 0; i < n; i++) y[i] = x0[i] * b0;
    else
      for (ptrdiff_t i = 0; i < n; i++) y[i] = GK_FMA(x0[i], b0, y[i]);
  }
  if (K == 0)
    for (ptrdiff_t i = 0; i < n; i++) y[i] = 0.0;
}

/* g[k] += sum_i X[k*ld + i] * d[i] */
static inline void gk_matcol_cm(ptrdiff_t n, double *restrict g, const double *restrict X, const double *restrict d, ptrdiff_t K,
                                ptrdiff_t ld) {
  ptrdiff_t k = 0;
  for (; k + 4 <= K; k += 4) {
    const double *restrict x0 = X + k * ld, *restrict x1 = x0 + ld;
    const double *restrict x2 = x1 + ld, *restrict x3 = x2 + ld;
    gk_vec a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0}, c0 = {0}, c1 = {0}, c2 = {0}, c3 = {0};
    ptrdiff_t i = 0;
    for (; i + 2 * GK_W <= n; i += 2 * GK_W) {
      const gk_vec r = GK_V(d + i), s = GK_V(d + i + GK_W);
      a0 = gk_vfma(GK_V(x0 + i), r, a0);
      a1 = gk_vfma(GK_V(x1 + i), r, a1);
      a2 = gk_vfma(GK_V(x2 + i), r, a2);
      a3 = gk_vfma(GK_V(x3 + i), r, a3);
      c0 = gk_vfma(GK_V(x0 + i + GK_W), s, c0);
      c1 = gk_vfma(GK_V(x1 + i + GK_W), s, c1);
      c2 = gk_vfma(GK_V(x2 + i + GK_W), s, c2);
      c3 = gk_vfma(GK_V(x3 + i + GK_W), s, c3);
    }
    double t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (; i < n; i++) {
      t0 = GK_FMA(x0[i], d[i], t0);
      t1 = GK_FMA(x1[i], d[i], t1);
      t2 = GK_FMA(x2[i], d[i], t2);
      t3 = GK_FMA(x3[i], d[i], t3);
    }
    g[k] += gk_vsum(a0 + c0) + t0;
    g[k + 1] += gk_vsum(a1 + c1) + t1;
    g[k + 2] += gk_vsum(a2 + c2) + t2;
    g[k + 3] += gk_vsum(a3 + c3) + t3;
  }
  for (; k < K; k++) {
    const double *restrict x0 = X + k * ld;
    gk_vec a0 = {0}, c0 = {0};
    ptrdiff_t i = 0;
    for (; i + 2 * GK_W <= n; i += 2 * GK_W) {
      a0 = gk_vfma(GK_V(x0 + i), GK_V(d + i), a0);
      c0 = gk_vfma(GK_V(x0 + i + GK_W), GK_V(d + i + GK_W), c0);
    }
    double t0 = 0;
    for (; i < n; i++) t0 = GK_FMA(x0[i], d[i], t0);
    g[k] += gk_vsum(a0 + c0) + t0;
  }
}

/* ---- matrix rows, rows contiguous (ld elements from row to row), of any element type -------- */

/* y[i] = sum_k X[i*ld + k] * b[k]   and   g[k] += sum_i X[i*ld + k] * d[i] */
#define GK_FEW_COLUMN(CALL, K)                                                                   \
  case K: {                                                                                      \
    enum { COLUMNS = K };                                                                        \
    CALL;                                                                                        \
    return;                                                                                      \
  }
#define GK_FEW_COLUMNS(CALL)                                                                     \
  GK_FEW_COLUMN(CALL, 1) GK_FEW_COLUMN(CALL, 2) GK_FEW_COLUMN(CALL, 3) GK_FEW_COLUMN(CALL, 4)    \
  GK_FEW_COLUMN(CALL, 5) GK_FEW_COLUMN(CALL, 6) GK_FEW_COLUMN(CALL, 7)
#define GK_ROWS(NAME, TYPE)                                                                      \
  static inline gk_vec gk_take_##NAME(const TYPE *p) {                                           \
    gk_vec r;                                                                                    \
    for (int l = 0; l < GK_W; l++) r[l] = (double)p[l];                                          \
    return r;                                                                                    \
  }                                                                                              \
  GK_INLINE void gk_few_row_##NAME(ptrdiff_t n, double *restrict y, const TYPE *restrict X,      \
                                   const double *restrict b, const int K, ptrdiff_t ld) {        \
    for (ptrdiff_t i = 0; i < n; i++) {                                                          \
      double t = (double)X[i * ld] * b[0];                                                       \
      for (int k = 1; k < K; k++) t = GK_FMA((double)X[i * ld + k], b[k], t);                    \
      y[i] = t;                                                                                  \
    }                                                                                            \
  }                                                                                              \
  GK_INLINE void gk_few_col_##NAME(ptrdiff_t n, double *restrict g, const TYPE *restrict X,      \
                                   const double *restrict d, const int K, ptrdiff_t ld) {        \
    double a[8] = {0}, c[8] = {0};                                                               \
    ptrdiff_t i = 0;                                                                             \
    for (; i + 2 <= n; i += 2)                                                                   \
      for (int k = 0; k < K; k++) {                                                              \
        a[k] = GK_FMA((double)X[i * ld + k], d[i], a[k]);                                        \
        c[k] = GK_FMA((double)X[i * ld + ld + k], d[i + 1], c[k]);                               \
      }                                                                                          \
    for (; i < n; i++)                                                                           \
      for (int k = 0; k < K; k++) a[k] = GK_FMA((double)X[i * ld + k], d[i], a[k]);              \
    for (int k = 0; k < K; k++) g[k] += a[k] + c[k];                                             \
  }                                                                                              \
  static void gk_matrow_rm_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) {                    \
    double *restrict y = (double *)P[ins->y];                                                    \
    const double *restrict b = (const double *)P[ins->b];                                        \
    const ptrdiff_t K = ins->k0, ld = ins->k1;                                                   \
    switch (K) { GK_FEW_COLUMNS(gk_few_row_##NAME(n, y, (const TYPE *)P[ins->a], b, COLUMNS, ld)) } \
    for (ptrdiff_t i = 0; i < n; i++) {                                                          \
      const TYPE *restrict x = (const TYPE *)P[ins->a] + i * ld;                                 \
      gk_vec a = {0};                                                                            \
      ptrdiff_t k = 0;                                                                           \
      for (; k + GK_W <= K; k += GK_W) a = gk_vfma(gk_take_##NAME(x + k), GK_V(b + k), a);       \
      double t = gk_vsum(a);                                                                     \
      for (; k < K; k++) t = GK_FMA((double)x[k], b[k], t);                                      \
      y[i] = t;                                                                                  \
    }                                                                                            \
  }                                                                                              \
  static void gk_matcol_rm_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) {                    \
    double *restrict g = (double *)P[ins->y];                                                    \
    const TYPE *restrict X = (const TYPE *)P[ins->a];                                            \
    const double *restrict d = (const double *)P[ins->b];                                        \
    const ptrdiff_t K = ins->k0, ld = ins->k1;                                                   \
    switch (K) { GK_FEW_COLUMNS(gk_few_col_##NAME(n, g, X, d, COLUMNS, ld)) }                      \
    ptrdiff_t i = 0;                                                                             \
    for (; i + 4 <= n; i += 4) {                                                                 \
      const TYPE *restrict x0 = X + i * ld, *restrict x1 = x0 + ld;                              \
      const TYPE *restrict x2 = x1 + ld, *restrict x3 = x2 + ld;                                 \
      const double d0 = d[i], d1 = d[i + 1], d2 = d[i + 2], d3 = d[i + 3];                       \
      for (ptrdiff_t k = 0; k < K; k++)                                                          \
        g[k] = GK_FMA((double)x3[k], d3, GK_FMA((double)x2[k], d2,                               \
               GK_FMA((double)x1[k], d1, GK_FMA((double)x0[k], d0, g[k]))));                     \
    }                                                                                            \
    for (; i < n; i++)                                                                           \
      for (ptrdiff_t k = 0; k < K; k++) g[k] = GK_FMA((double)X[i * ld + k], d[i], g[k]);        \
  }
GK_ROWS(f8, double)
GK_ROWS(f4, float)
GK_ROWS(i8, int64_t)
GK_ROWS(i4, int32_t)
GK_ROWS(i2, int16_t)
GK_ROWS(i1, int8_t)
GK_ROWS(u4, uint32_t)
GK_ROWS(u2, uint16_t)
GK_ROWS(u1, uint8_t)

/* ---- tiles: a block of rows of a matrix, converted, column after column ------------------- */

/* y[k*GK_TILE_LD + i] = X[i + k*k1], k0 columns; the distance of columns is one at which lines of
 * neighbouring columns do not compete for one place in the cache */
enum { GK_TILE_LD = 264 };
#define GK_TILE(NAME, TYPE)                                                                      \
  static void gk_tile_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) {                         \
    double *restrict y = (double *)P[ins->y];                                                    \
    const TYPE *restrict X = (const TYPE *)P[ins->a];                                            \
    for (ptrdiff_t k = 0; k < ins->k0; k++)                                                      \
      for (ptrdiff_t i = 0; i < n; i++) y[k * GK_TILE_LD + i] = (double)X[k * ins->k1 + i];      \
  }
GK_TILE(f8, double)
GK_TILE(f4, float)
GK_TILE(i8, int64_t)
GK_TILE(i4, int32_t)
GK_TILE(i2, int16_t)
GK_TILE(i1, int8_t)
GK_TILE(u4, uint32_t)
GK_TILE(u2, uint16_t)
GK_TILE(u1, uint8_t)

/* ---- indices ------------------------------------------------------------------------------ */

/* y[i] = base[idx[i] * stride]; idx was checked */
static inline void gk_gather(ptrdiff_t n, double *restrict y, const double *restrict base, const int64_t *restrict idx, ptrdiff_t stride) {
  if (stride == 1)
    for (ptrdiff_t i = 0; i < n; i++) y[i] = base[idx[i]];
  else
    for (ptrdiff_t i = 0; i < n; i++) y[i] = base[idx[i] * stride];
}

/* g[idx[i]] += v[i * vs] ; equal neighbours are summed in a register first */
static inline void gk_scatter_add(ptrdiff_t n, double *g, const int64_t *restrict idx, const double *restrict v, ptrdiff_t vs) {
  ptrdiff_t i = 0;
  while (i < n) {
    const int64_t j = idx[i];
    double t = v[i * vs];
    for (i++; i < n && idx[i] == j; i++) t += v[i * vs];
    g[j] += t;
  }
}
/* the same for neighbours that are mostly different */
static inline void gk_scatter_add_apart(ptrdiff_t n, double *g, const int64_t *restrict idx, const double *restrict v,
                                        ptrdiff_t vs) {
  for (ptrdiff_t i = 0; i < n; i++) g[idx[i]] += v[i * vs];
}
/* two at once, by one index */
static void gk_k_gather_two(ptrdiff_t n, char **P, const gk_ins *ins) {
  double *restrict y = (double *)P[ins->y], *restrict z = (double *)P[GK_LOW(ins->k0)];
  const double *restrict a = (const double *)P[ins->a], *restrict c = (const double *)P[ins->c];
  const int64_t *restrict idx = (const int64_t *)P[ins->b];
  for (ptrdiff_t i = 0; i < n; i++) {
    y[i] = a[idx[i]];
    z[i] = c[idx[i]];
  }
}
static void gk_k_scatter_add_two(ptrdiff_t n, char **P, const gk_ins *ins) {
  double *restrict y = (double *)P[ins->y], *restrict z = (double *)P[GK_LOW(ins->k0)];
  const double *restrict b = (const double *)P[ins->b], *restrict c = (const double *)P[ins->c];
  const int64_t *restrict idx = (const int64_t *)P[ins->a];
  for (ptrdiff_t i = 0; i < n; i++) {
    const int64_t j = idx[i];
    y[j] += b[i];
    z[j] += c[i];
  }
}
static inline void gk_scatter_add_l(ptrdiff_t n, int64_t *g, const int64_t *restrict idx, const int64_t *restrict v, ptrdiff_t vs) {
  for (ptrdiff_t i = 0; i < n; i++) g[idx[i]] = (int64_t)((uint64_t)g[idx[i]] + (uint64_t)v[i * vs]);
}
static inline void gk_scatter_set(ptrdiff_t n, int64_t *g, const int64_t *restrict idx, const int64_t *restrict v, ptrdiff_t vs) {
  for (ptrdiff_t i = 0; i < n; i++) g[idx[i]] = v[i * vs];
}

/* err = {code, node, index, length}; the first error stays */
#define GK_ERR_INDEX 1
static inline void gk_set_error(int64_t *err, int64_t code, int64_t node, int64_t a, int64_t b) {
  if (err[0] == 0) { err[0] = code; err[1] = node; err[2] = a; err[3] = b; }
}
/* y[i] = idx[i] counted from the front; an index out of range is reported and becomes 0 */
static inline void gk_check_index(ptrdiff_t n, int64_t *restrict y, const int64_t *restrict idx, int64_t *err, int64_t length,
                                  int64_t node) {
  for (ptrdiff_t i = 0; i < n; i++) {
    const int64_t j = idx[i], k = j < 0 ? j + length : j;
    if (k < 0 || k >= length) { gk_set_error(err, GK_ERR_INDEX, node, j, length); y[i] = 0; }
    else y[i] = k;
  }
}

/* rows: y[i, :] = base[idx[i], :]; rows of k elements, ld apart in base */
static inline void gk_take_rows(ptrdiff_t n, double *y, const double *base, const int64_t *restrict idx,
                                ptrdiff_t k, ptrdiff_t ld) {
  for (ptrdiff_t i = 0; i < n; i++) memcpy(y + i * k, base + idx[i] * ld, (size_t)k * 8);
}
static inline void gk_scatter_rows(ptrdiff_t n, double *g, const int64_t *restrict idx, const double *v,
                                   ptrdiff_t k) {
  for (ptrdiff_t i = 0; i < n; i++) {
    double *restrict r = g + idx[i] * k;
    const double *restrict s = v + i * k;
    for (ptrdiff_t j = 0; j < k; j++) r[j] += s[j];
  }
}

/* y[i] = a[i], b[i] */
/* y = a past the caches: whole lines are written without having been read.  Meanwhile the next n
 * elements of some streams are asked for, a line of each per line that is written. */
GK_INLINE void gk_stream_asking(ptrdiff_t n, double *restrict y, const double *restrict a,
                                const char *const *ask, const int asks) {
  ptrdiff_t i = 0;
#if defined(__SSE2__)
  const ptrdiff_t head = (ptrdiff_t)(-(uintptr_t)y % 64 / 8);
  for (; i < n && i < head; i++) y[i] = a[i];
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < asks; k++) __builtin_prefetch(ask[k] + 8 * (n + i), 0, 3);
#if GK_W == 8
    _mm512_stream_pd(y + i, _mm512_loadu_pd(a + i));
#elif GK_W == 4
    for (int l = 0; l < 8; l += 4) _mm256_stream_pd(y + i + l, _mm256_loadu_pd(a + i + l));
#else
    for (int l = 0; l < 8; l += 2) _mm_stream_pd(y + i + l, _mm_loadu_pd(a + i + l));
#endif
  }
#endif
  for (; i < n; i++) y[i] = a[i];
}
/* The streams are the rows of P in the halves of k0 and k1, up to the first that is 0. */
static inline void gk_stream(ptrdiff_t n, double *y, const double *a, char **P, const int64_t *k) {
  const char *ask[4];
  int asks = 0;
  for (; asks < 4; asks++) {
    const int32_t row = (int32_t)(k[asks / 2] >> asks % 2 * 32);
    if (!row) break;
    ask[asks] = P[row];
  }
  switch (asks) {
    case 0: gk_stream_asking(n, y, a, ask, 0); break;
    case 1: gk_stream_asking(n, y, a, ask, 1); break;
    case 2: gk_stream_asking(n, y, a, ask, 2); break;
    case 3: gk_stream_asking(n, y, a, ask, 3); break;
    default: gk_stream_asking(n, y, a, ask, 4);
  }
}
static inline void gk_store_pair(ptrdiff_t n, double *restrict y, const double *restrict a, const double *restrict b) {
  for (ptrdiff_t i = 0; i < n; i++) {
    y[2 * i] = a[i];
    y[2 * i + 1] = b[i];
  }
}

/* ---- y[i] += a[i] * b[i], y[i] += a[i] * b --------------------------------------------------- */
static inline void gk_increase_vv(ptrdiff_t n, double *restrict y, const double *restrict a, const double *restrict b) {
  for (ptrdiff_t i = 0; i < n; i++) y[i] = GK_FMA(a[i], b[i], y[i]);
}
static inline void gk_increase_vs(ptrdiff_t n, double *restrict y, const double *restrict a, double b) {
  for (ptrdiff_t i = 0; i < n; i++) y[i] = GK_FMA(a[i], b, y[i]);
}

/* ---- recurrences ---------------------------------------------------------------------------- */

/* Four steps of y[t] = a[t] * y[t-1] + b[t] at once: what does not depend on y[-1] runs ahead of
 * it, so that a step waits for the fourth one before it.  Only for factors whose products neither
 * overflow nor underflow. */
#define GK_MILD(r) (fabs(r) <= 1.0 && fabs(r) >= 0x1p-100)
static inline double gk_linear_4(double s, double *y, ptrdiff_t sy, double a0, double a1, double a2, double a3,
                                 double b0, double b1, double b2, double b3) {
  const double c1 = GK_FMA(a1, b0, b1), c2 = GK_FMA(a2, c1, b2), c3 = GK_FMA(a3, c2, b3);
  const double p1 = a1 * a0, p2 = a2 * p1, p3 = a3 * p2, last = GK_FMA(p3, s, c3);
  y[0] = GK_FMA(a0, s, b0);
  y[sy] = GK_FMA(p1, s, c1);
  y[2 * sy] = GK_FMA(p2, s, c2);
  y[3 * sy] = last;
  return last;
}

/* y[t] = a[t] * y[t-1] + b[t]; strides count elements and may be negative */
static inline void gk_linear(ptrdiff_t n, double *y, const double *a, const double *b, ptrdiff_t sy, ptrdiff_t sa, ptrdiff_t sb) {
  double s = *(y - sy);
  ptrdiff_t i = 0;
  if (sa == 0) {
    const double r = *a;
    if (GK_MILD(r))
      for (; i + 4 <= n; i += 4) {
        const double *c = b + i * sb;
        s = gk_linear_4(s, y + i * sy, sy, r, r, r, r, c[0], c[sb], c[2 * sb], c[3 * sb]);
      }
    for (; i < n; i++) y[i * sy] = s = GK_FMA(r, s, b[i * sb]);
    return;
  }
  for (; i + 4 <= n; i += 4) {
    const double *e = a + i * sa, *c = b + i * sb;
    const double a0 = e[0], a1 = e[sa], a2 = e[2 * sa], a3 = e[3 * sa];
    if (GK_MILD(a0) & GK_MILD(a1) & GK_MILD(a2) & GK_MILD(a3))
      s = gk_linear_4(s, y + i * sy, sy, a0, a1, a2, a3, c[0], c[sb], c[2 * sb], c[3 * sb]);
    else
      for (ptrdiff_t k = 0; k < 4; k++) y[(i + k) * sy] = s = GK_FMA(e[k * sa], s, c[k * sb]);
  }
  for (; i < n; i++) y[i * sy] = s = GK_FMA(a[i * sa], s, b[i * sb]);
}

/* ---- memory: y = register, a = memory, k0 = distance of elements in bytes; and back -------- */
#define GK_MEMORY(NAME, TYPE, LANE)                                                              \
  static void gk_load_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) {                         \
    LANE *restrict y = (LANE *)P[ins->y];                                                        \
    const char *restrict a = P[ins->a];                                                          \
    const ptrdiff_t step = ins->k0;                                                              \
    if (step == sizeof(TYPE))                                                                    \
      for (ptrdiff_t i = 0; i < n; i++) y[i] = (LANE)((const TYPE *)a)[i];                       \
    else if (step == 2 * sizeof(TYPE))                                                           \
      for (ptrdiff_t i = 0; i < n; i++) y[i] = (LANE)((const TYPE *)a)[2 * i];                   \
    else                                                                                         \
      for (ptrdiff_t i = 0; i < n; i++) y[i] = (LANE) * (const TYPE *)(a + i * step);            \
  }                                                                                              \
  static void gk_store_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) {                        \
    char *restrict y = P[ins->y];                                                                \
    const LANE *restrict a = (const LANE *)P[ins->a];                                            \
    const ptrdiff_t step = ins->k0;                                                              \
    if (step == sizeof(TYPE))                                                                    \
      for (ptrdiff_t i = 0; i < n; i++) ((TYPE *)y)[i] = (TYPE)a[i];                             \
    else                                                                                         \
      for (ptrdiff_t i = 0; i < n; i++) *(TYPE *)(y + i * step) = (TYPE)a[i];                    \
  }
GK_MEMORY(f8, int64_t, int64_t) /* eight bytes moved as they are, float64 and int64 alike */
GK_MEMORY(f4, float, double)
GK_MEMORY(i4, int32_t, int64_t)
GK_MEMORY(i2, int16_t, int64_t)
GK_MEMORY(i1, int8_t, int64_t)
GK_MEMORY(u4, uint32_t, int64_t)
GK_MEMORY(u2, uint16_t, int64_t)
GK_MEMORY(u1, uint8_t, int64_t)

/* ---- the kernels, as programs call them ---------------------------------------------------- */
#define GK_D(x) ((double *)P[ins->x])
#define GK_L(x) ((int64_t *)P[ins->x])
#define GK_KERNEL(NAME, CALL) \
  static void gk_k_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) { CALL; }
GK_KERNEL(matrow_cm, gk_matrow_cm(n, GK_D(y), GK_D(a), GK_D(b), ins->k0, ins->k1))
GK_KERNEL(matcol_cm, gk_matcol_cm(n, GK_D(y), GK_D(a), GK_D(b), ins->k0, ins->k1))
GK_KERNEL(gather, gk_gather(n, GK_D(y), GK_D(a), GK_L(b), ins->k0))
GK_KERNEL(scatter_add_d, gk_scatter_add(n, GK_D(y), GK_L(a), GK_D(b), ins->k0))
GK_KERNEL(scatter_add_apart, gk_scatter_add_apart(n, GK_D(y), GK_L(a), GK_D(b), ins->k0))
GK_KERNEL(scatter_add_l, gk_scatter_add_l(n, GK_L(y), GK_L(a), GK_L(b), ins->k0))
GK_KERNEL(scatter_set, gk_scatter_set(n, GK_L(y), GK_L(a), GK_L(b), ins->k0))
GK_KERNEL(check_index, gk_check_index(n, GK_L(y), GK_L(a), (int64_t *)P[0], ins->k0, ins->k1))
GK_KERNEL(take_rows, gk_take_rows(n, GK_D(y), GK_D(a), GK_L(b), ins->k0, ins->k1))
GK_KERNEL(scatter_rows, gk_scatter_rows(n, GK_D(y), GK_L(a), GK_D(b), ins->k0))
GK_KERNEL(linear, gk_linear(n, GK_D(y), GK_D(a), GK_D(b), ins->k0, ins->k1, ins->k2))
GK_KERNEL(zero, memset(P[ins->y], 0, (size_t)n * 8); (void)ins)
GK_KERNEL(copy, memcpy(P[ins->y], P[ins->a], (size_t)n * 8))
/* results: y, and the one that the low half of k0 names */
GK_KERNEL(sum_and_dot, gk_sum_and_dot(n, GK_D(y), (double *)P[GK_LOW(ins->k0)], GK_D(a), NULL, GK_D(b)))
GK_KERNEL(two_dots, gk_two_dots(n, GK_D(y), (double *)P[GK_LOW(ins->k0)], GK_D(a), GK_D(b), GK_D(c)))
GK_KERNEL(stream, gk_stream(n, GK_D(y), GK_D(a), P, &ins->k0))
GK_KERNEL(store_pair, gk_store_pair(n, GK_D(y), GK_D(a), GK_D(b)))
GK_KERNEL(increase_vv, gk_increase_vv(n, GK_D(y), GK_D(a), GK_D(b)))
GK_KERNEL(increase_vs, gk_increase_vs(n, GK_D(y), GK_D(a), *GK_D(b)))

/* unrolled like the loops of the op table, see there */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("unroll-loops")
#endif
/* y = sqrt(a b + c): loads, product and sum are done while the unit for roots is busy */
#define GK_ROOT(FORM, A, B, C)                                                          \
  static void gk_k_sqrt_muladd_##FORM(ptrdiff_t n, char **P, const gk_ins *ins) {        \
    double *restrict y = GK_D(y);                                                       \
    const double *a = GK_D(a), *b = GK_D(b), *c = GK_D(c);                               \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = gk_sqrt(GK_FMA(a[A], b[B], c[C]));          \
  }
GK_ROOT(vvv, i, i, i) GK_ROOT(vvs, i, i, 0) GK_ROOT(vsv, i, 0, i) GK_ROOT(vss, i, 0, 0)
GK_ROOT(svv, 0, i, i) GK_ROOT(svs, 0, i, 0) GK_ROOT(ssv, 0, 0, i)
/* y = sqrt(a b + c d); d is the row of P that the high half of k0 names */
static inline void gk_root_of_products(ptrdiff_t n, double *restrict y, const double *a,
                                       const double *b, const double *c, const double *d) {
  for (ptrdiff_t i = 0; i < n; i++) y[i] = gk_sqrt(GK_FMA(a[i], b[i], c[i] * d[i]));
}
GK_KERNEL(root_of_products, gk_root_of_products(n, GK_D(y), GK_D(a), GK_D(b), GK_D(c), (double *)P[ins->k0 >> 32]))
/* y = (a b + c) d + e, two steps of a polynomial; the rows of P of d and e are in k0 and k1 */
#define GK_HORNER(FORM, A, B, C, D, E)                                                      \
  static void gk_k_horner_##FORM(ptrdiff_t n, char **P, const gk_ins *ins) {                 \
    double *restrict y = GK_D(y);                                                           \
    const double *a = GK_D(a), *b = GK_D(b), *c = GK_D(c);                                   \
    const double *d = (double *)P[ins->k0 >> 32], *e = (double *)P[GK_LOW(ins->k1)];         \
    for (ptrdiff_t i = 0; i < n; i++) y[i] = GK_FMA(GK_FMA(a[A], b[B], c[C]), d[D], e[E]);   \
  }
GK_HORNER(vssvs, i, 0, 0, i, 0) GK_HORNER(vssvv, i, 0, 0, i, i)
GK_HORNER(vvsvs, i, i, 0, i, 0) GK_HORNER(vvsvv, i, i, 0, i, i)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#define GK_HORNER_NAMED(FORM) {"horner_" #FORM, gk_k_horner_##FORM},
#define GK_ROOT_NAMED(FORM) {"sqrt_muladd_" #FORM, gk_k_sqrt_muladd_##FORM},

typedef struct {
  const char *name;
  gk_kernel fn;
} gk_named;
#define GK_OF_TYPE(NAME)                                                                         \
  {"matrow_rm_" #NAME, gk_matrow_rm_##NAME}, {"matcol_rm_" #NAME, gk_matcol_rm_##NAME},          \
  {"tile_" #NAME, gk_tile_##NAME},
static const gk_named gk_structural[] = {
    {"matrow_cm", gk_k_matrow_cm},         {"matcol_cm", gk_k_matcol_cm},
    GK_OF_TYPE(f8) GK_OF_TYPE(f4) GK_OF_TYPE(i8) GK_OF_TYPE(i4) GK_OF_TYPE(i2) GK_OF_TYPE(i1)
    GK_OF_TYPE(u4) GK_OF_TYPE(u2) GK_OF_TYPE(u1)
    {"gather", gk_k_gather},               {"scatter_add_d", gk_k_scatter_add_d},
    {"scatter_add_apart", gk_k_scatter_add_apart},
    {"scatter_add_l", gk_k_scatter_add_l}, {"scatter_set", gk_k_scatter_set},
    {"check_index", gk_k_check_index},     {"take_rows", gk_k_take_rows},
    {"scatter_rows", gk_k_scatter_rows},   {"zero", gk_k_zero},
    {"copy", gk_k_copy},                   {"increase_vv", gk_k_increase_vv},
    {"increase_vs", gk_k_increase_vs},     {"store_pair", gk_k_store_pair},
    {"gather_two", gk_k_gather_two},       {"scatter_add_two", gk_k_scatter_add_two},
    {"sum_and_dot", gk_k_sum_and_dot},     {"two_dots", gk_k_two_dots},
    {"linear", gk_k_linear},               GK_LANES_KERNELS GK_CHAINS_KERNELS
    {"stream", gk_k_stream},               {"root_of_products", gk_k_root_of_products},
    GK_HORNER_NAMED(vssvs) GK_HORNER_NAMED(vssvv) GK_HORNER_NAMED(vvsvs) GK_HORNER_NAMED(vvsvv)
    GK_ROOT_NAMED(vvv) GK_ROOT_NAMED(vvs) GK_ROOT_NAMED(vsv) GK_ROOT_NAMED(vss)
    GK_ROOT_NAMED(svv) GK_ROOT_NAMED(svs) GK_ROOT_NAMED(ssv)
    {"load_f8", gk_load_f8},               {"store_f8", gk_store_f8},
    {"load_f4", gk_load_f4},               {"store_f4", gk_store_f4},
    {"load_i4", gk_load_i4},               {"store_i4", gk_store_i4},
    {"load_i2", gk_load_i2},               {"store_i2", gk_store_i2},
    {"load_i1", gk_load_i1},               {"store_i1", gk_store_i1},
    {"load_u4", gk_load_u4},               {"store_u4", gk_store_u4},
    {"load_u2", gk_load_u2},               {"store_u2", gk_store_u2},
    {"load_u1", gk_load_u1},               {"store_u1", gk_store_u1},
    {NULL, NULL}};
#endif
