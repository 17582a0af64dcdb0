/* Recurrences of a few numbers, all steps in one call.
 *
 * What a step reads is found by strides along time, chain (a batch runs as independent chains), and
 * one or two axes of the state; they count elements and may be negative or zero. */
#ifndef GK_CHAINS_H
#define GK_CHAINS_H
#include "gk_math.h"

/* An operand: where it begins, and its strides along time, chain, rows and columns. */
typedef struct {
  const double *at;
  int64_t step, chain, row, col;
} gk_strided;
#define GK_STRIDED 4 /* numbers of an operand in the parameters */

static inline gk_strided gk_operand(const double *at, const int64_t *p) {
  return (gk_strided){at, p[0], p[1], p[2], p[3]};
}
static inline gk_strided gk_of_chain(gk_strided a, ptrdiff_t chain) {
  a.at += chain * a.chain;
  return a;
}

/* ---- y[t] = w[t] @ (r[t] * y[t-1] + q[t]) + c[t] -------------------------------------------- */

GK_INLINE void gk_linear_map_k(ptrdiff_t n, const int K, double *y, ptrdiff_t sy, gk_strided w, gk_strided r, gk_strided q,
                               gk_strided c, double *u) {
  for (ptrdiff_t t = 0; t < n; t++, y += sy) {
    const double *before = y - sy;
    for (int j = 0; j < K; j++) u[j] = GK_FMA(r.at[j * r.row], before[j], q.at[j * q.row]);
    for (int i = 0; i < K; i++) {
      const double *row = w.at + i * w.row;
      double sum = c.at[i * c.row];
      for (int j = 0; j < K; j++) sum = GK_FMA(row[j * w.col], u[j], sum);
      y[i] = sum;
    }
    w.at += w.step, r.at += r.step, q.at += q.step, c.at += c.step;
  }
}

/* y: first row to write; p: states, chains, distance of rows of y, then each operand */
static void gk_linear_map(ptrdiff_t n, double *y, gk_strided w, gk_strided r, gk_strided q, gk_strided c, double *work,
                          const int64_t *p) {
  const int K = (int)p[0];
  const ptrdiff_t sy = p[2];
  for (ptrdiff_t b = 0; b < p[1]; b++) {
    const gk_strided W = gk_of_chain(w, b), R = gk_of_chain(r, b), Q = gk_of_chain(q, b), C = gk_of_chain(c, b);
    double *Y = y + b * K, u[4];
    if (K == 2)
      gk_linear_map_k(n, 2, Y, sy, W, R, Q, C, u);
    else if (K == 3)
      gk_linear_map_k(n, 3, Y, sy, W, R, Q, C, u);
    else if (K == 4)
      gk_linear_map_k(n, 4, Y, sy, W, R, Q, C, u);
    else
      gk_linear_map_k(n, K, Y, sy, W, R, Q, C, work);
  }
}

/* ---- y[t][j] = x[t][j] + log(sum over i of exp(y[t-1][i] + m[t][i][j])) --------------------- */

/* A run of steps works with v = exp(y - offset): a product with exp(m) and exp(x) and no logarithm.
 * Each of the three is shifted so that its largest number is 1.  A number below these limits that
 * does not stand for a true zero ends the run: products of three others are neither subnormal nor
 * zero, so no step loses digits.  The next step is then taken with logarithms. */
#define GK_LEAST_M -173.0 /* log(2^-250) */
#define GK_LEAST_X -207.0 /* log(2^-300) */
#define GK_LEAST_V 0x1p-350
#define GK_CHAIN_RUN 64 /* steps of a run */

/* exponentials in place; NaN for numbers below the least one, but 0 for minus infinity */
static void gk_chain_exp(ptrdiff_t n, double *restrict a, double least) {
  for (ptrdiff_t i = 0; i < n; i++) {
    const double e = gk_exp(a[i]);
    a[i] = (a[i] >= least) | (a[i] == -GK_INF) ? e : GK_NAN;
  }
}

