/* Scalar mathematics of the kernels: inline functions without branches, so that the loops around
 * them vectorise at every instruction-set level. */
#ifndef GK_MATH_H
#define GK_MATH_H
#include <math.h>
#include <string.h>
#include "gk_abi.h"

#define GK_INF ((double)INFINITY)
#define GK_NAN ((double)NAN)
#define GK_INT_MIN INT64_MIN
#define GK_INT_MAX INT64_MAX

/* One rounding where the instruction set has it; the compiler itself never contracts. */
#if defined(__FMA__) || defined(__aarch64__)
#define GK_FMA(a, b, c) __builtin_fma((a), (b), (c))
#else
#define GK_FMA(a, b, c) ((a) * (b) + (c))
#endif

/* ---- integers: wrap around, Python's signs, x // 0 == x % 0 == 0 --------------------------- */

GK_INLINE int64_t gk_iadd(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
GK_INLINE int64_t gk_isub(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
GK_INLINE int64_t gk_imul(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
GK_INLINE int64_t gk_iabs(int64_t a) { return a < 0 ? gk_isub(0, a) : a; }
GK_INLINE int64_t gk_isign(int64_t a) { return (a > 0) - (a < 0); }
GK_INLINE int64_t gk_iclip(int64_t a, int64_t b, int64_t c) {
  const int64_t t = a > b ? a : b;
  return t < c ? t : c;
}
GK_INLINE int64_t gk_ifloor_div(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return gk_isub(0, a); /* the machine's division traps on INT64_MIN / -1 */
  const int64_t q = a / b;
  return q - ((a % b != 0) & ((a < 0) != (b < 0)));
}
GK_INLINE int64_t gk_imod(int64_t a, int64_t b) {
  if (b == 0 || b == -1) return 0;
  const int64_t r = a % b;
  return r + ((r != 0) & ((r < 0) != (b < 0))) * b;
}
GK_INLINE int64_t gk_ipow(int64_t a, int64_t b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? 1 - 2 * (b & 1) : 0;
  int64_t y = 1;
  for (; b; b >>= 1, a = gk_imul(a, a))
    if (b & 1) y = gk_imul(y, a);
  return y;
}
GK_INLINE int64_t gk_switch_l(int64_t a, int64_t b, int64_t c) {
  const int64_t mask = -(int64_t)(a != 0);
  return (b & mask) | (c & ~mask);
}
GK_INLINE int64_t gk_wrap_i1(int64_t a) { return (int8_t)a; }
GK_INLINE int64_t gk_wrap_i2(int64_t a) { return (int16_t)a; }
GK_INLINE int64_t gk_wrap_i4(int64_t a) { return (int32_t)a; }
GK_INLINE int64_t gk_wrap_u1(int64_t a) { return (uint8_t)a; }
GK_INLINE int64_t gk_wrap_u2(int64_t a) { return (uint16_t)a; }
GK_INLINE int64_t gk_wrap_u4(int64_t a) { return (uint32_t)a; }

/* ---- bits ---------------------------------------------------------------------------------- */

GK_INLINE int64_t gk_bits(double a) {
  int64_t r;
  memcpy(&r, &a, 8);
  return r;
}
GK_INLINE double gk_from_bits(int64_t a) {
  double r;
  memcpy(&r, &a, 8);
  return r;
}
#define GK_SIGN_BIT INT64_MIN

GK_INLINE double gk_abs(double a) { return gk_from_bits(gk_bits(a) & ~GK_SIGN_BIT); }
/* |a| with the sign of b */
GK_INLINE double gk_copysign(double a, double b) {
  return gk_from_bits((gk_bits(a) & ~GK_SIGN_BIT) | (gk_bits(b) & GK_SIGN_BIT));
}
GK_INLINE double gk_select(int64_t mask, double b, double c) {
  return gk_from_bits((gk_bits(b) & mask) | (gk_bits(c) & ~mask));
}
GK_INLINE double gk_switch_d(int64_t a, double b, double c) {
  return gk_select(-(int64_t)(a != 0), b, c);
}

/* ---- simple functions of float64 ------------------------------------------------------------ */

GK_INLINE double gk_max(double a, double b) { return (a >= b || a != a) ? a : b; }
GK_INLINE double gk_min(double a, double b) { return (a <= b || a != a) ? a : b; }
GK_INLINE double gk_sign(double a) { return a > 0 ? 1.0 : a < 0 ? -1.0 : a; }
GK_INLINE double gk_sqrt(double a) { return sqrt(a); }
GK_INLINE double gk_round(double a) {
  const double big = gk_copysign(4503599627370496.0, a), r = (a + big) - big;
  return gk_copysign(gk_abs(a) < 4503599627370496.0 ? r : a, a);
}
GK_INLINE double gk_floor(double a) {
  const double r = gk_round(a);
  return gk_copysign(r > a ? r - 1.0 : r, a);
}
GK_INLINE double gk_ceil(double a) {
  const double r = gk_round(a);
  return gk_copysign(r < a ? r + 1.0 : r, a);
}
GK_INLINE double gk_round_f4(double a) { return (double)(float)a; }
GK_INLINE int64_t gk_cast_dl(double a) {
  return (a >= -9223372036854775808.0 && a < 9223372036854775808.0) ? (int64_t)a : INT64_MIN;
}
/* NumPy's: the remainder is exact and has the sign of b, the quotient is consistent with it. */
GK_INLINE double gk_mod(double a, double b) {
  double r = fmod(a, b);
  if (r != 0) {
    if ((b < 0) != (r < 0)) r += b;
  } else {
    r = gk_copysign(0.0, b);
  }
  return b == 0 ? GK_NAN : r;
}
GK_INLINE double gk_floor_div(double a, double b) {
  if (b == 0) return a / b;
  double r = fmod(a, b), q = (a - r) / b;
  if (r != 0 && (b < 0) != (r < 0)) q -= 1.0;
  if (q == 0) return gk_copysign(0.0, a / b);
  const double f = floor(q);
  return q - f > 0.5 ? f + 1.0 : f;
}

GK_INLINE double gk_exp(double a) { return exp(a); }
GK_INLINE double gk_log(double a) { return log(a); }
GK_INLINE double gk_log1p(double a) { return log1p(a); }
GK_INLINE double gk_expm1(double a) { return expm1(a); }
GK_INLINE double gk_log1mexp(double a) { return a > -0.6931471805599453 ? log(-expm1(a)) : log1p(-exp(a)); }
GK_INLINE double gk_sigmoid(double a) { return 1/(1+exp(-a)); }
GK_INLINE double gk_softplus(double a) { return (a > 0 ? a : 0) + log1p(exp(-fabs(a))); }
GK_INLINE double gk_logaddexp(double a, double b) { return a == b ? a + 0.6931471805599453 : a > b ? a + log1p(exp(b - a)) : b + log1p(exp(a-b)); }
GK_INLINE double gk_xlogy(double a, double b) { return (a == 0 && b == b) ? 0.0 : a * gk_log(b); }
GK_INLINE double gk_xlog1py(double a, double b) { return (a == 0 && b == b) ? 0.0 : a * gk_log1p(b); }
GK_INLINE double gk_pow(double a, double b) { return pow(a, b); }
GK_INLINE int64_t gk_trig_rare(double a) { return 0; }
GK_INLINE double gk_sin(double a) { return sin(a); }
GK_INLINE double gk_cos(double a) { return cos(a); }
GK_INLINE double gk_tan(double a) { return tan(a); }
#define gk_sin_slow sin
#define gk_cos_slow cos
#define gk_tan_slow tan
GK_INLINE double gk_arctan(double a) { return atan(a); }
GK_INLINE double gk_sinh(double a) { return sinh(a); }
GK_INLINE double gk_cosh(double a) { return cosh(a); }
GK_INLINE double gk_tanh(double a) { return tanh(a); }
GK_INLINE double gk_erf(double a) { return erf(a); }
GK_INLINE double gk_erfc(double a) { return erfc(a); }
GK_INLINE double gk_erfcx(double a) {
  if (a < 20) return exp(a * a) * erfc(a);
  const double r = 1 / (a * a);
  return 0.5641895835477563 / a * (1 - r * (0.5 - r * (0.75 - r * 1.875)));
}
GK_INLINE double gk_log_ndtr(double a) {
  return a > -1 ? log1p(-0.5 * erfc(a * 0.7071067811865476))
                : log(0.5 * gk_erfcx(-a * 0.7071067811865476)) - 0.5 * a * a;
}
GK_INLINE int64_t gk_gamma_rare(double a) { return 0; }
GK_INLINE double gk_gammaln(double a) { return lgamma(a); }
#define gk_gammaln_slow gk_gammaln
GK_INLINE double gk_digamma_pos(double a) {
  double r = 0;
  for (; a < 10; a += 1) r -= 1 / a;
  const double w = 1 / (a * a);
  return r + log(a) - 0.5 / a -
         w * (1. / 12 - w * (1. / 120 - w * (1. / 252 - w * (1. / 240 - w * (1. / 132 - w * 691. / 32760)))));
}
GK_INLINE double gk_digamma(double a) {
  if (a > 0) return gk_digamma_pos(a);
  if (a == 0) return gk_copysign(GK_INF, -a);
  if (a == floor(a)) return GK_NAN;
  return gk_digamma_pos(1 - a) - 3.141592653589793 / tan(3.141592653589793 * a);
}
#define gk_digamma_slow gk_digamma
GK_INLINE double gk_trigamma_pos(double a) {
  double r = 0;
  for (; a < 12; a += 1) r += 1 / (a * a);
  const double w = 1 / (a * a);
  return r + 1 / a + 0.5 * w +
         w / a * (1. / 6 - w * (1. / 30 - w * (1. / 42 - w * (1. / 30 - w * (5. / 66 - w * 691. / 2730)))));
}
GK_INLINE double gk_trigamma(double a) {
  if (a > 0) return gk_trigamma_pos(a);
  const double s = sin(3.141592653589793 * a);
  return a == floor(a) ? GK_INF : 9.869604401089358 / (s * s) - gk_trigamma_pos(1 - a);
}
#define gk_trigamma_slow gk_trigamma

#endif
