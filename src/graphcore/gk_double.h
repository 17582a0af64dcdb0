/* Polynomials; sums, products and quotients in two doubles. */
#ifndef GK_DOUBLE_H
#define GK_DOUBLE_H
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

/* GK_PAIRS9(x, z, c0, ..., c8): the same in steps of z = x^2, which takes half as long from x to the
 * result: what follows in a long function has to wait for it. */
#define GK_PAIRS9(x, z, a, b, c, d, e, f, g, h, i) \
  GK_P5(z, GK_FMA(b, x, a), GK_FMA(d, x, c), GK_FMA(f, x, e), GK_FMA(h, x, g), i)

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
/* a - b = return value + *e exactly */
GK_INLINE double gk_two_diff(double a, double b, double *e) {
  const double s = a - b, t = s - a;
  *e = (a - (s - t)) - (b + t);
  return s;
}
GK_INLINE double gk_two_sum(double a, double b, double *e) { return gk_two_diff(a, -b, e); }
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

/* (a + al) / (b + bl) = return value + *lo */
GK_INLINE double gk_quotient(double a, double al, double b, double bl, double *lo) {
  const double v = 1.0 / b, q = a * v;
  *lo = (gk_residual(-q, b, a) + (al - q * bl)) * v;
  return q;
}

#endif
