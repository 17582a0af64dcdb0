// The benchmark models as hand-written fused C: log density and closed-form gradient in one pass over the data.
//
// This is the yardstick of the benchmarks, written for them by hand; no generator made it and nothing of graphcore is in it.
// It is compiled with -ffast-math and libmvec (see build.py), knows each model's structure (design matrix re-laid once in
// tiles of BL rows, observations sorted by group), and returns the log density up to a constant. It is a strong reference,
// not a proven lower bound. One thread, float64. The style is terse on purpose: one model, one function.
#include <math.h>
#include <string.h>
#include <stdint.h>
#include <stddef.h>
typedef struct {
  double *D[8]; int64_t *I[4]; int64_t n[8]; double s[8]; double *W;
  void *potrf, *potri, *potrs; // LAPACK, from SciPy
} ctx;
typedef double (*kern)(const double *, double *, const ctx *);
#define R restrict
#define SIMD _Pragma("omp simd")
static double digam(double x) {
  double r = 0; while (x < 10) { r -= 1 / x; x += 1; }
  double f = 1 / (x * x);
  return r + log(x) - 0.5 / x - f * (1./12 - f * (1./120 - f * (1./252 - f * (1./240 - f * (1./132)))));
}
static double k_m01(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0]; int64_t N = c->n[0]; double mu = t[0], S = 0, Q = 0;
  for (int64_t i = 0; i < N; i++) { double r = y[i] - mu; S += r; Q += r * r; }
  g[0] = S - mu; return -0.5 * (Q + mu * mu);
}
static double k_m02(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0]; int64_t N = c->n[0]; double mu = t[0], S = 0, Q = 0;
  for (int64_t i = 0; i < N; i++) { double r = y[i] - mu; S += r; Q += r * r; }
  double sd = exp(t[1]), w = 1 / (sd * sd);
  g[0] = S * w - mu; g[1] = 1 - sd * sd - N + Q * w;
  return -0.5 * mu * mu - 0.5 * sd * sd + t[1] - N * t[1] - 0.5 * Q * w;
}
static inline double hcauchy(double ls, double sd, double b, double *g) { // incl. log-Jacobian
  double r = sd / b, q = r * r; *g = 1 - 2 * q / (1 + q); return ls - log(1 + q);
}
static double k_m03(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0], *R w = c->D[1]; int64_t N = c->n[0]; // w = 1/s^2
  double mu = t[0], tau = exp(t[1]), lp, gt, S = 0, T = 0, Q = 0; const double *R z = t + 2; double *R gz = g + 2;
  lp = hcauchy(t[1], tau, 5, &gt) - 0.5 * mu * mu / 25;
  for (int64_t i = 0; i < N; i++) {
    double r = y[i] - mu - tau * z[i], rw = r * w[i];
    Q += r * rw + z[i] * z[i]; S += rw; T += rw * z[i]; gz[i] = tau * rw - z[i];
  }
  g[0] = S - mu / 25; g[1] = gt + tau * T; return lp - 0.5 * Q;
}
#ifndef BL
#define BL 256
#endif
// X is stored tiled: for each block of BL rows, K contiguous columns of the block (one sequential stream)
// eta[0:m] = X[:, i0:i0+m]^T b for column-major X (K columns of length N)
static inline void fwd(const double *R X, int64_t N, int64_t K, int64_t i0, int64_t m, const double *R b, double *R e) {
  int64_t k = 0;
  for (; k + 4 <= K; k += 4) {
    const double *R x0 = X + k * N + i0, *R x1 = x0 + N, *R x2 = x1 + N, *R x3 = x2 + N;
    double b0 = b[k], b1 = b[k + 1], b2 = b[k + 2], b3 = b[k + 3];
    if (k == 0) { SIMD for (int64_t i = 0; i < m; i++) e[i] = x0[i] * b0 + x1[i] * b1 + x2[i] * b2 + x3[i] * b3; }
    else { SIMD for (int64_t i = 0; i < m; i++) e[i] += x0[i] * b0 + x1[i] * b1 + x2[i] * b2 + x3[i] * b3; }
  }
  for (; k < K; k++) {
    const double *R x0 = X + k * N + i0; double b0 = b[k];
    if (k == 0) { SIMD for (int64_t i = 0; i < m; i++) e[i] = x0[i] * b0; }
    else { SIMD for (int64_t i = 0; i < m; i++) e[i] += x0[i] * b0; }
  }
}
static inline void bwd(const double *R X, int64_t N, int64_t K, int64_t i0, int64_t m, const double *R r, double *R g) {
  int64_t k = 0;
  for (; k + 4 <= K; k += 4) {
    const double *R x0 = X + k * N + i0, *R x1 = x0 + N, *R x2 = x1 + N, *R x3 = x2 + N;
    double a = 0, b = 0, c = 0, d = 0;
    _Pragma("omp simd reduction(+:a,b,c,d)") for (int64_t i = 0; i < m; i++) { a += x0[i] * r[i]; b += x1[i] * r[i]; c += x2[i] * r[i]; d += x3[i] * r[i]; }
    g[k] += a; g[k + 1] += b; g[k + 2] += c; g[k + 3] += d;
  }
  for (; k < K; k++) {
    const double *R x0 = X + k * N + i0; double a = 0;
    _Pragma("omp simd reduction(+:a)") for (int64_t i = 0; i < m; i++) a += x0[i] * r[i];
    g[k] += a;
  }
}
static double k_lin(const double *t, double *g, const ctx *c) {
  const double *X = c->D[0], *R y = c->D[1]; int64_t N = c->n[0], K = c->n[1];
  double e[BL] __attribute__((aligned(64))), Q = 0; memset(g, 0, 8 * (K + 1));
  for (int64_t i0 = 0; i0 < N; i0 += BL) {
    int64_t m = N - i0 < BL ? N - i0 : BL; fwd(X + i0 * K, m, K, 0, m, t, e);
    const double *R yy = y + i0; double q = 0;
    _Pragma("omp simd reduction(+:q)") for (int64_t i = 0; i < m; i++) { double r = yy[i] - e[i]; e[i] = r; q += r * r; }
    Q += q; bwd(X + i0 * K, m, K, 0, m, e, g);
  }
  double sd = exp(t[K]), w = 1 / (sd * sd), gs, lp = hcauchy(t[K], sd, 2.5, &gs), B = 0;
  for (int64_t k = 0; k < K; k++) { g[k] = g[k] * w - t[k]; B += t[k] * t[k]; }
  g[K] = gs - N + Q * w; return lp - 0.5 * B - N * t[K] - 0.5 * Q * w;
}
// same model through sufficient statistics X'X, X'y, y'y (algebraic limit)
static double k_linsuff(const double *t, double *g, const ctx *c) {
  const double *R A = c->D[0], *R b = c->D[1]; int64_t N = c->n[0], K = c->n[1]; double yy = c->s[0], Q = yy;
  double sd = exp(t[K]), w = 1 / (sd * sd), gs, lp = hcauchy(t[K], sd, 2.5, &gs), B = 0;
  for (int64_t k = 0; k < K; k++) {
    double s = 0; const double *R a = A + k * K; for (int64_t j = 0; j < K; j++) s += a[j] * t[j];
    Q += t[k] * (s - 2 * b[k]); g[k] = (b[k] - s) * w - t[k]; B += t[k] * t[k];
  }
  g[K] = gs - N + Q * w; return lp - 0.5 * B - N * t[K] - 0.5 * Q * w;
}
static double k_logit(const double *t, double *g, const ctx *c) {
  const double *X = c->D[0], *R y = c->D[1]; int64_t N = c->n[0], K = c->n[1];
  double e[BL] __attribute__((aligned(64))), lp = 0; memset(g, 0, 8 * K);
  for (int64_t i0 = 0; i0 < N; i0 += BL) {
    int64_t m = N - i0 < BL ? N - i0 : BL; fwd(X + i0 * K, m, K, 0, m, t, e);
    const double *R yy = y + i0; double q = 0;
    _Pragma("omp simd reduction(+:q)") for (int64_t i = 0; i < m; i++) {
      double a = e[i], x = exp(-fabs(a)), d = 1 / (1 + x);
      q += yy[i] * a - (a > 0 ? a : 0) - log(1 + x); e[i] = yy[i] - (a > 0 ? d : x * d);
    }
    lp += q; bwd(X + i0 * K, m, K, 0, m, e, g);
  }
  double B = 0; for (int64_t k = 0; k < K; k++) { g[k] -= t[k]; B += t[k] * t[k]; }
  return lp - 0.5 * B;
}
static double k_pois(const double *t, double *g, const ctx *c) {
  const double *X = c->D[0], *R y = c->D[1]; int64_t N = c->n[0], K = c->n[1];
  double e[BL] __attribute__((aligned(64))), lp = 0; memset(g, 0, 8 * K);
  for (int64_t i0 = 0; i0 < N; i0 += BL) {
    int64_t m = N - i0 < BL ? N - i0 : BL; fwd(X + i0 * K, m, K, 0, m, t, e);
    const double *R yy = y + i0; double q = 0;
    _Pragma("omp simd reduction(+:q)") for (int64_t i = 0; i < m; i++) { double a = e[i], x = exp(a); q += yy[i] * a - x; e[i] = yy[i] - x; }
    lp += q; bwd(X + i0 * K, m, K, 0, m, e, g);
  }
  double B = 0; for (int64_t k = 0; k < K; k++) { g[k] -= t[k]; B += t[k] * t[k]; }
  return lp - 0.5 * B;
}
// varying intercept+slope, obs sorted by group: off[G+1] row offsets
static double groups(const double *R y, const double *R x, const int64_t *R off, int64_t G, const double *R a, const double *R b, double *R ga, double *R gb) {
  double Q = 0;
  for (int64_t j = 0; j < G; j++) {
    double aj = a[j], bj = b[j], sa = 0, sb = 0;
    for (int64_t i = off[j]; i < off[j + 1]; i++) { double r = y[i] - aj - bj * x[i]; sa += r; sb += r * x[i]; Q += r * r; }
    ga[j] = sa; gb[j] = sb;
  }
  return Q;
}
static double k_m08(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0], *R x = c->D[1]; int64_t N = c->n[0], G = c->n[1];
  double mua = t[0], mub = t[1], sa = exp(t[2]), sb = exp(t[3]), sy = exp(t[4 + 2 * G]), w = 1 / (sy * sy);
  const double *R za = t + 4, *R zb = za + G; double *R gza = g + 4, *R gzb = gza + G, *R a = c->W, *R b = a + G;
  for (int64_t j = 0; j < G; j++) { a[j] = mua + sa * za[j]; b[j] = mub + sb * zb[j]; }
  double Q = groups(y, x, c->I[0], G, a, b, gza, gzb), S1 = 0, S2 = 0, T1 = 0, T2 = 0, Z = 0;
  for (int64_t j = 0; j < G; j++) {
    double u = gza[j] * w, v = gzb[j] * w; S1 += u; S2 += v; T1 += u * za[j]; T2 += v * zb[j];
    Z += za[j] * za[j] + zb[j] * zb[j]; gza[j] = sa * u - za[j]; gzb[j] = sb * v - zb[j];
  }
  g[0] = S1 - mua / 25; g[1] = S2 - mub / 25; g[2] = sa * T1 - sa * sa + 1; g[3] = sb * T2 - sb * sb + 1;
  g[4 + 2 * G] = Q * w - N - sy * sy + 1;
  return -0.5 * (mua * mua + mub * mub) / 25 - 0.5 * (sa * sa + sb * sb + sy * sy) + t[2] + t[3] + t[4 + 2 * G] * (1 - N) - 0.5 * Z - 0.5 * Q * w;
}
static double k_m10(const double *t, double *g, const ctx *c) {
  const double *X = c->D[0], *R y = c->D[1]; int64_t N = c->n[0], K = c->n[1];
  double e[BL] __attribute__((aligned(64))), sd = exp(t[K]), nu = exp(t[K + 1]), is = 1 / sd, in = 1 / nu, L = 0, H = 0; memset(g, 0, 8 * K);
  for (int64_t i0 = 0; i0 < N; i0 += BL) {
    int64_t m = N - i0 < BL ? N - i0 : BL; fwd(X + i0 * K, m, K, 0, m, t, e);
    const double *R yy = y + i0; double l = 0, h = 0;
    _Pragma("omp simd reduction(+:l,h)") for (int64_t i = 0; i < m; i++) {
      double r = (yy[i] - e[i]) * is, q = r * r, d = 1 / (nu + q); l += log(1 + q * in); h += q * d; e[i] = r * d;
    }
    L += l; H += h; bwd(X + i0 * K, m, K, 0, m, e, g);
  }
  double B = 0, gs, lp = hcauchy(t[K], sd, 2.5, &gs); int sg;
  for (int64_t k = 0; k < K; k++) { g[k] = g[k] * (nu + 1) * is - t[k]; B += t[k] * t[k]; }
  g[K] = gs - N + (nu + 1) * H;
  double dn = N * 0.5 * (digam(0.5 * (nu + 1)) - digam(0.5 * nu) - in) - 0.5 * L + 0.5 * (nu + 1) * H * in;
  g[K + 1] = nu * (dn - 0.1) + 2; // Gamma(2,.1) on nu, log-Jacobian
  return lp - 0.5 * B + 2 * t[K + 1] - 0.1 * nu + N * (lgamma_r(0.5 * (nu + 1), &sg) - lgamma_r(0.5 * nu, &sg) - 0.5 * t[K + 1] - t[K]) - 0.5 * (nu + 1) * L;
}
static double k_m11(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0]; int64_t T = c->n[0]; const double *R h = t + 2; double *R gh = g + 2;
  double st = exp(t[0]), nu = exp(t[1]), is2 = 1 / (st * st), in = 1 / nu, L = 0, H = 0, S = 0, Q = 0; int sg;
  _Pragma("omp simd reduction(+:L,H,S)") for (int64_t i = 0; i < T; i++) {
    double r = y[i] * exp(-h[i]), q = r * r, u = q / (nu + q); L += log(1 + q * in); H += u; S += h[i]; gh[i] = (nu + 1) * u - 1;
  }
  gh[0] -= h[0] - (h[1] - h[0]) * is2; gh[T - 1] -= (h[T - 1] - h[T - 2]) * is2;
  _Pragma("omp simd reduction(+:Q)") for (int64_t i = 1; i < T - 1; i++) {
    double d = h[i] - h[i - 1]; Q += d * d; gh[i] += (h[i + 1] - h[i] - d) * is2;
  }
  { double d = h[T - 1] - h[T - 2]; Q += d * d; }
  g[0] = Q * is2 - (T - 1) - 10 * st + 1;
  double dn = T * 0.5 * (digam(0.5 * (nu + 1)) - digam(0.5 * nu) - in) - 0.5 * L + 0.5 * (nu + 1) * H * in;
  g[1] = nu * (dn - 0.1) + 1;
  return -10 * st + t[0] - 0.1 * nu + t[1] - 0.5 * h[0] * h[0] - 0.5 * Q * is2 - (T - 1) * t[0] - S - 0.5 * (nu + 1) * L
    + T * (lgamma_r(0.5 * (nu + 1), &sg) - lgamma_r(0.5 * nu, &sg) - 0.5 * t[1]);
}
static double k_m12(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0]; int64_t N = c->n[0];
  double s[3] = {t[0], t[1], -t[0] - t[1]}, mx = fmax(s[0], fmax(s[1], s[2])), Z = 0, lw[3], w[3], mu[3], sd[3], is[3], cc[3];
  for (int k = 0; k < 3; k++) Z += exp(s[k] - mx); double lZ = mx + log(Z);
  double e1 = exp(t[3]), e2 = exp(t[4]); mu[0] = t[2]; mu[1] = mu[0] + e1; mu[2] = mu[1] + e2;
  double lp = t[3] + t[4];
  for (int k = 0; k < 3; k++) { lw[k] = s[k] - lZ; w[k] = exp(lw[k]); sd[k] = exp(t[5 + k]); is[k] = 1 / sd[k]; cc[k] = lw[k] - t[5 + k];
    lp += lw[k] - mu[k] * mu[k] / 50 - sd[k] * sd[k] / 8 + t[5 + k]; }
  double P0 = 0, P1 = 0, P2 = 0, A0 = 0, A1 = 0, A2 = 0, B0 = 0, B1 = 0, B2 = 0, L = 0;
  double m0 = mu[0], m1 = mu[1], m2 = mu[2], i0 = is[0], i1 = is[1], i2 = is[2], c0 = cc[0], c1 = cc[1], c2 = cc[2];
  _Pragma("omp simd reduction(+:P0,P1,P2,A0,A1,A2,B0,B1,B2,L)") for (int64_t i = 0; i < N; i++) {
    double r0 = (y[i] - m0) * i0, r1 = (y[i] - m1) * i1, r2 = (y[i] - m2) * i2;
    double l0 = c0 - 0.5 * r0 * r0, l1 = c1 - 0.5 * r1 * r1, l2 = c2 - 0.5 * r2 * r2;
    double m = l0 > l1 ? l0 : l1; m = m > l2 ? m : l2;
    double x0 = exp(l0 - m), x1 = exp(l1 - m), x2 = exp(l2 - m), S = x0 + x1 + x2, d = 1 / S;
    L += m + log(S); x0 *= d; x1 *= d; x2 *= d; P0 += x0; P1 += x1; P2 += x2;
    A0 += x0 * r0; A1 += x1 * r1; A2 += x2 * r2; B0 += x0 * r0 * r0; B1 += x1 * r1 * r1; B2 += x2 * r2 * r2;
  }
  double P[3] = {P0, P1, P2}, A[3] = {A0, A1, A2}, B[3] = {B0, B1, B2}, ds[3], dm[3];
  for (int k = 0; k < 3; k++) { ds[k] = P[k] + 1 - w[k] * (N + 3); dm[k] = A[k] * is[k] - mu[k] / 25; g[5 + k] = B[k] - P[k] - sd[k] * sd[k] / 4 + 1; }
  g[0] = ds[0] - ds[2]; g[1] = ds[1] - ds[2]; g[2] = dm[0] + dm[1] + dm[2]; g[3] = e1 * (dm[1] + dm[2]) + 1; g[4] = e2 * dm[2] + 1;
  return lp + L;
}
typedef void (*f_potrf)(char *, int *, double *, int *, int *);
typedef void (*f_potrs)(char *, int *, int *, double *, int *, double *, int *, int *);
static double k_m13(const double *t, double *g, const ctx *c) {
  const double *R d2 = c->D[0], *R y = c->D[1]; int64_t N = c->n[0]; double *R K = c->W, *R M = K + N * N, *R al = M + N * N;
  double ls = exp(t[0]), eta = exp(t[1]), sg = exp(t[2]), il = -0.5 / (ls * ls), e2 = eta * eta, lp = 0, yal = 0;
  SIMD for (int64_t i = 0; i < N * N; i++) { double v = e2 * exp(d2[i] * il); K[i] = v; M[i] = v; }
  double nug = sg * sg + 1e-6; for (int64_t i = 0; i < N; i++) { M[i * N + i] += nug; al[i] = y[i]; }
  char U = 'L'; int n = N, one = 1, info;
  ((f_potrf)c->potrf)(&U, &n, M, &n, &info); if (info) return -INFINITY;
  for (int64_t i = 0; i < N; i++) lp -= log(M[i * N + i]);
  ((f_potrs)c->potrs)(&U, &n, &one, M, &n, al, &n, &info);
  for (int64_t i = 0; i < N; i++) yal += y[i] * al[i];
  ((f_potrf)c->potri)(&U, &n, M, &n, &info);
  double Sl = 0, Se = 0, Sd = 0;          // lower triangle (col-major) only
  for (int64_t j = 0; j < N; j++) {
    double aj = al[j], a = 0, b = 0; const double *R m = M + j * N, *R k = K + j * N, *R d = d2 + j * N;
    for (int64_t i = j + 1; i < N; i++) { double w = (al[i] * aj - m[i]) * k[i]; a += w; b += w * d[i]; }
    double w = aj * aj - m[j]; Se += 2 * a + w * k[j]; Sl += 2 * b; Sd += w;
  }
  g[0] = 0.5 * Sl / (ls * ls) - ls * ls + 1; g[1] = Se - e2 + 1; g[2] = Sd * sg * sg - sg * sg + 1;
  return lp - 0.5 * yal - 0.5 * (ls * ls + e2 + sg * sg) + t[0] + t[1] + t[2];
}
static double k_m14(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0]; const int64_t *R p = c->I[0], *R q = c->I[1]; int64_t N = c->n[0], P = c->n[1], Q = c->n[2];
  const double *R th = t, *R b = t + P, *R la = b + Q; double *R gt = g, *R gb = g + P, *R ga = gb + Q, *R a = c->W;
  double lp = 0, e[BL], f[BL]; memset(g, 0, 8 * (P + 2 * Q));
  for (int64_t j = 0; j < Q; j++) a[j] = exp(la[j]);
  for (int64_t i0 = 0; i0 < N; i0 += BL) {
    int64_t m = N - i0 < BL ? N - i0 : BL; const int64_t *R pp = p + i0, *R qq = q + i0; const double *R yy = y + i0; double l = 0;
    _Pragma("omp simd reduction(+:l)") for (int64_t i = 0; i < m; i++) {
      double d = th[pp[i]] - b[qq[i]], aq = a[qq[i]], z = aq * d, x = exp(-fabs(z)), w = 1 / (1 + x);
      l += yy[i] * z - (z > 0 ? z : 0) - log(1 + x); double u = yy[i] - (z > 0 ? w : x * w); e[i] = u * aq; f[i] = u * d;
    }
    lp += l;
    for (int64_t i = 0; i < m; i++) { gt[pp[i]] += e[i]; gb[qq[i]] -= e[i]; ga[qq[i]] += f[i]; }
  }
  for (int64_t j = 0; j < P; j++) { lp -= 0.5 * th[j] * th[j]; gt[j] -= th[j]; }
  for (int64_t j = 0; j < Q; j++) {
    lp -= 0.5 * b[j] * b[j] / 2.25 + 2 * la[j] * la[j]; gb[j] -= b[j] / 2.25; ga[j] = ga[j] * a[j] - 4 * la[j];
  }
  return lp;
}
// coordinates of the Cholesky factor: log L11, L21, log L22; LKJ(2) correlation, Exponential(1) standard deviations
static double k_m15(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0], *R x = c->D[1]; int64_t N = c->n[0], G = c->n[1];
  double L11 = exp(t[2]), L21 = t[3], L22 = exp(t[4]), V = L21 * L21 + L22 * L22, s2 = sqrt(V), sy = exp(t[5 + 2 * G]), w = 1 / (sy * sy);
  const double *R z = t + 5; double *R gz = g + 5, *R a = c->W, *R b = a + G, *R ga = b + G, *R gb = ga + G;
  for (int64_t j = 0; j < G; j++) { a[j] = t[0] + L11 * z[2 * j]; b[j] = t[1] + L21 * z[2 * j] + L22 * z[2 * j + 1]; }
  double Q = groups(y, x, c->I[0], G, a, b, ga, gb), S1 = 0, S2 = 0, T1 = 0, T21 = 0, T22 = 0, Z = 0;
  for (int64_t j = 0; j < G; j++) {
    double u = ga[j] * w, v = gb[j] * w, z1 = z[2 * j], z2 = z[2 * j + 1]; S1 += u; S2 += v; T1 += u * z1; T21 += v * z1; T22 += v * z2;
    Z += z1 * z1 + z2 * z2; gz[2 * j] = L11 * u + L21 * v - z1; gz[2 * j + 1] = L22 * v - z2;
  }
  g[0] = S1 - t[0] / 25; g[1] = S2 - t[1] / 25; g[2] = L11 * T1 - L11 + 1; g[3] = T21 - L21 * (4 / V + 1 / s2);
  g[4] = L22 * T22 + 4 - L22 * L22 * (4 / V + 1 / s2); g[5 + 2 * G] = Q * w - N - sy + 1;
  return -0.5 * (t[0] * t[0] + t[1] * t[1]) / 25 - L11 - s2 - sy + t[2] + 4 * t[4] - 2 * log(V) - 0.5 * Z + (1 - N) * t[5 + 2 * G] - 0.5 * Q * w;
}
static double k_m16(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0]; int64_t T = c->n[0] - 2; double *R r = c->W, *R s = r + T, *R gr = s + T;
  double mu = t[0], p1 = t[1], p2 = t[2], om = exp(t[3]), al = 1 / (1 + exp(-t[4])), be = 1 / (1 + exp(-t[5])), lp = 0;
  SIMD for (int64_t i = 0; i < T; i++) r[i] = y[i + 2] - mu - p1 * y[i + 1] - p2 * y[i];
  s[0] = c->s[0]; for (int64_t i = 1; i < T; i++) s[i] = om + al * r[i - 1] * r[i - 1] + be * s[i - 1];
  _Pragma("omp simd reduction(+:lp)") for (int64_t i = 0; i < T; i++) { double q = 1 / s[i], u = r[i] * q; lp -= 0.5 * (log(s[i]) + r[i] * u); gr[i] = 0.5 * (u * u - q); }
  double ds = 0, go = 0, ga = 0, gb = 0, gm = 0, g1 = 0, g2 = 0;
  for (int64_t i = T - 1; i >= 0; i--) {
    double dn = ds;                                   // adjoint of s[i+1]
    ds = gr[i] + be * dn; double dr = -r[i] / s[i] + 2 * al * r[i] * dn;
    gm -= dr; g1 -= dr * y[i + 1]; g2 -= dr * y[i];
    if (i) { go += ds; ga += ds * r[i - 1] * r[i - 1]; gb += ds * s[i - 1]; }
  }
  g[0] = gm - mu; g[1] = g1 - 4 * p1; g[2] = g2 - 4 * p2; g[3] = go * om - om * om + 1;
  g[4] = ga * al * (1 - al) + 2 - 7 * al; g[5] = gb * be * (1 - be) + 5 - 7 * be;
  return lp - 0.5 * mu * mu - 2 * (p1 * p1 + p2 * p2) - 0.5 * om * om + t[3] + 2 * log(al) + 5 * log(1 - al) + 5 * log(be) + 2 * log(1 - be);
}
static double k_m17(const double *t, double *g, const ctx *c) {
  const double *R y = c->D[0], *R x = t + 1; double *R gx = g + 1; int64_t N = c->n[0]; double a = t[0], S = 0, A = 0, a3 = 3 * a;
  _Pragma("omp simd reduction(+:S,A)") for (int64_t i = 0; i < N; i++) {
    double x2 = x[i] * x[i], x3 = x2 * x[i], e = exp(a * x3 + y[i] * y[i]); S += e; A += e * x3; gx[i] = a3 * x2 * e;
  }
  g[0] = A; return S;
}
static const struct { const char *nm; kern f; } KERN[] = {
  {"m01", k_m01}, {"m02", k_m02}, {"m03", k_m03}, {"m04", k_lin}, {"m05", k_lin}, {"linsuff", k_linsuff}, {"m06", k_logit}, {"m07", k_logit},
  {"m08", k_m08}, {"m09", k_pois}, {"m10", k_m10}, {"m11", k_m11}, {"m12", k_m12}, {"m13", k_m13}, {"m14", k_m14}, {"m15", k_m15}, {"m16", k_m16},
  {"m17a", k_m17}, {"m17b", k_m17}, {"m17c", k_m17}, {0, 0}};
