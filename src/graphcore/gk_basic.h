/* What needs no approximation: integer arithmetic, bits, selection, rounding, conversions. */
#ifndef GK_BASIC_H
#define GK_BASIC_H
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
/* 1 where a is not 0 */
GK_INLINE int64_t gk_nonzero(int64_t a) {
#if defined(__SSE4_1__) || !defined(__x86_64__)
  return a != 0;
#else /* no vector comparison of 64-bit integers */
  return (int64_t)(((uint64_t)a | (0 - (uint64_t)a)) >> 63);
#endif
}
GK_INLINE int64_t gk_zero(int64_t a) { return 1 - gk_nonzero(a); }
GK_INLINE int64_t gk_switch_l(int64_t a, int64_t b, int64_t c) {
  const int64_t mask = -gk_nonzero(a);
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
/* not 0 where |a| > limit and for NaN */
GK_INLINE int64_t gk_is_beyond(double a, double limit) {
  const uint64_t size = (uint64_t)gk_bits(a) & ~(uint64_t)GK_SIGN_BIT;
  return (int64_t)((uint64_t)gk_bits(limit) - size) & GK_SIGN_BIT;
}
/* |a| with the sign of b */
GK_INLINE double gk_copysign(double a, double b) {
  return gk_from_bits((gk_bits(a) & ~GK_SIGN_BIT) | (gk_bits(b) & GK_SIGN_BIT));
}
GK_INLINE double gk_select(int64_t mask, double b, double c) {
  return gk_from_bits((gk_bits(b) & mask) | (gk_bits(c) & ~mask));
}
GK_INLINE double gk_switch_d(int64_t a, double b, double c) {
  return gk_select(-gk_nonzero(a), b, c);
}

/* ---- simple functions of float64 ------------------------------------------------------------ */

/* NaN if either is */
GK_INLINE double gk_max(double a, double b) {
  const double larger = a < b ? b : a;
  return b == b ? larger : b;
}
GK_INLINE double gk_min(double a, double b) {
  const double smaller = a > b ? b : a;
  return b == b ? smaller : b;
}
/* whether a reciprocal has lost digits or is not a number to multiply by */
GK_INLINE int64_t gk_is_extreme(double a) {
  const double size = gk_abs(a);
  return !((size >= 0x1p-1022) & (size < GK_INF));
}
GK_INLINE double gk_anchor(double a) { return gk_abs(a) == GK_INF ? 0.0 : a; }
GK_INLINE double gk_clip(double a, double b, double c) { return gk_min(gk_max(a, b), c); }

/* 16 lanes of a reduction, element i to lane i % 16; returns how many elements it took.  For steps
 * that are several operations: unrolled, the compiler would not see a vector in them. */
#define GK_LANES(NAME, STEP)                                                            \
  GK_INLINE ptrdiff_t NAME(ptrdiff_t n, double *GK_RESTRICT lane, const double *a) {     \
    ptrdiff_t i = 0;                                                                    \
    for (; i + 16 <= n; i += 16) {                                                      \
      _Pragma("GCC unroll 1") for (int j = 0; j < 16; j++) lane[j] = STEP(lane[j], a[i + j]); \
    }                                                                                   \
    return i;                                                                           \
  }
GK_LANES(gk_max_lanes, gk_max)
GK_LANES(gk_min_lanes, gk_min)
GK_INLINE double gk_sign(double a) {
  const double above = a > 0 ? 1.0 : 0.0, below = a < 0 ? 1.0 : 0.0;
  return a == a ? above - below : a;
}
GK_INLINE double gk_sqrt(double a) { return sqrt(a); }
#if defined(__SSE4_1__) || defined(__aarch64__)
GK_INLINE double gk_round(double a) { return __builtin_rint(a); }
GK_INLINE double gk_floor(double a) { return __builtin_floor(a); }
GK_INLINE double gk_ceil(double a) { return __builtin_ceil(a); }
#else /* no such instruction: beside 2^52 a double has no room for a fraction */
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
#endif
GK_INLINE double gk_round_f4(double a) { return (double)(float)a; }
GK_INLINE double gk_cast_ld(int64_t a) {
#if defined(__AVX512DQ__) || !defined(__x86_64__)
  return (double)a;
#else /* no vector conversion: the halves become mantissas of 2**84 + ... and 2**52 + ... */
  const uint64_t u = (uint64_t)a;
  const double hi = gk_from_bits((int64_t)((u >> 32) ^ 0x4530000080000000ull));
  const double lo = gk_from_bits((int64_t)((u & 0xffffffffull) | 0x4330000000000000ull));
  return (hi - 0x1.00000801p84) + lo;
#endif
}
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

#endif
