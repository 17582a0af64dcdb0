// The vector functions of the C library (libmvec): gcc calls them for these loops with -ffast-math.
#include <math.h>

#define UNARY(name)                                                          \
  void mv_##name(long n, double *restrict y, const double *restrict a) {     \
    for (long i = 0; i < n; i++) y[i] = name(a[i]);                          \
  }
UNARY(exp)
UNARY(log)
UNARY(log1p)
UNARY(expm1)
UNARY(tanh)
UNARY(sinh)
UNARY(cosh)
UNARY(sin)
UNARY(cos)
UNARY(tan)
UNARY(atan)
UNARY(erf)
UNARY(erfc)

void mv_pow(long n, double *restrict y, const double *restrict a, const double *restrict b) {
  for (long i = 0; i < n; i++) y[i] = pow(a[i], b[i]);
}