/* exp(m - its largest) of n steps, row after row; returns the largest number */
static double gk_chain_matrices(ptrdiff_t n, const int K, double *restrict out, gk_strided m) {
  double top = -GK_INF;
  for (ptrdiff_t t = 0; t < n; t++)
    for (int i = 0; i < K; i++)
      for (int j = 0; j < K; j++) {
        const double a = m.at[t * m.step + i * m.row + j * m.col];
        out[(t * K + i) * K + j] = a;
        top = gk_max(top, a);
      }
  const ptrdiff_t size = n * K * K;
  for (ptrdiff_t i = 0; i < size; i++) out[i] -= top;
  gk_chain_exp(size, out, GK_LEAST_M);
  return top;
}

/* exp(x - its largest in the step) of n steps; the largest ones to tops */
GK_INLINE void gk_chain_sources(ptrdiff_t n, const int K, double *restrict out, double *restrict tops, gk_strided x) {
  for (ptrdiff_t t = 0; t < n; t++) {
    const double *a = x.at + t * x.step;
    double top = a[0];
    for (int j = 1; j < K; j++) top = gk_max(top, a[j * x.row]);
    for (int j = 0; j < K; j++) out[t * K + j] = a[j * x.row] - top;
    tops[t] = top;
  }
  gk_chain_exp(n * K, out, GK_LEAST_X);
}

typedef struct {
  double *a, *e, *v, *tops; /* exp(m), exp(x), the numbers of each step, their offsets */
  double shift;             /* what was taken out of m */
} gk_chain_room;

/* Up to n steps; returns how many were taken. */
GK_INLINE ptrdiff_t gk_chain_run(ptrdiff_t n, const int K, double *y, ptrdiff_t sy, const double *a, ptrdiff_t sa, gk_strided x,
                                 gk_chain_room *room) {
  double *restrict e = room->e, *restrict v = room->v, *restrict tops = room->tops;
  const double *before = y - sy;
  double base = before[0], offset = 0.0;
  for (int i = 1; i < K; i++) base = gk_max(base, before[i]);
  for (int i = 0; i < K; i++) v[i] = before[i] - base;
  gk_chain_exp(K, v, -242.0); /* log(GK_LEAST_V) */
  gk_chain_sources(n, K, e, tops, x);
  ptrdiff_t t = 0;
  for (; t < n; t++, v += K, e += K, a += sa) {
    double *restrict next = v + K, top = 0.0;
    int good = 1;
    for (int j = 0; j < K; j++) next[j] = a[j] * v[0];
    for (int i = 1; i < K; i++)
      for (int j = 0; j < K; j++) next[j] = GK_FMA(a[i * K + j], v[i], next[j]);
    for (int j = 0; j < K; j++) {
      const double p = next[j] * e[j];
      next[j] = p;
      good &= (p >= GK_LEAST_V) | (p == 0.0);
      top = p > top ? p : top;
    }
    if (!good | !(top > 0.0)) break;
    offset += tops[t] + room->shift;
    if ((top < 0x1p-64) | (top > 0x1p64)) {
      const int64_t exponent = (gk_bits(top) >> 52) - 1023;
      const double scale = gk_from_bits((1023 - exponent) << 52);
      for (int j = 0; j < K; j++) next[j] *= scale;
      offset += (double)exponent * GK_LN2;
    }
    tops[t] = offset;
  }
  v = room->v + K;
  for (ptrdiff_t i = 0; i < t * K; i++) v[i] = gk_log(v[i]);
  for (ptrdiff_t s = 0; s < t; s++)
    for (int j = 0; j < K; j++) y[s * sy + j] = base + (tops[s] + v[s * K + j]);
  return t;
}

