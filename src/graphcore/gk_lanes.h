/* Kernels over rows that are sorted into lanes: every eight indices are consecutive, and most
 * eights have the indices of the eight before them.  What an index leads to is read once for all of
 * these and stays in registers; sums are added up there.  n is a multiple of eight. */
#ifndef GK_LANES_H
#define GK_LANES_H
#include "gk_vec.h"

#define GK_PARTS (8 / GK_W)
typedef struct {
  gk_vec part[GK_PARTS];
} gk_eight;
static inline gk_eight gk_eight_at(const double *p) {
  gk_eight r;
  for (int l = 0; l < GK_PARTS; l++) r.part[l] = GK_V(p + l * GK_W);
  return r;
}
static inline void gk_eight_to(double *p, gk_eight v) {
  for (int l = 0; l < GK_PARTS; l++) *(gk_vec *)(p + l * GK_W) = v.part[l];
}

/* Operands beyond the third are named by the halves of k0, k1 and k2.  The first of these is idx:
 * the first index of every eight rows. */
#define GK_LOW(K) ((int32_t)(K))
#define GK_HIGH(K) ((K) >> 32)

/* y[i] = EXPR of g = a[idx[i]], u = b[i], and v = c[i] or h = c[idx[i]] */
#define GK_LANES_ROWS(NAME, EXPR, FIRST, SECOND) \
  static void gk_k_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) { \
    double *restrict y = (double *)P[ins->y]; \
    const double *restrict base = (const double *)P[ins->a]; \
    const double *restrict b = (const double *)P[ins->b], *restrict c = (const double *)P[ins->c]; \
    const int64_t *restrict idx = (const int64_t *)P[GK_LOW(ins->k0)]; \
    for (ptrdiff_t i = 0; i < n;) { \
      const int64_t j = idx[i >> 3]; \
      const gk_eight gs = gk_eight_at(base + j), hs = gk_eight_at(SECOND ? c + j : base + j); \
      do { \
        for (int l = 0; l < GK_PARTS; l++) { \
          const gk_vec g = gs.part[l], h = hs.part[l]; \
          const gk_vec u = FIRST ? GK_V(b + i + l * GK_W) : g; \
          const gk_vec v = FIRST > 1 ? GK_V(c + i + l * GK_W) : g; \
          *(gk_vec *)(y + i + l * GK_W) = EXPR; \
          (void)h, (void)u, (void)v; \
        } \
        i += 8; \
      } while (i < n && idx[i >> 3] == j); \
    } \
  }
GK_LANES_ROWS(gather_lanes, g, 0, 0)
GK_LANES_ROWS(add_lanes, g + u, 1, 0)
GK_LANES_ROWS(sub_lanes, g - u, 1, 0)
GK_LANES_ROWS(subfrom_lanes, u - g, 1, 0)
GK_LANES_ROWS(mul_lanes, g *u, 1, 0)
GK_LANES_ROWS(muladd_lanes, gk_vfma(g, u, v), 2, 0)
GK_LANES_ROWS(addmul_lanes, gk_vfma(u, v, g), 2, 0)
GK_LANES_ROWS(line_lanes, gk_vfma(g, u, h), 1, 1)

/* y[idx[i]] += a[i], or += a[i] * b[i].  Two sums take turns, so that an addition
 * waits for the one before the last. */
#define GK_LANES_STEP(SUM, STEP, PRODUCT) \
  for (int l = 0; l < GK_PARTS; l++) { \
    const gk_vec s = SUM.part[l], u = GK_V(a + i + l * GK_W); \
    const gk_vec v = PRODUCT ? GK_V(b + i + l * GK_W) : u; \
    SUM.part[l] = STEP; \
    (void)v; \
  } \
  i += 8;
#define GK_LANES_SUM(NAME, STEP, PRODUCT) \
  static void gk_k_##NAME(ptrdiff_t n, char **P, const gk_ins *ins) { \
    double *restrict y = (double *)P[ins->y]; \
    const double *restrict a = (const double *)P[ins->a], *restrict b = (const double *)P[ins->b]; \
    const int64_t *restrict idx = (const int64_t *)P[GK_LOW(ins->k0)]; \
    for (ptrdiff_t i = 0; i < n;) { \
      const int64_t j = idx[i >> 3]; \
      gk_eight even = gk_eight_at(y + j), odd = {{{0}}}; \
      do { \
        GK_LANES_STEP(even, STEP, PRODUCT) \
        if (i >= n || idx[i >> 3] != j) break; \
        GK_LANES_STEP(odd, STEP, PRODUCT) \
      } while (i < n && idx[i >> 3] == j); \
      for (int l = 0; l < GK_PARTS; l++) \
        *(gk_vec *)(y + j + l * GK_W) = even.part[l] + odd.part[l]; \
    } \
  }
GK_LANES_SUM(scatter_add_lanes, s + u, 0)
GK_LANES_SUM(scatter_mul_lanes, gk_vfma(u, v, s), 1)

