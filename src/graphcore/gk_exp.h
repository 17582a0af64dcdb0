/* Exponentials, logarithms, powers.  What the last steps of the public functions would lose in
 * rounding is kept in a second double, as far as their promised accuracy needs it. */
#ifndef GK_EXP_H
#define GK_EXP_H
#include "gk_double.h"

/* ---- exponentials ---------------------------------------------------------------------------
 * exp(a) = 2^k exp(r), |r| <= log(2)/2.  Adding 1.5 * 2^52 rounds to an integer and leaves it in
 * the low bits of the sum.  LN2_HI has 42 bits, so that k * LN2_HI is exact. */

#define GK_LN2_HI 0x1.62e42fefa38p-1
#define GK_LN2_LO 0x1.ef35793c7673p-45
#define GK_LN2 0.69314718055994530942
#define GK_LN2_REST 2.3190468138462996e-17
#define GK_LOG2E 1.44269504088896340736
#define GK_MAGIC 6755399441055744.0
#define GK_ONE 0x3ff0000000000000ull /* the bits of 1.0 */

/* q(r) in exp(r) - 1 = r + r^2 q(r) */
GK_INLINE double gk_exp_rest(double r, double square) {
  return GK_FMA(r, GK_PAIRS9(r, square, 0.166666666666667, 0.04166666666651435, 0.008333333333306903,
      0.001388888894732487, 0.0001984126991801922, 2.480148959636708e-05, 2.755721575107665e-06,
      2.763141195874116e-07, 2.5118029669968548e-08), 0.5000000000000013);
}
/* exp(r - c) = h + *rest for |r| < 0.35 and c < 2^-32: exp(r) = h + e, where h is 1 + r rounded,
 * and exp(r - c) = exp(r) - c exp(r). */
GK_INLINE double gk_exp_near(double r, double c, double *rest) {
  const double h = 1.0 + r, z = r * r, e = GK_FMA(z, gk_exp_rest(r, z), r - (h - 1.0));
  *rest = GK_FMA(-c, h + e, e);
  return h;
}
/* s1 s2 = 2^k of t = k + 2046 + GK_MAGIC.  Two scalings, because 2^k may be out of range where a
 * result is not. */
GK_INLINE void gk_exp_scales(double t, double *s1, double *s2) {
  const uint64_t u = (uint64_t)gk_bits(t), v = u >> 1;
  *s1 = gk_from_bits((int64_t)(v << 52));
  *s2 = gk_from_bits((int64_t)((u - v) << 52));
}
/* exp(a + lo) = (h + *rest) s1 s2 for -746 <= a <= 711 and a small lo */
GK_INLINE double gk_exp_parts(double a, double lo, double *rest, double *s1, double *s2) {
  const double magic = GK_MAGIC + 2046.0;
  const double t = GK_FMA(a, GK_LOG2E, magic), k = t - magic;
  gk_exp_scales(t, s1, s2);
  return gk_exp_near(GK_FMA(k, -GK_LN2_HI, a), k * GK_LN2_LO - lo, rest);
}
GK_INLINE double gk_exp_core(double a, double lo) {
  double rest, s1, s2;
  const double h = gk_exp_parts(a, lo, &rest, &s1, &s2);
  return ((h + rest) * s1) * s2;
}
GK_INLINE double gk_exp(double a) {
  const double b = a > 710.0 ? 710.0 : a;
  return gk_exp_core(b < -746.0 ? -746.0 : b, 0.0);
}
/* The same bits for |a| < 708, where the result is normal: k is added to the exponent of exp(r). */
GK_INLINE int64_t gk_exp_rare(double a) { return gk_is_beyond(a, 708.0); }
GK_INLINE double gk_exp_usual(double a) {
  const double t = GK_FMA(a, GK_LOG2E, GK_MAGIC), k = t - GK_MAGIC;
  double rest;
  const double h = gk_exp_near(GK_FMA(k, -GK_LN2_HI, a), k * GK_LN2_LO, &rest);
  return gk_from_bits(gk_bits(h + rest) + (int64_t)((uint64_t)gk_bits(t) << 52));
}
GK_INLINE double gk_exp2(double a) {
  const double b = a > 1025.0 ? 1025.0 : a, x = b < -1076.0 ? -1076.0 : b;
  const double magic = GK_MAGIC + 2046.0;
  const double t = x + magic, f = x - (t - magic), r = f * GK_LN2;
  const double c = -GK_FMA(f, GK_LN2_REST, gk_residual(f, GK_LN2, -r));
  double rest, s1, s2;
  gk_exp_scales(t, &s1, &s2);
  const double h = gk_exp_near(r, c, &rest);
  return ((h + rest) * s1) * s2;
}
/* c (exp(a) - 1) = return value + *lo for c = 2^shift and -37 <= a < 710.6: c = 1/4 cannot overflow.
 * With p = exp(r) - 1 in two doubles, it is 2^k c p + (2^k c - c).  p is r + r^2 (1/2 + r/6) with what
 * its sums and products lose, and the rest of the series. */
