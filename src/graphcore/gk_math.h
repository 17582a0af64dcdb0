/* Elementary and special functions of float64: inline and without branches, so that the loops
 * around them vectorise at every instruction-set level.  The promised accuracy of each is in
 * graphcore/optable.py.  The polynomials come from build_tools/fit_polynomials.py. */
#ifndef GK_MATH_H
#define GK_MATH_H
#include "gk_basic.h"
#include "gk_sums.h"

/* GK_P5(x, c0, ..., c4): polynomial by Horner's rule. */
#define GK_P1(x, a) (a)
#define GK_P2(x, a, ...) GK_FMA(GK_P1(x, __VA_ARGS__), x, a)
#define GK_P3(x, a, ...) GK_FMA(GK_P2(x, __VA_ARGS__), x, a)
#define GK_P4(x, a, ...) GK_FMA(GK_P3(x, __VA_ARGS__), x, a)
#define GK_P5(x, a, ...) GK_FMA(GK_P4(x, __VA_ARGS__), x, a)
#define GK_P6(x, a, ...) GK_FMA(GK_P5(x, __VA_ARGS__), x, a)
#define GK_P7(x, a, ...) GK_FMA(GK_P6(x, __VA_ARGS__), x, a)
#define GK_P8(x, a, ...) GK_FMA(GK_P7(x, __VA_ARGS__), x, a)
#define GK_P9(x, a, ...) GK_FMA(GK_P8(x, __VA_ARGS__), x, a)
#define GK_P10(x, a, ...) GK_FMA(GK_P9(x, __VA_ARGS__), x, a)
#define GK_P11(x, a, ...) GK_FMA(GK_P10(x, __VA_ARGS__), x, a)
#define GK_P12(x, a, ...) GK_FMA(GK_P11(x, __VA_ARGS__), x, a)
#define GK_P13(x, a, ...) GK_FMA(GK_P12(x, __VA_ARGS__), x, a)
#define GK_P14(x, a, ...) GK_FMA(GK_P13(x, __VA_ARGS__), x, a)
#define GK_P15(x, a, ...) GK_FMA(GK_P14(x, __VA_ARGS__), x, a)
#define GK_P16(x, a, ...) GK_FMA(GK_P15(x, __VA_ARGS__), x, a)
#define GK_P17(x, a, ...) GK_FMA(GK_P16(x, __VA_ARGS__), x, a)
#define GK_P18(x, a, ...) GK_FMA(GK_P17(x, __VA_ARGS__), x, a)
#define GK_P19(x, a, ...) GK_FMA(GK_P18(x, __VA_ARGS__), x, a)
#define GK_P20(x, a, ...) GK_FMA(GK_P19(x, __VA_ARGS__), x, a)
#define GK_P21(x, a, ...) GK_FMA(GK_P20(x, __VA_ARGS__), x, a)
#define GK_P22(x, a, ...) GK_FMA(GK_P21(x, __VA_ARGS__), x, a)
#define GK_P23(x, a, ...) GK_FMA(GK_P22(x, __VA_ARGS__), x, a)
#define GK_P24(x, a, ...) GK_FMA(GK_P23(x, __VA_ARGS__), x, a)
#define GK_P25(x, a, ...) GK_FMA(GK_P24(x, __VA_ARGS__), x, a)
#define GK_P26(x, a, ...) GK_FMA(GK_P25(x, __VA_ARGS__), x, a)

/* ---- sums and products in two doubles --------------------------------------------------------- */

/* a * b = return value + *e exactly */
GK_INLINE double gk_two_prod(double a, double b, double *e) {
  const double p = a * b;
#if defined(__FMA__) || defined(__aarch64__)
  *e = __builtin_fma(a, b, -p);
#else
  const double ca = 134217729.0 * a, cb = 134217729.0 * b;
  const double ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
  *e = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
#endif
  return p;
}
/* a + b = return value + *e exactly, for |a| >= |b| or a = 0 */
GK_INLINE double gk_quick_sum(double a, double b, double *e) {
  const double s = a + b;
  *e = b - (s - a);
  return s;
}
/* a * b + c to the last bit where a * b is close to -c */
GK_INLINE double gk_residual(double a, double b, double c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fma(a, b, c);
#else
  double e;
  const double p = gk_two_prod(a, b, &e);
  return (p + c) + e;
#endif
}

