/* Elementary and special functions of float64: inline and without branches, so that the loops
 * around them vectorise at every instruction-set level.  The promised accuracy of each is in
 * graphcore/optable.py.  Polynomials are minimax fits of the stated function on its interval. */
#ifndef GK_MATH_H
#define GK_MATH_H
#include "gk_basic.h"

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

/* ---- exponentials ---------------------------------------------------------------------------
 * exp(a) = 2^k exp(r), |r| <= log(2)/2.  Adding 1.5 * 2^52 rounds to an integer and leaves it in
 * the low bits of the sum.  LN2_HI has trailing zeros, so that k * LN2_HI is exact. */

#define GK_LN2_HI 6.93147180369123816490e-01
#define GK_LN2_LO 1.90821492927058770002e-10
#define GK_LN2 0.69314718055994530942
#define GK_LOG2E 1.44269504088896340736
#define GK_MAGIC 6755399441055744.0

/* r + r^2 q(r) = exp(r) - 1 */
GK_INLINE double gk_expm1_poly(double r) {
  return GK_FMA(
      r * r, GK_P10(r, 0.500000000000001, 0.16666666666666674, 0.04166666666652095,
      0.008333333333322127, 0.0013888888948140007, 0.00019841269886836392, 2.4801486965350888e-05,
      2.7557242059340425e-06, 2.7632791582662336e-07, 2.5110154340462048e-08), r);
}
/* exp(a + lo) = (1 + p) s1 s2 for -746 <= a <= 710 and a small lo; none is -0.0, which adds
 * nothing.  Two scalings, because 2^k may be out of range where the result is not. */