GK_INLINE double gk_expm1_double(double a, double c, int64_t shift, double *lo) {
  const double magic = GK_MAGIC + 1023.0;
  const double t = GK_FMA(a, GK_LOG2E, magic), k = t - magic, r = GK_FMA(k, -GK_LN2_HI, a);
  double sl, ml, pl;
  const double square = gk_two_prod(r, r, &sl), h = GK_FMA(r, 0.16666666666666666, 0.5);
  const double hl = GK_FMA(r, 0.16666666666666666, 0.5 - h), m = gk_two_prod(square, h, &ml);
  const double far = GK_PAIRS9(r, square, 0.04166666666666668, 0.00833333333332848,
      0.0013888888888874964, 0.0001984126987092713, 2.4801587347206104e-05, 2.755725811222048e-06,
      2.7557252526868465e-07, 2.5104568351776737e-08, 2.0921804752706658e-09);
  const double p = gk_quick_sum(r, m, &pl);
  const double small = pl + GK_FMA(square, GK_FMA(square, far, hl), GK_FMA(sl, h, ml));
  const double s = gk_from_bits((int64_t)(((uint64_t)gk_bits(t) + (uint64_t)shift) << 52));
  const double b = s - c, bl = (s - b) - c, y = gk_quick_sum(b, s * p, &pl);
  *lo = pl + GK_FMA(s, GK_FMA(-k * GK_LN2_LO, 1.0 + (p + small), small), bl);
  return y;
}
GK_INLINE double gk_expm1(double a) {
  double lo;
  const double b = a > 710.0 ? 710.0 : a, y = gk_expm1_double(b < -37.0 ? -37.0 : b, 0.5, -1, &lo);
  return a < -54.0 * GK_LN2 ? -1.0 : gk_abs(a) < 1e-17 ? a : 2.0 * (y + lo);
}
/* The same bits for -37 < a < 708. */
GK_INLINE int64_t gk_expm1_rare(double a) { return gk_is_beyond(a - 335.5, 372.5); }
GK_INLINE double gk_expm1_usual(double a) {
  double lo;
  const double y = gk_expm1_double(a, 1.0, 0, &lo);
  return gk_copysign(y + lo, a);
}
/* tanh(x) with x = k log(2) + h, u = 4^-k and tanh(h) = p / q = h + g / q.  It is x + g / q where k = 0;
 * elsewhere, with f = q - p and d = q + p + u f, it is 1 - u + (2 u / d) (p - (1 - u) f / 2).  Either
 * way what a quotient adds to is exact and at least three times as large: the errors of a few steps
 * without second doubles stay below that of the last sum.  k = 0 up to 0.6866. */
