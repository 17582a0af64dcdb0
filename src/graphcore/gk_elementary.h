/* Further elementary functions.  Where the C library is within an ulp and no loop depends on them,
 * they are its functions, one element at a time. */
#ifndef GK_ELEMENTARY_H
#define GK_ELEMENTARY_H
#include "gk_math.h"

GK_INLINE double gk_arcsin(double a) { return asin(a); }
GK_INLINE double gk_arccos(double a) { return acos(a); }
GK_INLINE double gk_arctan2(double a, double b) { return atan2(a, b); }
GK_INLINE double gk_gamma(double a) { return tgamma(a); }
GK_INLINE double gk_deg2rad(double a) { return a * 0.017453292519943295; }
GK_INLINE double gk_rad2deg(double a) { return a * 57.29577951308232; }

/* ---- inverse hyperbolic functions: logarithms of u + c --------------------------------------- */

/* log(x + sqrt(x^2 + one)) for x >= 0, log(2 x) where the square might overflow */
GK_INLINE double gk_log_with_root(double x, double one) {
  double wl, gl, c, lo;
  const int huge = x > 1e9;
  const double w = gk_two_prod(x, x, &wl), g = gk_two_sum(w, one, &gl), r = gk_sqrt(g);
  const double rl = g == 0 ? 0.0 : (gk_residual(-r, r, g) + (gl + wl)) * (0.5 / r);
  const double larger = x > r ? x : r, smaller = x > r ? r : x;
  const double sum = gk_quick_sum(larger, smaller, &c), u = huge ? x : sum;
  const double y = gk_log_double(u, huge ? 0.0 : c + rl, &lo), h = huge ? GK_LN2 : 0.0;
  return gk_log_ends(u, y + (lo + h));
}
GK_INLINE double gk_arcsinh(double a) {
  const double x = gk_abs(a);
  return x < 1e-9 ? a : gk_copysign(gk_log_with_root(x, 1.0), a);
}
GK_INLINE double gk_arccosh(double a) {
  const double y = gk_log_with_root(a, -1.0);
  return a < 1.0 ? GK_NAN : y;
}
GK_INLINE double gk_arctanh(double a) {
  double al, bl, c, lo;
  const double x = gk_abs(a), p = gk_quick_sum(1.0, x, &al), q = gk_quick_sum(1.0, -x, &bl);
  const double u = gk_quotient(p, al, q, bl, &c), y = gk_log_double(u, c, &lo);
  return x < 1e-9 ? a : gk_copysign(0.5 * gk_log_ends(u, y + lo), a);
}

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

/* log(a / (1 - a)); the quotient is u + c */
GK_INLINE double gk_logit(double a) {
  double k, scale, bl, c;
  const double b = gk_quick_sum(1.0, -a, &bl), u = gk_quotient(a, 0.0, b, bl, &c);
  const double m = gk_split(u, &k, &scale);
  return gk_log_ends(u, gk_log_sum(k, m, gk_log_correction(m, c, scale)));
}
/* erfc(-a / sqrt(2)) / 2 */
GK_INLINE double gk_ndtr(double a) {
  const double b = gk_abs(a), half = 0.5 * gk_erfcx_pos(b * 0.70710678118654752440);
  const double q = half * gk_exp_square(b > 40.0 ? 40.0 : b, -0.5);
  return a < 0 ? q : 1.0 - q;
}

#endif