/* One step with logarithms. */
static void gk_chain_step(const int K, double *restrict y, const double *restrict before, gk_strided m, gk_strided x,
                          double *restrict sum) {
  for (int j = 0; j < K; j++) y[j] = -GK_INF, sum[j] = 0.0;
  for (int i = 0; i < K; i++)
    for (int j = 0; j < K; j++) y[j] = gk_max(y[j], before[i] + m.at[i * m.row + j * m.col]);
  for (int j = 0; j < K; j++) y[j] = gk_anchor(y[j]);
  for (int i = 0; i < K; i++)
    for (int j = 0; j < K; j++) sum[j] += gk_exp(before[i] + m.at[i * m.row + j * m.col] - y[j]);
  for (int j = 0; j < K; j++) y[j] = x.at[j * x.row] + (y[j] + gk_log(sum[j]));
}

GK_INLINE void gk_log_chain_k(ptrdiff_t n, const int K, double *y, ptrdiff_t sy, gk_strided m, gk_strided x, double *work) {
  const ptrdiff_t fit = 4096 / ((ptrdiff_t)K * K), most = fit < 1 ? 1 : fit < GK_CHAIN_RUN ? fit : GK_CHAIN_RUN;
  const int moves = m.step != 0;
  gk_chain_room room = {.a = work, .e = work + (moves ? most : 1) * K * K};
  room.v = room.e + most * K;
  room.tops = room.v + (most + 1) * K;
  if (!moves) room.shift = gk_chain_matrices(1, K, room.a, m);
  ptrdiff_t run = most;
  for (ptrdiff_t t = 0; t < n;) {
    const ptrdiff_t wanted = n - t < run ? n - t : run;
    if (moves) room.shift = gk_chain_matrices(wanted, K, room.a, m);
    ptrdiff_t done = gk_chain_run(wanted, K, y, sy, room.a, moves ? K * K : 0, x, &room);
    if (done < wanted) {
      gk_strided m1 = m, x1 = x;
      m1.at += done * m.step, x1.at += done * x.step;
      gk_chain_step(K, y + done * sy, y + (done - 1) * sy, m1, x1, room.v);
      run = ++done;
    } else if (run < most)
      run = 2 * run < most ? 2 * run : most;
    t += done, y += done * sy, m.at += done * m.step, x.at += done * x.step;
  }
}

/* y: first row to write; p: states, chains, distance of rows of y, then each operand */
static void gk_log_chain(ptrdiff_t n, double *y, gk_strided m, gk_strided x, double *work, const int64_t *p) {
  const int K = (int)p[0];
  const ptrdiff_t sy = p[2];
  for (ptrdiff_t b = 0; b < p[1]; b++) {
    double *Y = y + b * K;
    const gk_strided M = gk_of_chain(m, b), X = gk_of_chain(x, b);
    if (K == 2)
      gk_log_chain_k(n, 2, Y, sy, M, X, work);
    else if (K == 3)
      gk_log_chain_k(n, 3, Y, sy, M, X, work);
    else if (K == 4)
      gk_log_chain_k(n, 4, Y, sy, M, X, work);
    else
      gk_log_chain_k(n, K, Y, sy, M, X, work);
  }
}

/* ---- as programs call them: parameters at the address k0 ------------------------------------ */
static void gk_k_linear_map(ptrdiff_t n, char **P, const gk_ins *ins) {
  const int64_t *p = (const int64_t *)ins->k0, *q = p + 5;
  gk_linear_map(n, (double *)P[ins->y], gk_operand((double *)P[ins->a], q),
                gk_operand((double *)P[ins->b], q + GK_STRIDED), gk_operand((double *)P[ins->c], q + 2 * GK_STRIDED),
                gk_operand((double *)P[p[4]], q + 3 * GK_STRIDED), (double *)P[p[3]], p);
}
static void gk_k_log_chain(ptrdiff_t n, char **P, const gk_ins *ins) {
  const int64_t *p = (const int64_t *)ins->k0, *q = p + 4;
  gk_log_chain(n, (double *)P[ins->y], gk_operand((double *)P[ins->a], q), gk_operand((double *)P[ins->b], q + GK_STRIDED),
               (double *)P[p[3]], p);
}
#define GK_CHAINS_KERNELS {"linear_map", gk_k_linear_map}, {"log_chain", gk_k_log_chain},
#endif