GK_INLINE double gk_tanh(double a) {
  const double size = gk_abs(a), x = size > 20.0 ? 20.0 : size;
  const double t = GK_FMA(x - 0.34, GK_LOG2E, GK_MAGIC), k = t - GK_MAGIC;
  const double h = GK_FMA(k, -GK_LN2_LO, GK_FMA(k, -GK_LN2_HI, x)), z = h * h;
  const double u = gk_from_bits((int64_t)(GK_ONE - ((uint64_t)gk_bits(t) << 53)));
  const double q = GK_P4(z, 1.8, 0.8306633741814603, 0.04191100547740221, 0.00037128445951084386);
  const double g = h * z *
      GK_P3(z, -0.5999999999999994, -0.0368877913938443, -0.00035807574411869463);
  const double p = GK_FMA(h, q, g), f = q - p, d = GK_FMA(u, f, q + p);
  const double far = u * GK_FMA(GK_FMA(0.5, u, -0.5), f, p);
  const double up = k == 0 ? g : far, base = k == 0 ? x : 1.0 - u;
  const double y = GK_FMA(2.0, up / d, base);
  return gk_from_bits(gk_bits(y) | (gk_bits(a) & GK_SIGN_BIT));
}
/* exp(x) / 2 = return value + *rest for 0 <= x < 708: the exponent of exp(r) is changed */
GK_INLINE double gk_exp_half(double x, double *rest) {
  const double magic = GK_MAGIC + 1022.0, t = GK_FMA(x, GK_LOG2E, magic), k = t - magic;
  double lo;
  const double h = gk_exp_near(GK_FMA(k, -GK_LN2_HI, x), k * GK_LN2_LO, &lo), e = h + lo;
  const double s = gk_from_bits((int64_t)((uint64_t)gk_bits(t) << 52));
  *rest = ((h - e) + lo) * s;
  return e * s;
}
GK_INLINE double gk_cosh_usual(double a) {
  double el, yl;
  const double e = gk_exp_half(gk_abs(a), &el), t = 0.25 / e;
  const double tl = 4.0 * t * (gk_residual(-t, e, 0.25) - t * el), y = gk_quick_sum(e, t, &yl);
  return y + (yl + (el + tl));
}
GK_INLINE double gk_sinh_usual(double a) {
  double el, yl;
  const double x = gk_abs(a), z = x * x, e = gk_exp_half(x, &el), y = gk_quick_sum(e, -0.25 / e, &yl);
  const double p = GK_P7(z, 0.16666666666666669, 0.008333333333333174, 0.00019841269841425354,
      2.7557319156695965e-06, 2.5052123477359666e-08, 1.605721707647952e-10,
      7.760411617749028e-13);
  return gk_copysign(x < 1.0 ? GK_FMA(x * z, p, x) : y + (yl + el), a);
}
/* exp(x) / 2 = cosh(x) = sinh(x) for large x, where the exponential may be too large */
GK_INLINE double gk_exp_half_far(double x) {
  double rest, s1, s2;
  const double h = gk_exp_parts(x > 711.0 ? 711.0 : x, 0.0, &rest, &s1, &s2);
  return ((h + rest) * (0.5 * s1)) * s2;
}
GK_NOINLINE double gk_cosh(double a) {
  const double x = gk_abs(a);
  return x < 708.0 ? gk_cosh_usual(a) : gk_exp_half_far(x);
}
GK_NOINLINE double gk_sinh(double a) {
  const double x = gk_abs(a);
  return x < 708.0 ? gk_sinh_usual(a) : gk_copysign(gk_exp_half_far(x), a);
}
GK_INLINE double gk_sigmoid(double a) {
  const double x = -gk_abs(a), e = gk_exp_core(x < -746.0 ? -746.0 : x, 0.0);
  return (a < 0 ? e : 1.0) / (1.0 + e);
}

/* ---- logarithms -----------------------------------------------------------------------------
 * log(u) = k log(2) + log(1 + f), f in (sqrt(1/2) - 1, sqrt(2) - 1), and with s = f / (2 + f)
 * log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)) (FreeBSD's msun). */

#define GK_SQRT_HALF 0x3fe6a09e667f3bcdull
#define GK_MANTISSA 0x000fffffffffffffull

/* u = 2^k m for u > 0 that is not subnormal; scale = 2^(1 - k).  bias = 2^52 + 1023. */
GK_INLINE double gk_split_biased(double u, double bias, double *k, double *scale) {
  const uint64_t t = (uint64_t)gk_bits(u) + (GK_ONE - GK_SQRT_HALF), e = t >> 52;
  *k = gk_from_bits((int64_t)(e | 0x4330000000000000ull)) - bias;
  *scale = gk_from_bits((int64_t)((2047u - e) << 52));
  return gk_from_bits((int64_t)((t & GK_MANTISSA) + GK_SQRT_HALF));
}
/* The same for any u > 0; the scale is finite unless u is subnormal.  Subnormal u is multiplied by
 * 2^54 first; all by masks, because the compiler would copy the code of a branch. */
