/* Trigonometric functions and the inverse tangent: all but the far terms in two doubles. */
#ifndef GK_TRIG_H
#define GK_TRIG_H
#include "gk_exp.h"

/* ---- trigonometric functions -----------------------------------------------------------------
 * a = n pi/2 + (hi + lo) for |a| < 5e5; beyond, and for infinities and NaN, the C library. */

GK_INLINE int64_t gk_trig_rare(double a) { return gk_is_beyond(a, 5e5); }
GK_NOINLINE double gk_sin_slow(double a) { return sin(a); }
GK_NOINLINE double gk_cos_slow(double a) { return cos(a); }
GK_NOINLINE double gk_tan_slow(double a) { return tan(a); }

GK_INLINE double gk_reduce(double a, double *lo, int64_t *quadrant) {
  const double t = GK_FMA(a, 0.63661977236758134308, GK_MAGIC), n = t - GK_MAGIC;
#if defined(__FMA__) || defined(__aarch64__)
  /* pi/2 in doubles: the first difference is a multiple of 2^-53 below 1 and thus exact */
  double e;
  const double r = GK_FMA(-n, 1.5707963267948966, a), p = n * 6.123233995736766e-17;
  const double s = gk_two_diff(r, p, &e);
  const double rest = e - GK_FMA(n, -1.4973849048591698e-33, gk_residual(n, 6.123233995736766e-17, -p));
#else /* in pieces whose products with n < 2^20 are exact */
  double e1, e2;
  const double r0 = a - n * 1.57079632673412561417e+00;
  const double r1 = gk_two_diff(r0, n * 6.07710050630396597660e-11, &e1);
  const double s = gk_two_diff(r1, n * 2.02226624871116645580e-21, &e2);
  const double rest = (e1 + e2) - n * 8.47842766036889956997e-32;
#endif
  const double hi = s + rest;
  *lo = (s - hi) + rest;
  *quadrant = gk_bits(t);
  return hi;
}
/* Both functions are 1 + z (c + z (d + z q(z))) with z = x^2, the sine times x.  All but q in two
 * doubles: c, d and *lo are what the other half lacks. */
