/* Special functions of several arguments: series and continued fractions, one element at a time.
 * They are compiled once, for every processor; programs call them through their addresses. */
#ifndef GK_SPECIAL_H
#define GK_SPECIAL_H
#include "gk_math.h"

#define GK_HALF_LOG_2PI 0.91893853320467274178
#define GK_TWO_PI 6.28318530717958647693
enum { GK_MOST_TERMS = 2000000 };

/* psi at every real argument */
static double gk_psi(double a) { return a > 0 ? gk_digamma(a) : gk_digamma_slow(a); }

/* gammaln(a) less the leading terms of Stirling's series, for a > 0 */
static double gk_stirling_rest(double a) {
  if (a < 3.5) return gk_gammaln(a) - ((a - 0.5) * log(a) - a + GK_HALF_LOG_2PI);
  const double v = 1.0 / a, w = v * v;
  return v * GK_P9(w, 0.0833333333333247, -0.002777777774147481, 0.0007936502350016014,
      -0.0005951940501531207, 0.0008397044892709209, -0.0018572365422453053, 0.005232396511029055,
      -0.013666108012863443, 0.020602992278946557);
}
/* x log(x / m) + m - x without cancellation (C. Loader, 2000) */
static double gk_deviance(double x, double m) {
  const double d = x - m;
  if (fabs(d) >= 0.1 * (x + m)) return x * log(x / m) - d;
  const double v = d / (x + m), z = v * v;
  double sum = d * v, term = 2.0 * x * v;
  for (int j = 3; j < 1000; j += 2) {
    term *= z;
    const double next = sum + term / j;
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

/* ---- polygamma -------------------------------------------------------------------------------- */

/* (x / (x + i))^s: the power multiplies the errors of sum and quotient by s, so that they are made
 * good */
static double gk_ratio_power(double x, double i, double s) {
  double zl;
  const double z = gk_two_sum(x, i, &zl), t = x / z, rest = gk_residual(-t, z, x) - t * zl;
  return pow(t, s) * (1.0 + s * (rest / x));
}
/* x^s times Hurwitz' zeta(s, x) for x > 0, by Euler and Maclaurin's formula; what the sum loses in
 * rounding is added at the end */
static double gk_hurwitz(double s, double x) {
  static const double bernoulli[] = { /* B(2k) / (2k)! */
      0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07,
      2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11,
      -3.3896802963225827e-13, 8.586062056277845e-15, -2.174868698558062e-16,
      5.5090028283602295e-18, -1.3954464685812522e-19};
  double sum = 1.0, lost = 0.0, i = 1.0;
  for (; x + i < s + 15.0; i += 1.0) {
    double e;
    const double next = gk_quick_sum(sum, gk_ratio_power(x, i, s), &e);
    lost += e;
    if (next == sum) return sum + lost;
    sum = next;
  }
  const double z = x + i;
  double tail = z / (s - 1.0) + 0.5, factor = s / z;
  for (int k = 0; k < 12; k++) {
    tail += bernoulli[k] * factor;
    factor *= (s + (2 * k + 1)) * (s + (2 * k + 2)) / (z * z);
  }
  return sum + (lost + gk_ratio_power(x, i, s) * tail);
}
/* (s - 1)!, exact while it has 53 bits */
static double gk_factorial(double s) {
  if (s > 23.0) return tgamma(s);
  double product = 1.0;
  for (double i = 2.0; i < s; i += 1.0) product *= i;
  return product;
}
/* (s - 1)! zeta(s, x) for x > 0 */
static double gk_factorial_zeta(double s, double x) {
  const double rest = gk_hurwitz(s, x), power = pow(x, -s);
  if (s < 171.0 && power > 1e-290 && power < GK_INF) return gk_factorial(s) * power * rest;
  return exp(gk_gammaln(s) - s * log(x)) * rest;
}
/* The n-th derivative of psi.  Below zero the poles on both sides of x are summed to infinity, and
 * those beyond zero taken off.  At a pole it has the sign of the side above, as SciPy's. */
static double gk_polygamma(double n, double x) {
  if (n != n || x != x) return n + x;
  if (!(n >= 0) || n != floor(n)) return GK_NAN;
  if (n == GK_INF) return x > 1.0 ? GK_NAN : GK_INF;
  if (n == 0) return gk_psi(x);
  const double s = n + 1.0, odd = fmod(s, 2.0), sign = odd ? -1.0 : 1.0;
  if (n == 1) return x > 0 ? gk_trigamma(x) : gk_trigamma_slow(x);
  if (x == floor(x) && x <= 0) return sign * GK_INF;
  if (x == GK_INF) return sign * 0.0;
  if (x > 0) return sign * gk_factorial_zeta(s, x);
  /* halfway between two poles those on both sides cancel, and what is left keeps its digits */
  const double above = gk_factorial_zeta(s, x - floor(x)), below = gk_factorial_zeta(s, ceil(x) - x);
  return sign * (above + sign * below) - gk_factorial_zeta(s, 1.0 - x);
}

/* ---- beta function ---------------------------------------------------------------------------- */

/* log |B(a, b)| for a, b > 0 (the cases are those of TOMS algorithm 708), and for an a < 0 that is
 * not whole where a + b >= 10 */
static double gk_betaln(double a, double b) {
  const double p = a < b ? a : b, q = a < b ? b : a;
  if (q == GK_INF) return p < 0 ? GK_INF : -GK_INF;
  if (p >= 10.0) {
    const double rest = gk_stirling_rest(p) + gk_stirling_rest(q) - gk_stirling_rest(p + q);
    const double r = p / q;
    return -0.5 * log(q) + GK_HALF_LOG_2PI + rest - (p - 0.5) * log1p(1.0 / r) - q * log1p(r);
  }
  if (q >= 10.0) {
    const double rest = gk_stirling_rest(q) - gk_stirling_rest(p + q);
    const double other = p < 0 ? lgamma(p) : gk_gammaln(p);
    return other + rest + p - p * log(p + q) + (q - 0.5) * log1p(-p / (p + q));
  }
  return gk_gammaln(p) + (gk_gammaln(q) - gk_gammaln(p + q));
}

/* ---- incomplete gamma function ------------------------------------------------------------------ */

/* x^(a-1) exp(-x) / Gamma(a), the derivative of P(a, x) by x */
static double gk_gamma_density(double a, double x) {
  if (!(a > 0) || !(x >= 0)) return GK_NAN;
  if (x == 0) return a < 1.0 ? GK_INF : a == 1.0 ? 1.0 : 0.0;
  if (x == GK_INF) return 0.0;
  const double power = pow(x, a - 1.0);
  if (a <= 170.0 && x < 700.0 && power > 1e-290 && power < GK_INF)
    return power * exp(-x) / tgamma(a);
  return sqrt(a / GK_TWO_PI) * exp(-gk_stirling_rest(a) - gk_deviance(a, x)) / x;
}

/* d P(a, x) / da by the power series: no term cancels for x below a */
static double gk_gammainc_da_series(double a, double x) {
  double term = 1.0, sum = 1.0, slope = 0.0, harmonic = 0.0;
  for (int n = 1; n < GK_MOST_TERMS; n++) {
    const double v = 1.0 / (a + n);
    term *= x * v;
    harmonic += v;
    sum += term;
    slope -= term * harmonic;
    if (term * (1.0 + harmonic) < 1e-17 * (sum - slope) && x * v < 0.999) break;
  }
  const double weight = gk_gamma_density(a, x) * x / a;
  return weight == 0 ? 0.0 : weight * (sum * (log(x) - gk_psi(a + 1.0)) + slope);
}
/* the same for x above a, from Legendre's continued fraction f of 1 - P and its derivative */
static double gk_gammainc_da_fraction(double a, double x) {
  double b = x + 1.0 - a, db = -1.0;
  double c = 1e300, dc = 0.0, d = 1.0 / b, dd = -db * d * d, f = d, df = dd;
  for (int n = 1; n < GK_MOST_TERMS; n++) {
    const double up = -n * (n - a), dup = n;
    b += 2.0;
    const double bottom = b + up * d, dbottom = db + dup * d + up * dd;
    d = 1.0 / bottom;
    dd = -dbottom * d * d;
    const double top = b + up / c, dtop = db + dup / c - up * dc / (c * c);
    c = top;
    dc = dtop;
    const double ratio = c * d, dratio = dc * d + c * dd, before = df;
    df = df * ratio + f * dratio;
    f *= ratio;
    if (fabs(ratio - 1.0) < 1e-16 && fabs(df - before) <= 1e-16 * fabs(df)) break;
  }
  const double weight = gk_gamma_density(a, x) * x;
  return weight == 0 ? 0.0 : -weight * (f * (log(x) - gk_psi(a)) + df);
}
/* the same for a huge a: P(a + 1/2) - P(a - 1/2) is a density, and the rest a second difference */
static double gk_gammainc_da_far(double a, double x) {
  const double h = a + 0.5, u = log(x / h) + 0.5 / h, g = gk_gamma_density(h, x);
  return g == 0 ? 0.0 : -g * (1.0 - (u * u - 1.0 / a) / 24.0);
}
static double gk_gammainc_da(double a, double x) {
  if (!(a > 0) || !(x >= 0) || a == GK_INF) return GK_NAN;
  if (x == 0 || x == GK_INF) return 0.0;
  if (a > 1e8) return gk_gammainc_da_far(a, x);
  return x < a + 1.0 || x < 1.5 ? gk_gammainc_da_series(a, x) : gk_gammainc_da_fraction(a, x);
}

/* ---- incomplete beta function --------------------------------------------------------------------- */

/* x^(a-1) (1-x)^(b-1) / B(a, b), the derivative of I_x(a, b) by x; y is 1 - x */
static double gk_beta_density_at(double a, double b, double x, double y) {
  if (!(a > 0) || !(b > 0) || !(x >= 0) || !(y >= 0)) return GK_NAN;
  if (x == 0) return a < 1.0 ? GK_INF : a == 1.0 ? b : 0.0;
  if (y == 0) return b < 1.0 ? GK_INF : b == 1.0 ? a : 0.0;
  const double n = a + b, px = pow(x, a - 1.0);
  const double py = x < 0.5 ? exp((b - 1.0) * log1p(-x)) : pow(y, b - 1.0);
  if (n <= 169.0 && px * py > 1e-290 && px * py < GK_INF)
    return px * py * (a / n * b) * (tgamma(n + 1.0) / tgamma(a + 1.0) / tgamma(b + 1.0));
  const double rest = gk_stirling_rest(n) - gk_stirling_rest(a) - gk_stirling_rest(b);
  const double e = rest - gk_deviance(a, n * x) - gk_deviance(b, n * y);
  const double root = exp(0.5 * e); /* exp(e) alone may be subnormal where the density is not */
  return root * (sqrt(a / n * b / GK_TWO_PI) / x / y) * root;
}
static double gk_beta_density(double a, double b, double x) {
  return gk_beta_density_at(a, b, x, 1.0 - x);
}
/* Derivatives of I_x(a, b) by a and b from its hypergeometric series; y is 1 - x */
static void gk_betainc_slopes(double a, double b, double x, double y, double *da, double *db) {
  const double n = a + b, weight = gk_beta_density_at(a, b, x, y) * x * y / a;
  double term = 1.0, sum = 1.0, sum_a = 0.0, sum_b = 0.0, ha = 0.0, hb = 0.0;
  *da = *db = 0.0;
  if (weight == 0) return;
  for (int k = 0; k < GK_MOST_TERMS; k++) {
    const double up = n + k, down = 1.0 / (a + 1.0 + k), ratio = up * down * x;
    term *= ratio;
    hb += 1.0 / up;
    ha += (1.0 - b) / up * down;
    sum += term;
    sum_a += term * ha;
    sum_b += term * hb;
    if (ratio < 0.999999 && term * (1.0 + hb) * ratio < 1e-17 * (1.0 - ratio) * sum) break;
  }
  const double low = log(x), high = x < 0.5 ? log1p(-x) : log(y), all = gk_psi(n);
  *da = weight * (sum * (low - 1.0 / a + all - gk_psi(a)) + sum_a);
  *db = weight * (sum * (high + all - gk_psi(b)) + sum_b);
}
static void gk_betainc_both(double a, double b, double x, double *da, double *db) {
  const double y = 1.0 - x;
  if (!(a > 0) || !(b > 0) || !(x >= 0) || !(y >= 0) || a == GK_INF || b == GK_INF) {
    *da = *db = GK_NAN;
  } else if (x == 0 || y == 0) {
    *da = *db = 0.0;
  } else if (x <= a / (a + b) ? x < 0.9 || b > 2.0 : y >= 0.9 && a < 2.0) {
    gk_betainc_slopes(a, b, x, y, da, db);
  } else { /* I_x(a, b) = 1 - I_y(b, a) */
    gk_betainc_slopes(b, a, y, x, db, da);
    *da = -*da;
    *db = -*db;
  }
}
static double gk_betainc_da(double a, double b, double x) {
  double da, db;
  gk_betainc_both(a, b, x, &da, &db);
  return da;
}
static double gk_betainc_db(double a, double b, double x) {
  double da, db;
  gk_betainc_both(a, b, x, &da, &db);
  return db;
}

#endif