GK_INLINE double gk_split(double u, double *k, double *scale) {
  const uint64_t tiny = u < 2.2250738585072014e-308 ? 54 : 0;
  const double v = u * gk_from_bits((int64_t)(GK_ONE + (tiny << 52)));
  const double bias = gk_from_bits((int64_t)(0x4330000000000000ull + 1023 + tiny));
  return gk_split_biased(v, bias, k, scale);
}
/* s^2 R'(s^2) + f^2/2, to be multiplied by s */
GK_INLINE double gk_log_rest(double z, double h) {
  return GK_FMA(z, GK_P7(z, 0.6666666666666734, 0.3999999999941394, 0.2857142874256638,
      0.22222198553420167, 0.18183565424249937, 0.15314020709917425, 0.14796265149112345), h);
}
/* k log(2) + log(m) + c = return value + *rest.  What f - f^2/2 = x and k log(2) + x lose in rounding is
 * added to the small terms; |k log(2)| > |x| unless k = 0. */
GK_INLINE double gk_log_parts(double k, double m, double c, double *rest) {
  const double f = m - 1.0, s = f / (2.0 + f), g = 0.5 * f;
  const double x = GK_FMA(-g, f, f), lost = gk_residual(-g, f, f - x);
  const double far = k * GK_LN2_HI, hi = far + x, lost_too = x - (hi - far);
  *rest = GK_FMA(s, gk_log_rest(s * s, g * f), GK_FMA(k, GK_LN2_LO, (lost_too + lost) + c));
  return hi;
}
GK_INLINE double gk_log_sum(double k, double m, double c) {
  double rest;
  const double hi = gk_log_parts(k, m, c, &rest);
  return hi + rest;
}
/* what c adds to log(m + c) for u = 2^k m and scale = 2^(1 - k), where c is that of u + c */
GK_INLINE double gk_log_correction(double m, double c, double scale) {
  return (0.5 * c * scale) *
      GK_P4(m - 1.0, 1.0, -1.001785650915363, 1.0883124470700951, -0.9705632133991177);
}
/* The same sum to about 0.8 ulp, for use inside of functions that lose more elsewhere. */
GK_INLINE double gk_log_sum_quick(double k, double m, double c) {
  const double f = m - 1.0, s = f / (2.0 + f), h = 0.5 * f * f;
  const double rest = GK_FMA(s, gk_log_rest(s * s, h), GK_FMA(k, GK_LN2_LO, c));
  return GK_FMA(k, GK_LN2_HI, f - (h - rest));
}
/* log(u) for u > 0, subnormal u included */
GK_INLINE double gk_log_quick(double u) {
  double k, scale;
  const double m = gk_split(u, &k, &scale);
  return gk_log_sum_quick(k, m, 0.0);
}
/* log(u + c) for u > 0 and |c| below half an ulp of u; c must be 0 if u is subnormal or huge */
GK_INLINE double gk_log_quick_corrected(double u, double c) {
  double k, scale;
  const double m = gk_split(u, &k, &scale), f = m - 1.0;
  return gk_log_sum_quick(k, m, (0.5 * c * scale) * GK_FMA(f, f - 1.0, 1.0));
}
/* y = log of something, at the ends of the domain of the logarithm of u */
GK_INLINE double gk_log_ends(double u, double y) {
  const double end = u == 0 ? -GK_INF : GK_NAN;
  return u > 0 ? (u < GK_INF ? y : u) : end;
}
GK_INLINE double gk_log(double a) {
  double k, scale;
  const double m = gk_split(a, &k, &scale);
  return gk_log_ends(a, gk_log_sum(k, m, -0.0));
}
/* The same bits where a is normal and positive. */
GK_INLINE int64_t gk_log_rare(double a) {
  const uint64_t u = (uint64_t)gk_bits(a); /* one of the differences is negative */
  return (int64_t)((u - 0x0010000000000000ull) | (0x7fefffffffffffffull - u)) & GK_SIGN_BIT;
}
GK_INLINE double gk_log_usual(double a) {
  double k, scale;
  const double m = gk_split_biased(a, 4503599627370496.0 + 1023.0, &k, &scale);
  return gk_log_sum(k, m, -0.0);
}
GK_INLINE double gk_log1p(double a) {
  const double u = 1.0 + a, d = u - 1.0, c = (1.0 - (u - d)) + (a - d);
  double k, scale;
  const double m = gk_split_biased(u, 4503599627370496.0 + 1023.0, &k, &scale);
  const double y = gk_log_sum(k, m, gk_log_correction(m, a > 1e18 ? 0.0 : c, scale));
  return gk_abs(a) < 1e-8 ? GK_FMA(-0.5 * a, a, a) : gk_log_ends(u, y);
}
/* log(1 + e) for 0 <= e <= 1 */
GK_INLINE double gk_log1p_unit(double e) {
  const double s = e / (2.0 + e), z = s * s, h = 0.5 * e * e;
  const double R = z * GK_P10(z, 0.6666666666666631, 0.40000000000157243, 0.28571428547854333,
      0.2222222396969169, 0.18181743926541533, 0.15386559886070358, 0.13300974088777165,
      0.12106082223105397, 0.08340119146324297, 0.17018542829962252);
  return e - (h - s * (h + R));
}
GK_INLINE double gk_softplus(double a) {
  const double x = -gk_abs(a), e = gk_exp_core(x < -746.0 ? -746.0 : x, 0.0);
  return (a < 0 ? 0.0 : a) + gk_log1p_unit(e);
}
/* The larger plus log(1 + u): the difference, its exponential and the sum in two doubles. */
GK_INLINE double gk_logaddexp(double a, double b) {
  double dl, rest, s1, s2, c, k, scale, yl;
  const double d = gk_two_diff(a, b, &dl), size = gk_abs(d), big = gk_max(a, b);
  const int near = size < 746.0;
  const double x = near ? -size : -746.0, lo = near ? (d < 0 ? dl : -dl) : 0.0;
  const double h = gk_exp_parts(x, lo, &rest, &s1, &s2), e = h + rest, el = (h - e) + rest;
  const double u = gk_quick_sum(1.0, (e * s1) * s2, &c);
  const double m = gk_split_biased(u, 4503599627370496.0 + 1023.0, &k, &scale);
  const double correction = gk_log_correction(m, c + (el * s1) * s2, scale);
  const double l = gk_log_parts(k, m, correction, &rest), y = gk_two_sum(big, l, &yl);
  return gk_abs(y) < GK_INF ? y + (yl + rest) : y;
}
GK_INLINE double gk_log1mexp(double a) {
  const double b = a < -746.0 ? -746.0 : a, x = b > 0.0 ? 0.0 : b;
  double rest, s1, s2;
  const double h = gk_exp_parts(x, 0.0, &rest, &s1, &s2), e = ((h + rest) * s1) * s2;
  const double s = s1 * s2, near = (1.0 - s * h) - s * rest, far = 1.0 - e;
  const int is_near = a > -GK_LN2;
  const double u = is_near ? near : far, c = is_near ? 0.0 : (1.0 - u) - e;
  const double y = gk_log_quick_corrected(u, c);
  const double end = a == 0 ? -GK_INF : GK_NAN;
  return a < 0 ? (a < -40.0 ? -e : y) : end;
}
GK_INLINE double gk_xlogy(double a, double b) {
  const double y = a * gk_log(b);
  return (a == 0) & (b == b) ? 0.0 : y;
}
GK_INLINE double gk_xlog1py(double a, double b) {
  const double y = a * gk_log1p(b);
  return (a == 0) & (b == b) ? 0.0 : y;
}