GK_INLINE double gk_trig_series(double z, double zl, const double c[2], const double d[2], double q,
    double *lo) {
  double ul, vl, gl, pl, sl;
  const double u = gk_quick_sum(d[0], z * q, &ul), v = gk_two_prod(z, u, &vl);
  const double g = gk_quick_sum(c[0], v, &gl), p = gk_two_prod(z, g, &pl);
  const double rest = vl + GK_FMA(z, ul + d[1], zl * u), s = gk_quick_sum(1.0, p, &sl);
  *lo = sl + (pl + GK_FMA(z, gl + (c[1] + rest), zl * g));
  return s;
}
#define GK_SIN_C {-0.16666666666666666, -9.25185853854297e-18}
#define GK_SIN_D {0.008333333333333333, 1.1564823173178714e-19}
#define GK_COS_C {-0.5, 0.0}
#define GK_COS_D {0.041666666666666664, 2.3129646346357427e-18}
GK_INLINE double gk_sin_rest(double z) {
  return GK_P5(z, -0.00019841269841267112, 2.755731922018418e-06, -2.5052106390465813e-08,
      1.605854459517506e-10, -7.587038213184713e-13);
}
GK_INLINE double gk_cos_rest(double z) {
  return GK_P5(z, -0.0013888888888884251, 2.4801587295129194e-05, -2.755731583487569e-07,
      2.087590879718955e-09, -1.1368578992605247e-11);
}
/* sin(a + turn pi/2) */
GK_INLINE double gk_sin_turned(double a, int64_t turn) {
  const double sc[2] = GK_SIN_C, sd[2] = GK_SIN_D, cc[2] = GK_COS_C, cd[2] = GK_COS_D;
  double x2, zl, sl, yl;
  int64_t n;
  const double x = gk_reduce(a, &x2, &n), square = gk_two_prod(x, x, &zl);
  const uint64_t turns = (uint64_t)n + (uint64_t)turn;
  const int odd = (turns & 1) != 0;
  const double c[2] = {odd ? cc[0] : sc[0], odd ? cc[1] : sc[1]};
  const double d[2] = {odd ? cd[0] : sd[0], odd ? cd[1] : sd[1]};
  const double q = odd ? gk_cos_rest(square) : gk_sin_rest(square);
  const double s = gk_trig_series(square, GK_FMA(2.0 * x, x2, zl), c, d, q, &sl);
  const double factor = odd ? 1.0 : x, y = gk_two_prod(s, factor, &yl);
  const double value = y + (yl + GK_FMA(sl, factor, odd ? 0.0 : s * x2));
  return gk_from_bits(gk_bits(value) ^ (int64_t)((turns & 2) << 62));
}
GK_INLINE double gk_sin(double a) {
  const double y = gk_sin_turned(a, 0);
  return gk_abs(a) < 1e-9 ? a : y;
}
GK_INLINE double gk_cos(double a) { return gk_sin_turned(a, 1); }
/* 1 + z (c + cl + z q) = return value + *lo, with zl what z lacks, where z q is a fiftieth of c */
GK_INLINE double gk_near_one(double z, double zl, double c, double cl, double q, double *lo) {
  double pl, sl;
  const double g = GK_FMA(z, q, c), gl = gk_residual(z, q, c - g), p = gk_two_prod(z, g, &pl);
  const double s = gk_quick_sum(1.0, p, &sl);
  *lo = sl + (pl + GK_FMA(z, gl + cl, zl * g));
  return s;
}
/* x u / d or -d / (x u), with polynomials u and d of z = x^2 */
GK_INLINE double gk_tan(double a) {
  double x2, zl, ul, dl, sl, yl;
  int64_t n;
  const double x = gk_reduce(a, &x2, &n), z = gk_two_prod(x, x, &zl), z2 = GK_FMA(2.0 * x, x2, zl);
  const double above = GK_P3(z, 0.0031184717892936606, -1.1157673256144638e-05,
      -1.789650974924269e-08);
  const double below = GK_P2(z, 0.02456127501592027, -0.0002560486895009047);
  const double u = gk_near_one(z, z2, -0.1309950763465462, 3.792388088886305e-18, above, &ul);
  const double d = gk_near_one(z, z2, -0.46432840967987954, 1.054857418099868e-17, below, &dl);
  const double s = gk_two_prod(u, x, &sl), s2 = sl + GK_FMA(ul, x, u * x2);
  const int odd = (n & 1) != 0;
  const double y = gk_quotient(odd ? d : s, odd ? dl : s2, odd ? s : d, odd ? s2 : dl, &yl);
  const double value = gk_from_bits(gk_bits(y + yl) ^ (int64_t)((uint64_t)n << 63));
  return gk_abs(a) < 1e-9 ? a : value;
}
/* arctan(x) = base + arctan(t) with |t| <= tan(pi/8), t = up / down: x / 1, (x - 1) / (x + 1) or
 * -1 / x, as x ca - cb over x cb + ca; up is exact but for x < 1/2.
 * arctan(t) = t + t z (z q(z) - 1/3) with z = t^2 */
GK_INLINE double gk_arctan(double a) {
  const double size = gk_abs(a), x = size > 1e300 ? 1e300 : size;
  const int big = x > 2.414213562373095, far = x > 0.41421356237309503;
  const double ca = big ? 0.0 : 1.0, xa = big ? 0.0 : x, cb = far ? 1.0 : 0.0, xb = far ? x : 0.0;
  const double up = xa - cb, upl = xa - (up + cb), down = xb + ca, downl = xb - (down - ca);
  const double turn = cb - ca, base = GK_FMA(turn, 0.7853981633974483, 0.7853981633974483);
  const double rest = GK_FMA(turn, 3.061616997868383e-17, 3.061616997868383e-17);
  double t2, zl, gl, pl, wl, tl, yl;
  const double t = gk_quotient(up, upl, down, downl, &t2);
  const double z = gk_two_prod(t, t, &zl), z2 = GK_FMA(2.0 * t, t2, zl);
  const double q = GK_P11(z, 0.19999999999999224, -0.14285714285543263, 0.11111111096241609,
      -0.09090908394455412, 0.07692287720064046, -0.06666292147972386, 0.058776007320321295,
      -0.05221809085110549, 0.04516306519724081, -0.03375011183832288, 0.015456591543993807);
  const double g = gk_quick_sum(-0.3333333333333333, z * q, &gl), p = gk_two_prod(z, g, &pl);
  const double p2 = pl + GK_FMA(z, gl - 1.850371707708594e-17, z2 * g), w = gk_two_prod(t, p, &wl);
  const double sum = gk_quick_sum(base, t, &tl), y = gk_quick_sum(sum, w, &yl);
  const double small = (tl + yl) + (wl + (rest + (t2 + GK_FMA(t, p2, t2 * p))));
  return gk_copysign(y + small, a);
}

#endif