/* y[i] = e[i] - (a[idx[i]] * b[i] + c[idx[i]]); d is idx */
static void gk_k_residual_lanes(ptrdiff_t n, char **P, const gk_ins *ins) {
  double *restrict y = (double *)P[ins->y];
  const double *base = (const double *)P[ins->a], *other = (const double *)P[ins->c];
  const double *restrict b = (const double *)P[ins->b], *restrict v = (const double *)P[GK_HIGH(ins->k0)];
  const int64_t *restrict idx = (const int64_t *)P[GK_LOW(ins->k0)];
  for (ptrdiff_t i = 0; i < n;) {
    const int64_t j = idx[i >> 3];
    const gk_eight g = gk_eight_at(base + j), h = gk_eight_at(other + j);
    do {
      for (int l = 0; l < 8; l += GK_W)
        *(gk_vec *)(y + i + l) = GK_V(v + i + l) - gk_vfma(g.part[l / GK_W], GK_V(b + i + l), h.part[l / GK_W]);
      i += 8;
    } while (i < n && idx[i >> 3] == j);
  }
}

/* y[idx[i]] += a[i], c[idx[i]] += a[i] * b[i] */
static void gk_k_scatter_line_lanes(ptrdiff_t n, char **P, const gk_ins *ins) {
  double *y = (double *)P[ins->y], *z = (double *)P[ins->c];
  const double *restrict a = (const double *)P[ins->a], *restrict b = (const double *)P[ins->b];
  const int64_t *restrict idx = (const int64_t *)P[GK_LOW(ins->k0)];
  for (ptrdiff_t i = 0; i < n;) {
    const int64_t j = idx[i >> 3];
    gk_eight s = gk_eight_at(y + j), t = gk_eight_at(z + j);
    do {
      for (int l = 0; l < 8; l += GK_W) {
        const gk_vec r = GK_V(a + i + l);
        s.part[l / GK_W] += r;
        t.part[l / GK_W] = gk_vfma(r, GK_V(b + i + l), t.part[l / GK_W]);
      }
      i += 8;
    } while (i < n && idx[i >> 3] == j);
    gk_eight_to(y + j, s);
    gk_eight_to(z + j, t);
  }
}

/* Least squares of lines, all of it: the residuals r as above; y[i % 16] += r * r, and
 * f[idx[i]] += r, g[idx[i]] += r * h[i] */
static void gk_k_fit_lanes(ptrdiff_t n, char **P, const gk_ins *ins) {
  double *squares = (double *)P[ins->y];
  const double *base = (const double *)P[ins->a], *other = (const double *)P[ins->c];
  const double *restrict b = (const double *)P[ins->b], *restrict v = (const double *)P[GK_HIGH(ins->k0)];
  double *y = (double *)P[GK_LOW(ins->k1)], *z = (double *)P[GK_HIGH(ins->k1)];
  const double *restrict w = (const double *)P[GK_LOW(ins->k2)];
  const int64_t *restrict idx = (const int64_t *)P[GK_LOW(ins->k0)];
  gk_eight even = gk_eight_at(squares), odd = gk_eight_at(squares + 8);
  for (ptrdiff_t i = 0; i < n;) {
    const int64_t j = idx[i >> 3];
    const gk_eight g = gk_eight_at(base + j), h = gk_eight_at(other + j);
    gk_eight s = gk_eight_at(y + j), t = gk_eight_at(z + j);
    do {
      for (int l = 0; l < GK_PARTS; l++) {
        const gk_vec x = GK_V(b + i + l * GK_W);
        const gk_vec r = GK_V(v + i + l * GK_W) - gk_vfma(g.part[l], x, h.part[l]);
        s.part[l] += r;
        t.part[l] = gk_vfma(r, GK_V(w + i + l * GK_W), t.part[l]);
        even.part[l] = gk_vfma(r, r, even.part[l]);
      }
      const gk_eight turn = even; /* they take turns */
      even = odd;
      odd = turn;
      i += 8;
    } while (i < n && idx[i >> 3] == j);
    gk_eight_to(y + j, s);
    gk_eight_to(z + j, t);
  }
  gk_eight_to(squares, n & 8 ? odd : even);
  gk_eight_to(squares + 8, n & 8 ? even : odd);
}

/* entries of the table of kernels */
#define GK_LANES_ENTRY(NAME) {#NAME, gk_k_##NAME},
#define GK_LANES_KERNELS \
  GK_LANES_ENTRY(gather_lanes) GK_LANES_ENTRY(add_lanes) GK_LANES_ENTRY(sub_lanes) \
  GK_LANES_ENTRY(subfrom_lanes) GK_LANES_ENTRY(mul_lanes) GK_LANES_ENTRY(muladd_lanes) \
  GK_LANES_ENTRY(addmul_lanes) GK_LANES_ENTRY(line_lanes) GK_LANES_ENTRY(residual_lanes) \
  GK_LANES_ENTRY(scatter_add_lanes) GK_LANES_ENTRY(scatter_mul_lanes) GK_LANES_ENTRY(scatter_line_lanes) \
  GK_LANES_ENTRY(fit_lanes)
#endif