/* ---- power: the logarithm and its product with b in two doubles ------------------------------ */

/* log(m + c) = return value + *lo to about 66 bits, for m between sqrt(1/2) and sqrt(2) and a
 * small c */
GK_INLINE double gk_log_near(double m, double c, double *lo) {
  double pl, zl, tl, ll;
  const double f = m - 1.0, dh = m + 1.0, dl = ((1.0 - dh) + m) + c, inverse = 1.0 / dh;
  const double sh = f * inverse, ph = gk_two_prod(sh, dh, &pl);
  const double sl = ((((f - ph) - pl) + c) - sh * dl) * inverse;
  const double zh = gk_two_prod(sh, sh, &zl), z = zl + 2.0 * sh * sl;
  /* g = 2/3 + z W(z), t = z g, x = 2 + t, l = s x */
  const double w = zh * GK_P7(zh, 0.40000000000002256, 0.285714285700985, 0.22222222520118504,
      0.18181784349640587, 0.15386758153670674, 0.13256798196491154, 0.13196513824107559);
  const double gh = 0.6666666666666666 + w;
  const double gl = ((0.6666666666666666 - gh) + w) + 3.700743415417188e-17;
  const double th = gk_two_prod(zh, gh, &tl), t = tl + (zh * gl + z * gh);
  const double xh = 2.0 + th, xl = ((2.0 - xh) + th) + t;
  const double lh = gk_two_prod(sh, xh, &ll);
  *lo = ll + (sh * xl + sl * xh);
  return lh;
}
/* log(u + c) = return value + *lo for u > 0 and a small c; c must be 0 if u is subnormal or huge */
GK_INLINE double gk_log_double(double u, double c, double *lo) {
  double k, scale, l, sl;
  const double m = gk_split(u, &k, &scale), h = gk_log_near(m, 0.5 * c * scale, &l);
  const double s = gk_quick_sum(k * GK_LN2_HI, h, &sl), rest = sl + GK_FMA(k, GK_LN2_LO, l);
  return gk_quick_sum(s, rest, lo);
}
/* log(u) factor = k high + ..., where factor = f + fl is 1 / log(base) and high + low the logarithm
 * of 2 to that base; k high is exact */