/* ---- exponentials ---------------------------------------------------------------------------
 * exp(a) = 2^k exp(r), |r| <= log(2)/2.  Adding 1.5 * 2^52 rounds to an integer and leaves it in
 * the low bits of the sum.  LN2_HI has 42 bits, so that k * LN2_HI is exact. */

#define GK_LN2_HI 0x1.62e42fefa38p-1
#define GK_LN2_LO 0x1.ef35793c7673p-45
#define GK_LN2 0.69314718055994530942
#define GK_LOG2E 1.44269504088896340736
#define GK_MAGIC 6755399441055744.0

/* q(r) in exp(r) - 1 = r + r^2 q(r) */
GK_INLINE double gk_exp_rest(double r) {
  return GK_P10(r, 0.5000000000000013, 0.166666666666667, 0.04166666666651435,
      0.008333333333306903, 0.001388888894732487, 0.0001984126991801922, 2.480148959636708e-05,
      2.755721575107665e-06, 2.763141195874116e-07, 2.5118029669968548e-08);
}
/* exp(r - c) = h + *rest for |r| < 0.35 and c < 2^-32: exp(r) = h + e, where h is 1 + r rounded,
 * and exp(r - c) = exp(r) - c exp(r). */
GK_INLINE double gk_exp_near(double r, double c, double *rest) {
  const double h = 1.0 + r, e = GK_FMA(r * r, gk_exp_rest(r), r - (h - 1.0));
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
GK_INLINE int64_t gk_exp_rare(double a) { return gk_bits(gk_abs(a) < 708.0 ? 0.0 : 1.0); }
GK_INLINE double gk_exp_usual(double a) {
  const double t = GK_FMA(a, GK_LOG2E, GK_MAGIC), k = t - GK_MAGIC;
  double rest;
  const double h = gk_exp_near(GK_FMA(k, -GK_LN2_HI, a), k * GK_LN2_LO, &rest);
  return gk_from_bits(gk_bits(h + rest) + (int64_t)((uint64_t)gk_bits(t) << 52));
}
/* q = c (exp(a) - 1) for c = 2^shift and -700 < a < 710.6: no overflow for c = 1/4. */
GK_INLINE double gk_expm1_scaled(double a, double c, int64_t shift) {
  const double magic = GK_MAGIC + 1023.0;
  const double t = GK_FMA(a, GK_LOG2E, magic), k = t - magic;
  const double r = GK_FMA(k, -GK_LN2_LO, GK_FMA(k, -GK_LN2_HI, a));
  const double s = gk_from_bits((int64_t)(((uint64_t)gk_bits(t) + (uint64_t)shift) << 52));
  return GK_FMA(s, GK_FMA(r * r, gk_exp_rest(r), r), s - c);
}
GK_INLINE double gk_expm1(double a) {
  const double b = a > 710.0 ? 710.0 : a;
  const double y = 2.0 * gk_expm1_scaled(b < -40.0 ? -40.0 : b, 0.5, -1);
  return gk_abs(a) < 1e-17 ? a : y;
}
GK_INLINE double gk_sigmoid(double a) {
  const double x = -gk_abs(a), e = gk_exp_core(x < -746.0 ? -746.0 : x, 0.0);
  return (a < 0 ? e : 1.0) / (1.0 + e);
}
GK_INLINE double gk_tanh(double a) {
  const double x = gk_abs(a), em1 = gk_expm1_scaled(2.0 * (x > 22.0 ? 22.0 : x), 1.0, 0);
  return gk_copysign(em1 / (em1 + 2.0), a);
}
GK_INLINE double gk_sinh(double a) {
  const double x = gk_abs(a), q = gk_expm1_scaled(x > 710.5 ? 710.5 : x, 0.25, -2);
  return x < 1e-9 ? a : gk_copysign(2.0 * (q + q / GK_FMA(4.0, q, 1.0)), a);
}
GK_INLINE double gk_cosh(double a) {
  const double x = gk_abs(a), q = gk_expm1_scaled(x > 710.5 ? 710.5 : x, 0.25, -2) + 0.25;
  return GK_FMA(2.0, q, 0.125 / q);
}

/* ---- logarithms -----------------------------------------------------------------------------
 * log(u) = k log(2) + log(1 + f), f in (sqrt(1/2) - 1, sqrt(2) - 1), and with s = f / (2 + f)
 * log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)) (FreeBSD's msun). */

#define GK_SQRT_HALF 0x3fe6a09e667f3bcdull
#define GK_MANTISSA 0x000fffffffffffffull
#define GK_ONE 0x3ff0000000000000ull

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
/* k log(2) + log(m) + c.  f^2/2 = h is cut to a multiple of 2^-52, so that f less it is exact; what
 * k log(2) plus that loses in rounding is added to the small terms. */
GK_INLINE double gk_log_sum(double k, double m, double c) {
  const double f = m - 1.0, s = f / (2.0 + f), z = s * s, g = 0.5 * f, h = g * f;
  const double cut = (h + 1.0) - 1.0, x = f - cut, far = k * GK_LN2_HI, hi = far + x;
  const double lost = (x - (hi - far)) - gk_residual(g, f, -cut) + c;
  return hi + GK_FMA(s, gk_log_rest(z, h), GK_FMA(k, GK_LN2_LO, lost));
}
/* what c adds to log(m + c) for u = 2^k m and scale = 2^(1 - k), where c is that of u + c */
GK_INLINE double gk_log_correction(double m, double c, double scale) {
  return (0.5 * c * scale) *
      GK_P4(m - 1.0, 1.0, -1.001785650915363, 1.0883124470700951, -0.9705632133991177);
}
/* The same sum to about 0.8 ulp, for use inside of functions that are not better for other reasons. */
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
GK_INLINE double gk_logaddexp(double a, double b) {
  const double x = -gk_abs(a - b), e = gk_exp_core(x < -746.0 ? -746.0 : x, 0.0);
  const double big = gk_max(a, b);
  return big + (a == b ? GK_LN2 : gk_log1p_unit(e));
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

/* log(u) = return value + *lo to about 66 bits, u > 0 */
GK_INLINE double gk_log_double(double u, double *lo) {
  double k, scale, pl, zl, tl, ll;
  const double m = gk_split(u, &k, &scale);
  const double f = m - 1.0, dh = m + 1.0, dl = (1.0 - dh) + m, inverse = 1.0 / dh;
  const double sh = f * inverse, ph = gk_two_prod(sh, dh, &pl);
  const double sl = (((f - ph) - pl) - sh * dl) * inverse;
  const double zh = gk_two_prod(sh, sh, &zl), z = zl + 2.0 * sh * sl;
  /* g = 2/3 + z W(z), t = z g, x = 2 + t, l = s x */
  const double w = zh * GK_P7(zh, 0.40000000000002256, 0.285714285700985, 0.22222222520118504,
      0.18181784349640587, 0.15386758153670674, 0.13256798196491154, 0.13196513824107559);
  const double gh = 0.6666666666666666 + w;
  const double gl = ((0.6666666666666666 - gh) + w) + 3.700743415417188e-17;
  const double th = gk_two_prod(zh, gh, &tl), t = tl + (zh * gl + z * gh);
  const double xh = 2.0 + th, xl = ((2.0 - xh) + th) + t;
  const double lh = gk_two_prod(sh, xh, &ll), l = ll + (sh * xl + sl * xh);
  const double a = k * GK_LN2_HI, s = a + lh, bb = s - a;
  const double rest = ((a - (s - bb)) + (lh - bb)) + GK_FMA(k, GK_LN2_LO, l);
  const double hi = s + rest;
  *lo = (s - hi) + rest;
  return hi;
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
  double hi = gk_log_double(x, &lo);
  hi = x == 0 ? -GK_INF : x < GK_INF ? hi : x;
  const double eh = gk_two_prod(bc, hi, &el);
  const double ec = eh > 710.0 ? 710.0 : eh < -746.0 ? -746.0 : eh;
  const double y = gk_exp_core(ec, ec == eh ? GK_FMA(bc, lo, el) : 0.0);
  const double signed_y = gk_from_bits(gk_bits(y) | (gk_bits(a) & odd));
  const double value = (u < 0) & (x < GK_INF) ? signed_y + invalid : signed_y;
  return u == 1.0 ? 1.0 : value;
}

/* ---- trigonometric functions -----------------------------------------------------------------
 * a = n pi/2 + (hi + lo): pi/2 in pieces whose products with n < 2^20 are exact; beyond, and for
 * infinities and NaN, the C library. */

GK_INLINE int64_t gk_trig_rare(double a) { return gk_bits(gk_abs(a) <= 5e5 ? 0.0 : 1.0); }
GK_NOINLINE double gk_sin_slow(double a) { return sin(a); }
GK_NOINLINE double gk_cos_slow(double a) { return cos(a); }
GK_NOINLINE double gk_tan_slow(double a) { return tan(a); }

/* a - b = return value + *e exactly */
GK_INLINE double gk_two_diff(double a, double b, double *e) {
  const double s = a - b, t = s - a;
  *e = (a - (s - t)) - (b + t);
  return s;
}
GK_INLINE double gk_reduce(double a, double *lo, int64_t *quadrant) {
  double e1, e2;
  const double t = GK_FMA(a, 0.63661977236758134308, GK_MAGIC), n = t - GK_MAGIC;
  const double r0 = a - n * 1.57079632673412561417e+00;
  const double r1 = gk_two_diff(r0, n * 6.07710050630396597660e-11, &e1);
  const double r2 = gk_two_diff(r1, n * 2.02226624871116645580e-21, &e2);
  const double e = (e1 + e2) - n * 8.47842766036889956997e-32;
  const double hi = r2 + e;
  *lo = (r2 - hi) + e;
  *quadrant = gk_bits(t);
  return hi;
}
GK_INLINE double gk_sin_reduced(double x, double y) {
  const double z = x * x, v = z * x;
  const double r = GK_P6(z, -0.16666666666666632, 0.008333333333322413, -0.00019841269829807778,
      2.7557313691915717e-06, -2.50507581157251e-08, 1.5896795715103863e-10);
  return x + GK_FMA(v, r, GK_FMA(-0.5 * z, y, y));
}
GK_INLINE double gk_cos_reduced(double x, double y) {
  const double z = x * x, h = 0.5 * z, w = 1.0 - h;
  const double r = GK_P6(z, 0.0416666666666666, -0.0013888888888874125, 2.480158728948234e-05,
      -2.755731435237232e-07, 2.087572327815284e-09, -1.13596480433772e-11);
  return w + (((1.0 - w) - h) + GK_FMA(z * z, r, -x * y));
}
/* sin(a + turn pi/2) */
GK_INLINE double gk_sin_turned(double a, int64_t turn) {
  double lo;
  int64_t n;
  const double hi = gk_reduce(a, &lo, &n);
  const double s = gk_sin_reduced(hi, lo), c = gk_cos_reduced(hi, lo);
  const uint64_t q = (uint64_t)n + (uint64_t)turn;
  const double y = gk_select(-(int64_t)(q & 1), c, s);
  return gk_from_bits(gk_bits(y) ^ (int64_t)((q & 2) << 62));
}
GK_INLINE double gk_sin(double a) {
  const double y = gk_sin_turned(a, 0);
  return gk_abs(a) < 1e-9 ? a : y;
}
GK_INLINE double gk_cos(double a) { return gk_sin_turned(a, 1); }
GK_INLINE double gk_tan(double a) {
  double lo;
  int64_t n;
  const double hi = gk_reduce(a, &lo, &n);
  const double s = gk_sin_reduced(hi, lo), c = gk_cos_reduced(hi, lo);
  const int64_t odd = -(n & 1);
  const double y = gk_select(odd, -c, s) / gk_select(odd, s, c);
  return gk_abs(a) < 1e-9 ? a : y;
}
/* arctan(x) = base + arctan(t), |t| <= tan(pi/8) */
GK_INLINE double gk_arctan(double a) {
  const double x = gk_abs(a);
  const int big = x > 2.414213562373095, mid = x > 0.41421356237309503;
  const double up = big ? -1.0 : mid ? x - 1.0 : x, down = big ? x : mid ? x + 1.0 : 1.0;
  const double base = big ? 1.5707963267948966 : mid ? 0.7853981633974483 : 0.0;
  const double rest = big ? 6.123233995736766e-17 : mid ? 3.061616997868383e-17 : 0.0;
  const double t = up / down, z = t * t;
  const double p = GK_P12(z, -0.33333333333333326, 0.1999999999999769, -0.14285714285390413,
      0.11111111088327912, -0.09090908149950756, 0.07692282881419009, -0.06666228572708775,
      0.05877039601899008, -0.05218519184052991, 0.045040170105198216, -0.033485362091813145,
      0.015206248986686823);
  return gk_copysign(base + (GK_FMA(t * z, p, rest) + t), a);
}

/* ---- error function --------------------------------------------------------------------------
 * erfcx(x) (1 + 2x) is a polynomial in t = (x - 3) / (x + 3) for all x >= 0.  t is computed so that
 * it is most accurate at its ends. */

GK_INLINE double gk_erfcx_pos(double x) {
  const double b = x > 1e300 ? 1e300 : x, t = 2.0 * b / (b + 3.0) - 1.0;
  const double p = GK_P25(t, 1.2530080582697296, -0.1356211061245812, -0.04756229435344871,
      0.12964515870276253, -0.11927366341541082, 0.0683080273439253, -0.023770514916692468,
      0.002529391816742774, 0.0018886903401769803, -0.0007798322768571228, -0.0001051596910641861,
      0.00012509937260329497, 4.949090129080704e-06, -2.0100623112489402e-05,
      -7.3056710744052e-07, 3.4725127899907045e-06, 3.553353210564838e-07, -6.167631341144396e-07,
      -1.4001944268469294e-07, 1.0195218875143295e-07, 4.075329626448168e-08,
      -1.3360191918570931e-08, -8.096484549869607e-09, 9.94620486408757e-10,
      8.187541199354275e-10);
  return (0.5 * p) / (x + 0.5);
}
/* exp(s x^2): the square in two doubles */
GK_INLINE double gk_exp_square(double x, double s) {
  double lo;
  const double h = gk_from_bits(gk_bits(x) & ~(int64_t)0x7ffffff);
  const double a = gk_quick_sum(s * (h * h), s * ((x - h) * (x + h)), &lo);
  const int out = (a < -746.0) | (a > 710.0);
  return gk_exp_core(a < -746.0 ? -746.0 : a > 710.0 ? 710.0 : a, out ? 0.0 : lo);
}
GK_INLINE double gk_erfcx(double a) {
  const double x = gk_abs(a), y = gk_erfcx_pos(x);
  const double e = gk_exp_square(x > 30.0 ? 30.0 : x, 1.0);
  return a < 0 ? GK_FMA(2.0, e, -y) : y;
}
GK_INLINE double gk_erfc(double a) {
  const double x = gk_abs(a), y = gk_exp_square(x > 30.0 ? 30.0 : x, -1.0) * gk_erfcx_pos(x);
  return a < 0 ? 2.0 - y : y;
}
GK_INLINE double gk_erf(double a) {
  const double x = gk_abs(a), z = a * a, d = (x > 5.93 ? 5.93 : x) - 1.0;
  const double q = GK_P12(z, -0.3761263890318375, 0.1128379167095493, -0.026866170645084484,
      0.005223977624882006, -0.0008548326984100104, 0.00012055331219984553,
      -1.4925597672659656e-05, 1.6461036554830938e-06, -1.6350673123715087e-07,
      1.4662074875903181e-08, -1.1381322995625184e-09, 5.97089744723973e-11);
  const double near = GK_FMA(x * z, q, x * 1.1283791670955126);
  const double p = GK_P19(d, -1.8496055099332482, -2.638967514234788, -0.8431072563586769,
      -0.04156109804180626, 0.01003382537437987, -0.0019779025677046118, 0.0002373224805004418,
      2.6277878144459122e-05, -2.7159119222366556e-05, 9.608912008849971e-06,
      -2.059786217476185e-06, 1.4288796729410632e-07, 9.753918235877185e-08,
      -5.203397104284225e-08, 1.4910105126454716e-08, -2.8637149466055946e-09,
      3.681959072690546e-10, -2.8810585687996508e-11, 1.0388862707310191e-12);
  const double far = 1.0 - gk_exp_core(p, 0.0);
  return gk_copysign(x < 1.0 ? near : far, a);
}
/* log(erfcx(x)/2) - a^2/2 below zero, log1p(-erfc(x)/2) above, x = |a| / sqrt(2) */
GK_INLINE double gk_log_ndtr(double a) {
  const double b = gk_abs(a), half = 0.5 * gk_erfcx_pos(b * 0.70710678118654752440);
  const double q = half * gk_exp_square(b > 40.0 ? 40.0 : b, -0.5), above = 1.0 - q;
  const double below = half < 1e-200 ? 1e-200 : half; /* the square is infinite then */
  const double u = a < 0 ? below : above, c = a < 0 ? 0.0 : (1.0 - above) - q;
  const double y = gk_log_quick_corrected(u, c), square = 0.5 * a * a;
  return a < 0 ? y - square : q < 1e-17 ? -q : y;
}

/* ---- gamma function --------------------------------------------------------------------------
 * Positive arguments; the rest goes by reflection, one at a time.
 *
 * gammaln: below 3.5 from log gamma(2 + d), |d| <= 1/2, and the logarithm of one factor; above by
 * Stirling's series, its remainder fitted.  Relatively accurate at the zeros 1 and 2. */

GK_INLINE int64_t gk_gamma_rare(double a) { return gk_bits(a > 0 ? 0.0 : 1.0); }
GK_INLINE double gk_gammaln(double a) {
  const int big = a >= 3.5;
  const double d = a < 0.5 ? a : a < 1.5 ? a - 1.0 : a < 2.5 ? a - 2.0 : a - 3.0;
  const double factor = a < 0.5 ? a * (a + 1.0) : a < 1.5 ? a : a < 2.5 ? 1.0 : a - 1.0;
  const double l = gk_log_quick(big ? a : factor);
  const double near = d * GK_P18(d, 0.42278433509846713, 0.3224670334241133,
      -0.06735230105319576, 0.020580808427765954, -0.007385551028925172, 0.0028905103318420107,
      -0.0011927539013301817, 0.0005096694951061212, -0.00022315497224978745, 9.9457944261675e-05,
      -4.492377202699228e-05, 2.0503543469527604e-05, -9.45607844889993e-06,
      4.3935226931410755e-06, -1.9748274631530105e-06, 8.998982840973223e-07,
      -5.80611314243841e-07, 2.9770842410499554e-07);
  const double small = a < 2.5 ? near - l : near + l;
  const double v = 1.0 / a, w = v * v;
  const double S = GK_P9(w, 0.0833333333333247, -0.002777777774147481, 0.0007936502350016014,
      -0.0005951940501531207, 0.0008397044892709209, -0.0018572365422453053, 0.005232396511029055,
      -0.013666108012863443, 0.020602992278946557);
  const double large = GK_FMA(a - 0.5, l - 1.0, GK_FMA(v, S, 0.41893853320467274178));
  const double y = big ? large : small;
  return a < GK_INF ? y : a;
}
/* sin(pi a) */
GK_INLINE double gk_sin_pi(double a) {
  const double r = a - 2.0 * gk_round(0.5 * a), x = gk_abs(r);
  return gk_copysign(sin(3.14159265358979323846 * (x > 0.5 ? 1.0 - x : x)), r);
}
GK_NOINLINE double gk_gammaln_slow(double a) {
  if (a != a || a == -GK_INF) return a; /* SciPy's choice */
  return a == gk_floor(a) ? GK_INF : lgamma(a);
}
/* psi: (x - root) times a polynomial on [1, 2], one step of the recurrence on both sides of it, and
 * the asymptotic series, its remainder fitted, from 3. */
GK_INLINE double gk_digamma(double a) {
  const int low = a < 1.0, big = a >= 3.0;
  const double w = low ? a + 1.0 : a < 2.0 ? a : a - 1.0, d = w - 1.5;
  const double p = GK_P22(d, 0.951055876031833, -0.4236274212814607, 0.2405424842407739,
      -0.1484049230538499, 0.09498872445498299, -0.06192213327816773, 0.04076083381025781,
      -0.02697579655361338, 0.017907252496126055, -0.011908222418806522, 0.007926943794929702,
      -0.005279906969378638, 0.003519014180550196, -0.0023457433137342365, 0.0015565877964329607,
      -0.0010351702733222272, 0.0007234766007634017, -0.0004900434260969136,
      0.0002269499719814535, -0.0001375281211799883, 0.0002599120109504429,
      -0.0001837655348938188);
  const double near = ((w - 1.4616321449683622) - 9.549995429965697e-17) * p;
  const double step = a < 2.0 ? a : a - 1.0, v = 1.0 / (big ? a : step), z = v * v;
  const double add = low ? -v : a < 2.0 ? 0.0 : v;
  const double A = GK_P12(z, 0.08333333333333108, -0.008333333331863048, 0.003968253631953312,
      -0.004166627734397707, 0.0075730768666256625, -0.020972480740406543, 0.07959341072210029,
      -0.35876904357158385, 1.594672263262646, -5.777600596742076, 13.997342083227853,
      -16.293970470078943);
  const double large = gk_log_quick(big ? a : 3.0) - GK_FMA(z, A, 0.5 * v);
  return a < GK_INF ? (big ? large : near + add) : a;
}
/* cos(pi a) / sin(pi a) */
GK_INLINE double gk_cot_pi(double a) {
  const double r = a - gk_round(a), x = 3.14159265358979323846 * gk_abs(r);
  const double t = gk_abs(r) > 0.25 ? tan(1.57079632679489661923 - x) : 1.0 / tan(x);
  return gk_copysign(t, r);
}
GK_NOINLINE double gk_digamma_slow(double a) {
  if (a != a || a == 0) return a == 0 ? gk_copysign(GK_INF, -a) : a;
  if (a == gk_floor(a)) return GK_NAN;
  return gk_digamma(1.0 - a) - 3.14159265358979323846 * gk_cot_pi(a);
}
/* psi': four steps of the recurrence below 4, and the asymptotic series from there. */
GK_INLINE double gk_trigamma(double a) {
  const int big = a >= 4.0;
  const double x = big ? a : a + 4.0, v = 1.0 / x, w = v * v;
  const double r0 = 1.0 / a, r1 = 1.0 / (a + 1.0), r2 = 1.0 / (a + 2.0), r3 = 1.0 / (a + 3.0);
  const double steps = ((r3 * r3 + r2 * r2) + r1 * r1) + r0 * r0;
  const double T = GK_P11(w, 0.1666666666666644, -0.03333333333112853, 0.02380952306194177,
      -0.03333320600738551, 0.0757448262842262, -0.2522953654146546, 1.1311734835708998,
      -6.011300219139333, 31.009701144126982, -120.41721199066896, 240.15484490325298);
  const double series = v + GK_FMA(v * w, T, 0.5 * w);
  return big ? series : steps + series;
}
GK_NOINLINE double gk_trigamma_slow(double a) {
  if (a != a) return a;
  if (a == gk_floor(a)) return GK_INF;
  const double s = 3.14159265358979323846 / gk_sin_pi(a);
  return s * s - gk_trigamma(1.0 - a);
}

/* What Stirling's formula leaves of gammaln, and its derivative, both for a > 0:
 *   gammaln(a) - ((a - 1/2) log(a) - a + log(2 pi)/2)    and    psi(a) - log(a) + 1/(2a).
 * Fitted on [1, 3.5] and beyond; below 1 by one step of the recurrence, whose logarithm is that of
 * a / (a + 1) with the rounding of sum and quotient made good. */
GK_INLINE double gk_log_odds(double a, double b, double v) {
  const double u = a * v;
  double e;
  const double p = gk_two_prod(u, b, &e), rest = ((a - p) - e) - u * (a - (b - 1.0));
  return gk_log_quick_corrected(u, u < 1e-290 ? 0.0 : rest * v);
}
GK_INLINE double gk_stirling(double a) {
  const int low = a < 1.0;
  const double b = low ? a + 1.0 : a, v = 1.0 / b, w = v * v, t = (b - 1.875) / (b + 1.875);
  const double near = GK_P19(t, 0.08259726504445222, 0.0027591449198889014, -0.004875423502220037, 0.006019226580838395,
      -0.006257488921142608, 0.005896931160786327, -0.005263825275387345, 0.004578503559470999,
      -0.003946236913519698, 0.0034002363496358923, -0.0029412458028662213, 0.002558130982107858,
      -0.0022392823261877044, 0.001986464433540935, -0.0017692413724935182, 0.0014497540830822181,
      -0.00125634553057754, 0.001834526635757321, -0.0017707306735277632);
  const double far = GK_P11(w, 0.08333333333333333, -0.0027777777777727736, 0.0007936507910608309,
      -0.000595237569475461, 0.0008416955280480356, -0.001914071173165773, 0.006271563210151874,
      -0.025783239463538207, 0.10716905885611347, -0.34183790388103735, 0.5622933785909244);
  const double y = v * (b < 3.5 ? near : far), l = gk_log_odds(low ? a : 0.5, low ? b : 1.5, v);
  const double z = low ? y - GK_FMA(a + 0.5, l, 1.0) : y;
  return a > 0 ? z : a == 0 ? GK_INF : GK_NAN;
}
GK_INLINE double gk_stirling_slope(double a) {
  const int low = a < 1.0;
  const double b = low ? a + 1.0 : a, v = 1.0 / b, w = v * v, t = (b - 1.875) / (b + 1.875);
  const double near = GK_P18(t, 0.0812176925845078, 0.007634568422108302, -0.01252469091358162, 0.01365878092131775,
      -0.011970976936392477, 0.009173429065805512, -0.006546261714929706, 0.004571982185762534,
      -0.0032224238917704737, 0.002321201474538215, -0.0017137649521720318, 0.0012962025155757553,
      -0.0010052009308983405, 0.0007944735271503469, -0.0006067596745140435, 0.0004823817275487831,
      -0.0005753197851564684, 0.000510270189568321);
  const double far = GK_P12(w, 0.08333333333333333, -0.0083333333333191, 0.0039682539594408945, -0.004166664518143826,
      0.007575484330799395, -0.021071960544289038, 0.08229948683477632, -0.4079886341217701,
      2.188127533522274, -10.335180474757761, 34.19916427491823, -55.65961129249363);
  const double y = w * (b < 3.5 ? near : far), l = gk_log_odds(low ? a : 0.5, low ? b : 1.5, v);
  const double z = low ? -((y + l) + (a + 0.5) * v / a) : 0.0 - y;
  return a > 0 ? z : a == 0 ? -GK_INF : GK_NAN;
}

#endif
