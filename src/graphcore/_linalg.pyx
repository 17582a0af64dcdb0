"""Steps of programs that call LAPACK and BLAS.

Matrices are stored by rows.  LAPACK counts in columns and sees their transposes: a lower triangle
stored by rows is an upper triangle to it.  ``k0`` of an instruction is the address of its
parameters, an int64 array: addresses of library functions, then numbers.  Nothing is allocated.
"""
from libc.math cimport NAN, fabs, log
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from graphcore._executor cimport NOT_POSITIVE, gk_ins

cdef enum:
    BLOCK = 32              # rows of a block of the derivative of a Cholesky factor
    ERR_NOT_POSITIVE = 3    # codes in the error record
    ERR_SINGULAR = 4

ctypedef void (*potrf_t)(char *uplo, int *n, double *a, int *lda, int *info) noexcept nogil
ctypedef void (*potrs_t)(char *uplo, int *n, int *nrhs, double *a, int *lda, double *b, int *ldb,
                         int *info) noexcept nogil
ctypedef void (*getrf_t)(int *m, int *n, double *a, int *lda, int *pivots, int *info) noexcept nogil
ctypedef void (*getrs_t)(char *trans, int *n, int *nrhs, double *a, int *lda, int *pivots,
                         double *b, int *ldb, int *info) noexcept nogil
ctypedef void (*trsm_t)(char *side, char *uplo, char *trans, char *diag, int *m, int *n,
                        double *alpha, double *a, int *lda, double *b, int *ldb) noexcept nogil
ctypedef void (*trsv_t)(char *uplo, char *trans, char *diag, int *n, double *a, int *lda, double *x,
                        int *incx) noexcept nogil
ctypedef void (*syrk_t)(char *uplo, char *trans, int *n, int *k, double *alpha, double *a, int *lda,
                        double *beta, double *c, int *ldc) noexcept nogil
ctypedef void (*gemm_t)(char *ta, char *tb, int *m, int *n, int *k, double *alpha, double *a,
                        int *lda, double *b, int *ldb, double *beta, double *c,
                        int *ldc) noexcept nogil


cdef inline void report(char **P, int64_t code, int64_t node, int64_t value,
                        int64_t n) noexcept nogil:
    """The first failure of a run is the one that is told."""
    cdef int64_t *err = <int64_t *>P[0]
    if err[0] == 0:
        err[0], err[1], err[2], err[3] = code, node, value, n