GK_INLINE double gk_log_base(double u, double f, double fl, double high, double low) {
  double k, scale, l, pl, sl;
  const double m = gk_split(u, &k, &scale), h = gk_log_near(m, 0.0, &l), p = gk_two_prod(h, f, &pl);
  const double s = gk_quick_sum(k * high, p, &sl);
  return gk_log_ends(u, s + (sl + GK_FMA(k, low, pl + GK_FMA(h, fl, l * f))));
}
GK_INLINE double gk_log2(double a) {
  return gk_log_base(a, 1.4426950408889634, 2.0355273740931033e-17, 1.0, 0.0);
}
GK_INLINE double gk_log10(double a) {
  return gk_log_base(a, 0.4342944819032518, 1.098319650216765e-17, 0.30102999566395283,
      2.8363394551044964e-14);
}
GK_INLINE double gk_pow(double a, double b) {
  /* What depends on b alone is kept as numbers and bit masks: loops with a scalar b vectorise. */
  const double beyond = 1180591620717411303424.0, size = gk_abs(b);
  const double bc = gk_copysign(size > beyond ? beyond : size, b), half = 0.5 * bc;
  const double invalid = gk_round(bc) == bc ? -0.0 : GK_NAN;
  const int64_t whole = gk_round(bc) == bc ? GK_SIGN_BIT : 0;
  const int64_t odd = (gk_round(half) == half ? 0 : GK_SIGN_BIT) & whole;
  const int64_t zero = size == 0 ? -1 : 0;
  const double u = gk_select(zero, 1.0, a), x = gk_abs(u);
  double lo, el;
  double hi = gk_log_double(x, 0.0, &lo);
  hi = x == 0 ? -GK_INF : x < GK_INF ? hi : x;
  const double eh = gk_two_prod(bc, hi, &el);
  const double ec = eh > 710.0 ? 710.0 : eh < -746.0 ? -746.0 : eh;
  const double y = gk_exp_core(ec, ec == eh ? GK_FMA(bc, lo, el) : 0.0);
  const double signed_y = gk_from_bits(gk_bits(y) | (gk_bits(a) & odd));
  const double value = (u < 0) & (x < GK_INF) ? signed_y + invalid : signed_y;
  return u == 1.0 ? 1.0 : value;
}

#endif
