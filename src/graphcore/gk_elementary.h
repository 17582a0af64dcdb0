/* Further elementary functions.  Where the C library is within an ulp and no loop depends on them,
 * they are its functions, one element at a time. */
#ifndef GK_ELEMENTARY_H
#define GK_ELEMENTARY_H
#include "gk_math.h"

GK_INLINE double gk_exp2(double a) { return exp2(a); }
GK_INLINE double gk_log2(double a) { return log2(a); }
GK_INLINE double gk_log10(double a) { return log10(a); }
GK_INLINE double gk_arcsin(double a) { return asin(a); }
GK_INLINE double gk_arccos(double a) { return acos(a); }
GK_INLINE double gk_arctan2(double a, double b) { return atan2(a, b); }
GK_INLINE double gk_arcsinh(double a) { return asinh(a); }
GK_INLINE double gk_arccosh(double a) { return acosh(a); }
GK_INLINE double gk_arctanh(double a) { return atanh(a); }
GK_INLINE double gk_gamma(double a) { return tgamma(a); }
GK_INLINE double gk_deg2rad(double a) { return a * 0.017453292519943295; }
GK_INLINE double gk_rad2deg(double a) { return a * 57.29577951308232; }

/* ---- rounding -------------------------------------------------------------------------------- */

GK_INLINE double gk_trunc(double a) { return gk_copysign(gk_floor(gk_abs(a)), a); }
GK_INLINE double gk_round_away(double a) {
  const double x = gk_abs(a), r = gk_floor(x);
  return gk_copysign(x - r >= 0.5 ? r + 1.0 : r, a);
}

/* ---- shifts: by 64 bits or more, and by negative numbers, everything is shifted out ----------- */

GK_INLINE int64_t gk_shift_left(int64_t a, int64_t b) {
  const uint64_t n = (uint64_t)b;
  return n > 63 ? 0 : (int64_t)((uint64_t)a << n);
}
GK_INLINE int64_t gk_shift_right(int64_t a, int64_t b) {
  const uint64_t n = (uint64_t)b;
  return a >> (n > 63 ? 63 : n);
}

/* ---- probabilities ---------------------------------------------------------------------------- */

/* log(a / (1 - a)) = 2 artanh(2a - 1); near a = 1/2 by that series, because 2a - 1 is exact */
GK_INLINE double gk_logit(double a) {
  const double s = 2.0 * a - 1.0, z = s * s;
  const double R = z * GK_P7(z, 0.6666666666666734, 0.3999999999941394, 0.2857142874256638,
      0.22222198553420167, 0.18183565424249937, 0.15314020709917425, 0.14796265149112345);
  const double near = GK_FMA(s, R, 2.0 * s), far = gk_log(a / (1.0 - a));
  const double y = gk_abs(s) < 0.17 ? near : far;
  return a == 1.0 ? GK_INF : y;
}
/* erfc(-a / sqrt(2)) / 2 */
GK_INLINE double gk_ndtr(double a) {
  const double b = gk_abs(a), half = 0.5 * gk_erfcx_pos(b * 0.70710678118654752440);
  const double q = half * gk_exp_square(b > 40.0 ? 40.0 : b, -0.5);
  return a < 0 ? q : 1.0 - q;
}

#endif