cdef void run_potrf(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Factor y in place, its lower triangle; a = 0, or the order of the minor that fails.

    On failure y is all NaN: whatever is computed from it is NaN.
    """
    cdef const int64_t *p = <const int64_t *>ins.k0        # potrf, order
    cdef int order = <int>p[1], info = 0
    cdef double *y = <double *>P[ins.y]
    cdef int64_t i
    (<potrf_t>p[0])(b"U", &order, y, &order, &info)
    if info == 0 and not y[<int64_t>order * order - 1] > 0:    # a NaN came in
        info = order
    if info:
        for i in range(<int64_t>order * order):
            y[i] = NAN
        (<int64_t *>P[0])[NOT_POSITIVE] = 1
    (<int64_t *>P[ins.a])[0] = info


cdef void run_lower_factor(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Zeros above the diagonal of a factor; here a failure (a) is an error."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # order, node
    cdef int64_t i, order = p[0], info = (<int64_t *>P[ins.a])[0]
    cdef double *y = <double *>P[ins.y]
    if info:
        report(P, ERR_NOT_POSITIVE, p[1], info, order)
    for i in range(order):
        memset(y + i * order + i + 1, 0, (order - 1 - i) * sizeof(double))


cdef void run_potrs(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Solve for the rows of y, in place, with the Cholesky factor a."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # potrs, order, rows
    cdef int order = <int>p[1], rows = <int>p[2], info = 0
    (<potrs_t>p[0])(b"U", &order, &rows, <double *>P[ins.a], &order, <double *>P[ins.y], &order,
                    &info)


cdef void run_gaussian_slope(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Lower triangle of ``b.T @ b - rows * inv``, the diagonal halved, from the factor a of k."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # potri, syrk, order, rows
    cdef int order = <int>p[2], rows = <int>p[3], info = 0
    cdef int64_t i, j, m = order
    cdef double one = 1.0, weight = -<double>rows, s
    cdef double *w = <double *>P[ins.y]
    cdef double *y = <double *>P[ins.b]
    cdef double *row
    memcpy(w, P[ins.a], m * m * sizeof(double))
    if w[0] != w[0]:
        return
    (<potrf_t>p[0])(b"U", &order, w, &order, &info)
    if rows == 1:
        for i in range(m):
            row, s = w + i * m, y[i]
            for j in range(i + 1):
                row[j] = s * y[j] - row[j]
    else:
        (<syrk_t>p[1])(b"U", b"N", &order, &rows, &one, y, &order, &weight, w, &order)
    for i in range(m):
        w[i * m + i] *= 0.5
        memset(w + i * m + i + 1, 0, (m - 1 - i) * sizeof(double))


cdef void run_trsm(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Solve with the triangle of a, in place of y."""
    # trsv, trsm, from the right, upper, trans, rows, columns, ld: as the library counts
    cdef const int64_t *p = <const int64_t *>ins.k0
    cdef char side = b"R" if p[2] else b"L"
    cdef char uplo = b"U" if p[3] else b"L"
    cdef char trans = b"T" if p[4] else b"N"
    cdef int rows = <int>p[5], columns = <int>p[6], ld = <int>p[7], unit = 1
    cdef double one = 1.0
    cdef double *a = <double *>P[ins.a]
    cdef double *y = <double *>P[ins.y]
    if side == b"L" and columns == 1:
        (<trsv_t>p[0])(&uplo, &trans, b"N", &rows, a, &ld, y, &unit)
    else:
        (<trsm_t>p[1])(&side, &uplo, &trans, b"N", &rows, &columns, &one, a, &ld, y, &rows)


# ---- the derivative of a Cholesky factor ------------------------------------------------------

cdef struct Calls:
    trsm_t trmm
    trsm_t trsm
    gemm_t gemm


cdef inline void subtract(const Calls *f, bint trans, int m, int n, int k, double *a, int lda,
                          double *b, int ldb, double *c, int ldc) noexcept nogil:
    """``c -= a @ b`` (or ``a.T @ b``) of matrices stored by rows."""
    cdef double minus = -1.0, one = 1.0
    cdef char ta = b"T" if trans else b"N"
    if m and n and k:
        f.gemm(b"N", &ta, &n, &m, &k, &minus, b, &ldb, a, &lda, &one, c, &ldc)


cdef void pull_block(const Calls *f, int b, double *d, double *g, int ld, double *s) noexcept nogil:
    """The same for one block ``d``, in place of g; ``s`` becomes ``g + g.T``."""
    cdef int i, j
    cdef double one = 1.0
    for i in range(b):
        for j in range(b):
            s[i * b + j] = g[i * ld + j] if j <= i else 0.0
    f.trmm(b"R", b"U", b"T", b"N", &b, &b, &one, d, &ld, s, &b)
    for i in range(b):
        s[i * b + i] *= 0.5
        for j in range(i + 1, b):
            s[i * b + j] = 0.0
    f.trsm(b"R", b"U", b"T", b"N", &b, &b, &one, d, &ld, s, &b)
    f.trsm(b"L", b"U", b"N", b"N", &b, &b, &one, d, &ld, s, &b)
    for i in range(b):
        g[i * ld + i] = s[i * b + i]
        s[i * b + i] *= 2
        for j in range(i):
            g[i * ld + j] = s[i * b + j] = s[j * b + i] = s[i * b + j] + s[j * b + i]


cdef void run_cholesky_pullback(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """From the cotangent of the factor a to that of the matrix, in place of y.

    The blocked factorisation run backwards (Murray 2016, arXiv:1602.07527): as many operations as
    two factorisations, nearly all of them in matrix products.
    """
    cdef const int64_t *p = <const int64_t *>ins.k0        # trmm, trsm, gemm, order
    cdef Calls f
    cdef double s[BLOCK * BLOCK]
    cdef int order = <int>p[3], end = <int>p[3], start, b, below, i
    cdef int64_t ld = order
    cdef double one = 1.0
    cdef double *L = <double *>P[ins.a]
    cdef double *y = <double *>P[ins.y]
    cdef double *under                       # offsets of blocks: d on the diagonal, c below it
    cdef int64_t d, c, r, u
    f.trmm, f.trsm, f.gemm = <trsm_t>p[0], <trsm_t>p[1], <gemm_t>p[2]
    while end > 0:
        start = end - BLOCK if end > BLOCK else 0
        b, below = end - start, order - end
        d, r = start * ld + start, start * ld
        c, u = end * ld + start, end * ld
        under = y + c
        if below:
            f.trsm(b"L", b"U", b"N", b"N", &b, &below, &one, L + d, &order, under, &order)
            subtract(&f, False, below, start, b, under, order, L + r, order, y + u, order)
            subtract(&f, True, b, b, below, under, order, L + c, order, y + d, order)
            subtract(&f, True, b, start, below, under, order, L + u, order, y + r, order)
        pull_block(&f, b, L + d, y + d, order, s)
        subtract(&f, False, b, start, b, s, b, L + r, order, y + r, order)
        end = start
    for i in range(order):
        memset(y + i * ld + i + 1, 0, (order - 1 - i) * sizeof(double))


# ---- LU -------------------------------------------------------------------------------------

cdef void run_getrf(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Factor y in place; a = pivots, b = 0 or the position of a pivot that is zero."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # getrf, order
    cdef int order = <int>p[1], info = 0
    (<getrf_t>p[0])(&order, &order, <double *>P[ins.y], &order, <int *>P[ins.a], &info)
    (<int64_t *>P[ins.b])[0] = info


cdef void run_getrs(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Solve for the rows of y, in place, with the factors a, pivots b and state c."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # getrs, order, rows, trans, node
    cdef int order = <int>p[1], rows = <int>p[2], info = 0
    cdef char trans = b"N" if p[3] else b"T"
    if (<int64_t *>P[ins.c])[0]:
        report(P, ERR_SINGULAR, p[4], (<int64_t *>P[ins.c])[0], order)
        return
    (<getrs_t>p[0])(&trans, &order, &rows, <double *>P[ins.a], &order, <int *>P[ins.b],
                    <double *>P[ins.y], &order, &info)


cdef void run_log_abs_det(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    cdef const int64_t *p = <const int64_t *>ins.k0        # order
    cdef const double *a = <const double *>P[ins.a]
    cdef double total = 0.0
    cdef int64_t i
    for i in range(p[0]):
        total += log(fabs(a[i * (p[0] + 1)]))
    (<double *>P[ins.y])[0] = total


cdef void run_sign_det(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """Sign of the diagonal's product, changed by every exchange of rows (b)."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # order
    cdef const double *a = <const double *>P[ins.a]
    cdef const int *pivots = <const int *>P[ins.b]
    cdef double sign = 1.0, x
    cdef int64_t i
    for i in range(p[0]):
        x = a[i * (p[0] + 1)]
        sign *= x if x != x or x == 0 else 1.0 if x > 0 else -1.0
        if pivots[i] != i + 1:
            sign = -sign
    (<double *>P[ins.y])[0] = sign


cdef void run_sparse_dot(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """y = A c or A.T c: elements of A in a, starts of rows and then columns in b."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # rows, width, trans, size of y
    cdef const double *a = <const double *>P[ins.a]
    cdef const int64_t *start = <const int64_t *>P[ins.b]
    cdef const int64_t *column = start + p[0] + 1
    cdef const double *c = <const double *>P[ins.c]
    cdef double *y = <double *>P[ins.y]
    cdef int64_t width = p[1], r, k, j
    cdef const double *source
    cdef double *target
    cdef double total
    memset(y, 0, 8 * p[3])
    for r in range(p[0]):
        if width == 1 and not p[2]:
            total = 0.0
            for k in range(start[r], start[r + 1]):
                total += a[k] * c[column[k]]
            y[r] = total
            continue
        for k in range(start[r], start[r + 1]):
            source = c + width * (r if p[2] else column[k])
            target = y + width * (column[k] if p[2] else r)
            for j in range(width):
                target[j] += a[k] * source[j]


cdef void run_sampled_dot(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """y[k] = products of the rows of b and c that the position k of the pattern a names."""
    cdef const int64_t *p = <const int64_t *>ins.k0        # rows, width
    cdef const int64_t *start = <const int64_t *>P[ins.a]
    cdef const int64_t *column = start + p[0] + 1
    cdef const double *b = <const double *>P[ins.b]
    cdef const double *c = <const double *>P[ins.c]
    cdef double *y = <double *>P[ins.y]
    cdef int64_t width = p[1], r, k, j
    cdef double total
    for r in range(p[0]):
        for k in range(start[r], start[r + 1]):
            total = 0.0
            for j in range(width):
                total += b[r * width + j] * c[column[k] * width + j]
            y[k] = total


def calls():
    """Addresses of the steps by name."""
    return {
        "potrf": <size_t>&run_potrf,
        "lower_factor": <size_t>&run_lower_factor,
        "potrs": <size_t>&run_potrs,
        "gaussian_slope": <size_t>&run_gaussian_slope,
        "trsm": <size_t>&run_trsm,
        "cholesky_pullback": <size_t>&run_cholesky_pullback,
        "getrf": <size_t>&run_getrf,
        "getrs": <size_t>&run_getrs,
        "log_abs_det": <size_t>&run_log_abs_det,
        "sign_det": <size_t>&run_sign_det,
        "sparse_dot": <size_t>&run_sparse_dot,
        "sampled_dot": <size_t>&run_sampled_dot,
    }