GK_INLINE double gk_exp_parts(double a, double lo, double *s1, double *s2) {
  const double magic = GK_MAGIC + 2046.0;
  const double t = GK_FMA(a, GK_LOG2E, magic), k = t - magic;
  const double r = GK_FMA(k, -GK_LN2_LO, GK_FMA(k, -GK_LN2_HI, a)) + lo;
  const uint64_t u = (uint64_t)gk_bits(t), h = u >> 1;
  *s1 = gk_from_bits((int64_t)(h << 52));
  *s2 = gk_from_bits((int64_t)((u - h) << 52));
  return gk_expm1_poly(r);
}
GK_INLINE double gk_exp_core(double a, double lo) {
  double s1, s2;
  const double p = gk_exp_parts(a, lo, &s1, &s2);
  return ((1.0 + p) * s1) * s2;
}
GK_INLINE double gk_exp(double a) {
  const double b = a > 710.0 ? 710.0 : a;
  return gk_exp_core(b < -746.0 ? -746.0 : b, -0.0);
}
/* q = c (exp(a) - 1) for c = 2^shift and -700 < a < 710.6: no overflow for c = 1/4. */
GK_INLINE double gk_expm1_scaled(double a, double c, int64_t shift) {
  const double magic = GK_MAGIC + 1023.0;
  const double t = GK_FMA(a, GK_LOG2E, magic), k = t - magic;
  const double r = GK_FMA(k, -GK_LN2_LO, GK_FMA(k, -GK_LN2_HI, a));
  const double s = gk_from_bits((int64_t)(((uint64_t)gk_bits(t) + (uint64_t)shift) << 52));
  return GK_FMA(s, gk_expm1_poly(r), s - c);
}
GK_INLINE double gk_expm1(double a) {
  const double b = a > 710.0 ? 710.0 : a;
  const double y = 2.0 * gk_expm1_scaled(b < -40.0 ? -40.0 : b, 0.5, -1);
  return gk_abs(a) < 1e-17 ? a : y;
}
GK_INLINE double gk_sigmoid(double a) {
  const double x = -gk_abs(a), e = gk_exp_core(x < -746.0 ? -746.0 : x, -0.0);
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

/* u = 2^k m for u > 0; scale = 2^(1 - k), which is finite unless u is subnormal.  Subnormal u is
 * multiplied by 2^54 first; all by masks, because the compiler would copy the code of a branch. */
GK_INLINE double gk_split(double u, double *k, double *scale) {
  const uint64_t tiny = u < 2.2250738585072014e-308 ? 54 : 0;
  const double v = u * gk_from_bits((int64_t)(GK_ONE + (tiny << 52)));
  const uint64_t t = (uint64_t)gk_bits(v) + (GK_ONE - GK_SQRT_HALF), e = t >> 52;
  const double bias = gk_from_bits((int64_t)(0x4330000000000000ull + 1023 + tiny));
  *k = gk_from_bits((int64_t)(e | 0x4330000000000000ull)) - bias;
  *scale = gk_from_bits((int64_t)((2047u - e) << 52));
  return gk_from_bits((int64_t)((t & GK_MANTISSA) + GK_SQRT_HALF));
}
/* k log(2) + log(m) + c */
GK_INLINE double gk_log_sum(double k, double m, double c) {
  const double f = m - 1.0, s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
  const double R = z * GK_P7(z, 0.6666666666666734, 0.3999999999941513, 0.2857142874231119,
      0.22222198577793034, 0.18183564268964597, 0.15314047356617247, 0.1479602641449387);
  return GK_FMA(k, GK_LN2_HI, f - (h - GK_FMA(s, h + R, GK_FMA(k, GK_LN2_LO, c))));
}
/* log(u) for u > 0, subnormal u included */
GK_INLINE double gk_log_pos(double u) {
  double k, scale;
  const double m = gk_split(u, &k, &scale);
  return gk_log_sum(k, m, 0.0);
}
/* log(u + c) for u > 0 and |c| below half an ulp of u; c must be 0 if u is subnormal or huge */
GK_INLINE double gk_log_corrected(double u, double c) {
  double k, scale;
  const double m = gk_split(u, &k, &scale), f = m - 1.0;
  return gk_log_sum(k, m, (0.5 * c * scale) * GK_FMA(f, f - 1.0, 1.0));
}
/* y = log of something, at the ends of the domain of the logarithm of u */
GK_INLINE double gk_log_ends(double u, double y) {
  const double end = u == 0 ? -GK_INF : GK_NAN;
  return u > 0 ? (u < GK_INF ? y : u) : end;
}
GK_INLINE double gk_log(double a) { return gk_log_ends(a, gk_log_pos(a)); }
GK_INLINE double gk_log1p(double a) {
  const double u = 1.0 + a, d = u - 1.0, c = (1.0 - (u - d)) + (a - d);
  const double y = gk_log_ends(u, gk_log_corrected(u, a > 1e18 ? 0.0 : c));
  return gk_abs(a) < 1e-17 ? a : y;
}
/* log(1 + e) for 0 <= e <= 1 */
GK_INLINE double gk_log1p_unit(double e) {
  const double s = e / (2.0 + e), z = s * s, h = 0.5 * e * e;
  const double R = z * GK_P10(z, 0.6666666666666631, 0.4000000000015724, 0.28571428547855204,
      0.22222223969635307, 0.18181743928584004, 0.153865598416648, 0.13300974680040373,
      0.12106077505392099, 0.08340139840344266, 0.17018504485357724);
  return e - (h - s * (h + R));
}
GK_INLINE double gk_softplus(double a) {
  const double x = -gk_abs(a), e = gk_exp_core(x < -746.0 ? -746.0 : x, -0.0);
  return (a < 0 ? 0.0 : a) + gk_log1p_unit(e);
}
GK_INLINE double gk_logaddexp(double a, double b) {
  const double x = -gk_abs(a - b), e = gk_exp_core(x < -746.0 ? -746.0 : x, -0.0);
  const double big = gk_max(a, b);
  return big + (a == b ? GK_LN2 : gk_log1p_unit(e));
}
GK_INLINE double gk_log1mexp(double a) {
  const double b = a < -746.0 ? -746.0 : a, x = b > 0.0 ? 0.0 : b;
  double s1, s2;
  const double p = gk_exp_parts(x, -0.0, &s1, &s2), e = ((1.0 + p) * s1) * s2;
  const double s = s1 * s2, near = -GK_FMA(s, p, s - 1.0), far = 1.0 - e;
  const int is_near = a > -GK_LN2;
  const double u = is_near ? near : far, c = is_near ? 0.0 : (1.0 - u) - e;
  const double y = gk_log_corrected(u, c);
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
/* log(u) = return value + *lo to about 66 bits, u > 0 */
GK_INLINE double gk_log_double(double u, double *lo) {
  double k, scale, pl, zl, tl, ll;
  const double m = gk_split(u, &k, &scale);
  const double f = m - 1.0, dh = m + 1.0, dl = (1.0 - dh) + m, inverse = 1.0 / dh;
  const double sh = f * inverse, ph = gk_two_prod(sh, dh, &pl);
  const double sl = (((f - ph) - pl) - sh * dl) * inverse;
  const double zh = gk_two_prod(sh, sh, &zl), z = zl + 2.0 * sh * sl;
  /* g = 2/3 + z W(z), t = z g, x = 2 + t, l = s x */
  const double w = zh * GK_P7(zh, 0.40000000000002256, 0.28571428570100305, 0.2222222251986101,
      0.18181784367786394, 0.1538675747255332, 0.13256811266870416, 0.13196412927978032);
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
  const double y = gk_exp_core(ec, ec == eh ? GK_FMA(bc, lo, el) : -0.0);
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
  const double r = GK_P6(z, -0.16666666666666632, 0.008333333333322425, -0.00019841269829815633,
      2.755731369408789e-06, -2.5050758380892187e-08, 1.589680742659314e-10);
  return x + GK_FMA(v, r, GK_FMA(-0.5 * z, y, y));
}
GK_INLINE double gk_cos_reduced(double x, double y) {
  const double z = x * x, h = 0.5 * z, w = 1.0 - h;
  const double r = GK_P6(z, 0.0416666666666666, -0.0013888888888874127, 2.480158728948272e-05,
      -2.755731435232304e-07, 2.0875723255278955e-09, -1.1359646236204934e-11);
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
  const double p = GK_P12(z, -0.33333333333333326, 0.1999999999999769, -0.1428571428539041,
      0.11111111088327456, -0.09090908149929171, 0.07692282880859695, -0.06666228563870186,
      0.05877039512759975, -0.05218518606369219, 0.04504014678537605, -0.03348530866657474,
      0.015206195889706862);
  return gk_copysign(base + (GK_FMA(t * z, p, rest) + t), a);
}

/* ---- error function --------------------------------------------------------------------------
 * erfcx(x) (1 + 2x) is a polynomial in t = (x - 3) / (x + 3) for all x >= 0.  t is computed so that
 * it is most accurate at its ends. */

GK_INLINE double gk_erfcx_pos(double x) {
  const double b = x > 1e300 ? 1e300 : x, t = 2.0 * b / (b + 3.0) - 1.0;
  const double p = GK_P25(t, 1.2530080582697296, -0.1356211061245812, -0.04756229435344872,
      0.1296451587027625, -0.1192736634154106, 0.06830802734392631, -0.023770514916696666,
      0.0025293918167281727, 0.0018886903402185343, -0.0007798322767502523,
      -0.00010515969130808962, 0.00012509937214465896, 4.9490910341275e-06,
      -2.0100621875179225e-05, -7.305693082601357e-07, 3.472510628801115e-06,
      3.5533887571816096e-07, -6.16760691616976e-07, -1.4002322086050153e-07,
      1.019504639339366e-07, 4.075583522999976e-08, -1.3359499862415594e-08,
      -8.097462314655159e-09, 9.945000124564965e-10, 8.18918532974463e-10);
  return (0.5 * p) / (x + 0.5);
}
/* exp(s x^2): the square in two doubles, the first of them exact */
GK_INLINE double gk_exp_square(double x, double s) {
  const double h = gk_from_bits(gk_bits(x) & ~(int64_t)0x7ffffff);
  const double a = s * (h * h), lo = s * ((x - h) * (x + h));
  const int out = (a < -746.0) | (a > 710.0);
  return gk_exp_core(a < -746.0 ? -746.0 : a > 710.0 ? 710.0 : a, out ? -0.0 : lo);
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
  const double q = GK_P12(z, -0.37612638903183754, 0.11283791670955005, -0.026866170645096558,
      0.005223977624976745, -0.0008548326988283199, 0.00012055331330126558,
      -1.4925599397463958e-05, 1.6461050968239291e-06, -1.635070051689815e-07,
      1.4661507857968256e-08, -1.1376547319978716e-09, 5.958930743134941e-11);
  const double near = GK_FMA(x * z, q, x * 1.1283791670955126);
  const double p = GK_P19(d, -1.8496055099332482, -2.638967514234788, -0.8431072563586771,
      -0.04156109804180291, 0.010033825374348299, -0.0019779025675138485, 0.0002373224797224319,
      2.6277880369340473e-05, -2.7159123809056373e-05, 9.60891895938489e-06,
      -2.0597940567003495e-06, 1.42894588123377e-07, 9.753499606970166e-08,
      -5.203200410521437e-08, 1.490942985271955e-08, -2.8635507270673803e-09,
      3.681691590250642e-10, -2.880797257210598e-11, 1.0387706905770788e-12);
  const double far = 1.0 - gk_exp_core(p, -0.0);
  return gk_copysign(x < 1.0 ? near : far, a);
}
/* log(erfcx(x)/2) - a^2/2 below zero, log1p(-erfc(x)/2) above, x = |a| / sqrt(2) */
GK_INLINE double gk_log_ndtr(double a) {
  const double b = gk_abs(a), half = 0.5 * gk_erfcx_pos(b * 0.70710678118654752440);
  const double q = half * gk_exp_square(b > 40.0 ? 40.0 : b, -0.5), above = 1.0 - q;
  const double below = half < 1e-200 ? 1e-200 : half; /* the square is infinite then */
  const double u = a < 0 ? below : above, c = a < 0 ? 0.0 : (1.0 - above) - q;
  const double y = gk_log_corrected(u, c), square = 0.5 * a * a;
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
  const double l = gk_log_pos(big ? a : factor);
  const double near = d * GK_P18(d, 0.42278433509846713, 0.3224670334241133,
      -0.06735230105319576, 0.02058080842776604, -0.007385551028925468, 0.0028905103318384202,
      -0.0011927539013199277, 0.000509669495177825, -0.0002231549724177397, 9.945794346190668e-05,
      -4.49237705766623e-05, 2.0503548692353082e-05, -9.456085257980789e-06,
      4.393502854940281e-06, -1.974811010534271e-06, 8.99938875252019e-07, -5.806273480501922e-07,
      2.9767383212282065e-07);
  const double small = a < 2.5 ? near - l : near + l;
  const double v = 1.0 / a, w = v * v;
  const double S = GK_P9(w, 0.0833333333333247, -0.002777777774148422, 0.0007936502350796157,
      -0.0005951940530354741, 0.0008397045388478334, -0.001857236783971606, 0.005232392408256235,
      -0.013666046603213224, 0.020602752311610198);
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
  const double p = GK_P22(d, 0.951055876031833, -0.4236274212814606, 0.24054248424077396,
      -0.1484049230538902, 0.09498872445497708, -0.06192213327468678, 0.04076083381057618,
      -0.026975796691557436, 0.01790725248758472, -0.011908219413802051, 0.007926943925353848,
      -0.0052799463195547115, 0.0035190129743752053, -0.0023454203464332115, 0.001556594677597269,
      -0.0010368440095612278, 0.0007234529317614695, -0.0004847254934710821,
      0.0002269949704502483, -0.00014698447758416166, 0.00025987569895370244,
      -0.0001765590873391525);
  const double near = ((w - 1.4616321449683622) - 9.549995429965697e-17) * p;
  const double step = a < 2.0 ? a : a - 1.0, v = 1.0 / (big ? a : step), z = v * v;
  const double add = low ? -v : a < 2.0 ? 0.0 : v;
  const double A = GK_P12(z, 0.08333333333333108, -0.008333333331864127, 0.003968253632129612,
      -0.00416662774889817, 0.007573077567923291, -0.020972502267393275, 0.07959384650291876,
      -0.3587749383879512, 1.5947250091154963, -5.77790029284934, 13.99832148439769,
      -16.29537233136766);
  const double large = gk_log_pos(big ? a : 3.0) - GK_FMA(z, A, 0.5 * v);
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
  const double T = GK_P11(w, 0.1666666666666644, -0.03333333333112863, 0.023809523061886686,
      -0.0333332059939594, 0.07574482494912317, -0.25229529112835813, 1.1311709581162632,
      -6.011246641661917, 31.009008937568446, -120.41222919754264, 240.13952300725828);
  const double series = v + GK_FMA(v * w, T, 0.5 * w);
  return big ? series : steps + series;
}
GK_NOINLINE double gk_trigamma_slow(double a) {
  if (a != a) return a;
  if (a == gk_floor(a)) return GK_INF;
  const double s = 3.14159265358979323846 / gk_sin_pi(a);
  return s * s - gk_trigamma(1.0 - a);
}

#endif
