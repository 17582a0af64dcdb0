/* How programs call kernels.
 *
 * A kernel works on runs of n elements of 8 bytes: float64 ("d") or int64 ("l").  Operands are
 * named by their position in the pointer table P of the running program.  Outputs never overlap
 * inputs: hence the restrict types, which let loops vectorise without run-time overlap checks. */
#ifndef GK_ABI_H
#define GK_ABI_H
#include <stddef.h>
#include <stdint.h>

#define GK_ABI_VERSION 1

#ifdef _MSC_VER
#define GK_RESTRICT __restrict
#define GK_INLINE static __forceinline
#define GK_NOINLINE static __declspec(noinline)
#else
#define GK_RESTRICT restrict
#define GK_INLINE static inline __attribute__((always_inline, unused))
#define GK_NOINLINE static __attribute__((noinline, unused))
#endif

typedef double *GK_RESTRICT gk_dout;
typedef const double *GK_RESTRICT gk_din;
typedef int64_t *GK_RESTRICT gk_lout;
typedef const int64_t *GK_RESTRICT gk_lin;

typedef struct gk_ins gk_ins;
typedef void (*gk_kernel)(ptrdiff_t n, char **P, const gk_ins *ins);

/* One call of a kernel: operands as indices into P, and up to three constants. */
struct gk_ins {
  gk_kernel fn;
  int32_t y, a, b, c;
  int64_t k0, k1, k2;
};

/* Scalar runs: S[y] = op(S[a], S[b], S[c]) on a file of 8-byte cells.  Operands are counted in bytes;
 * those of load and store that lie in memory are rows of the pointer table. */
typedef struct {
  const void *go; /* the handler of the operation */
  uint32_t y, a, b, c;
} gk_sins;

typedef double gk_cell_d __attribute__((may_alias));
typedef int64_t gk_cell_l __attribute__((may_alias));

#endif
