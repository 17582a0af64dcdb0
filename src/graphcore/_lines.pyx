"""Steps of programs that work along one axis: cumulative sums, recurrences, extremes, order.

Element k of line (o, i) lies at ``(o * length + k) * inner + i``; ``k0`` of an instruction is the
address of the numbers ``outer, length, inner``.  What orders elements takes lines of adjacent
elements and has room for one line.
Nothing is allocated; NaN counts as larger than everything.
"""
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from graphcore._executor cimport gk_ins

cdef enum:
    RUN = 16                # elements that are sorted by insertion

ctypedef fused number:
    double
    int64_t


cdef inline bint less(number a, number b) noexcept nogil:
    """Whether a stands before b; NaN stands last."""
    if number is double:
        return a < b or (b != b and a == a)
    else:
        return a < b


# ---- sums, products and recurrences along lines -----------------------------------------------

cdef inline void cumulate(number *y, const number *x, const int64_t *p,
                          bint product) noexcept nogil:
    cdef int64_t o, _, i, length = p[1], inner = p[2], at
    cdef number total
    for o in range(p[0]):
        at = o * length * inner
        if not length:
            continue
        if inner == 1:  # in a register: an element does not wait for the one before it in memory
            total = y[at] = x[at]
            for i in range(at + 1, at + length):
                total = total * x[i] if product else total + x[i]
                y[i] = total
            continue
        memcpy(y + at, x + at, inner * 8)
        for _ in range(1, length):
            at += inner
            if product:
                for i in range(at, at + inner):
                    y[i] = y[i - inner] * x[i]
            else:
                for i in range(at, at + inner):
                    y[i] = y[i - inner] + x[i]


cdef void run_cumsum_d(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    cumulate[double](<double *>P[ins.y], <double *>P[ins.a], <int64_t *>ins.k0, False)


cdef void run_cumsum_l(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    cumulate[int64_t](<int64_t *>P[ins.y], <int64_t *>P[ins.a], <int64_t *>ins.k0, False)


cdef void run_cumprod_d(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    cumulate[double](<double *>P[ins.y], <double *>P[ins.a], <int64_t *>ins.k0, True)


cdef void run_cumprod_l(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    cumulate[int64_t](<int64_t *>P[ins.y], <int64_t *>P[ins.a], <int64_t *>ins.k0, True)


cdef void run_decay(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """``y[k] = b[k] + a[k] * y[k - 1]``, and ``y[0] = b[0]``."""
    cdef const int64_t *p = <const int64_t *>ins.k0
    cdef int64_t o, _, i, length = p[1], inner = p[2], at
    cdef double *y = <double *>P[ins.y]
    cdef const double *a = <const double *>P[ins.a]
    cdef const double *b = <const double *>P[ins.b]
    cdef double last
    for o in range(p[0]):
        at = o * length * inner
        if not length:
            continue
        if inner == 1:
            last = y[at] = b[at]
            for i in range(at + 1, at + length):
                last = b[i] + a[i] * last
                y[i] = last
            continue
        memcpy(y + at, b + at, inner * 8)
        for _ in range(1, length):
            at += inner
            for i in range(at, at + inner):
                y[i] = b[i] + a[i] * y[i - inner]


# ---- positions of extremes --------------------------------------------------------------------

cdef inline bint beats(number a, number b, bint largest) noexcept nogil:
    """Whether a is a better extreme than b; the first NaN is the best of all."""
    if number is double:
        if b != b:
            return False
        if a != a:
            return True
    return a > b if largest else a < b


cdef inline void extreme(int64_t *y, const number *x, const int64_t *p,
                         bint largest) noexcept nogil:
    cdef int64_t o, k, i, best, length = p[1], inner = p[2]
    cdef const number *line
    for o in range(p[0]):
        for i in range(inner):
            line = x + o * length * inner + i
            best = 0
            for k in range(1, length):
                if beats(line[k * inner], line[best * inner], largest):
                    best = k
            y[o * inner + i] = best


cdef void run_argmax_d(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    extreme[double](<int64_t *>P[ins.y], <double *>P[ins.a], <int64_t *>ins.k0, True)


cdef void run_argmax_l(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    extreme[int64_t](<int64_t *>P[ins.y], <int64_t *>P[ins.a], <int64_t *>ins.k0, True)


cdef void run_argmin_d(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    extreme[double](<int64_t *>P[ins.y], <double *>P[ins.a], <int64_t *>ins.k0, False)


cdef void run_argmin_l(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    extreme[int64_t](<int64_t *>P[ins.y], <int64_t *>P[ins.a], <int64_t *>ins.k0, False)


# ---- order ------------------------------------------------------------------------------------

cdef inline void sort_line(number *y, number *room, int64_t n) noexcept nogil:
    """Stable: runs sorted by insertion, then merged, from y to room and back."""
    cdef int64_t i, j, k, start, middle, end, width
    cdef number v
    cdef number *source = y
    cdef number *target = room
    start = 0
    while start < n:
        end = min(start + RUN, n)
        for i in range(start + 1, end):
            v, j = y[i], i
            while j > start and less(v, y[j - 1]):
                y[j] = y[j - 1]
                j -= 1
            y[j] = v
        start = end
    width = RUN
    while width < n:
        start = 0
        while start < n:
            middle, end = min(start + width, n), min(start + 2 * width, n)
            i, j = start, middle
            for k in range(start, end):
                if j >= end or (i < middle and not less(source[j], source[i])):
                    target[k] = source[i]
                    i += 1
                else:
                    target[k] = source[j]
                    j += 1
            start = end
        source, target = target, source
        width *= 2
    if source != y:
        memcpy(y, source, n * 8)


cdef inline void order_line(int64_t *y, int64_t *room, const number *x, int64_t n) noexcept nogil:
    """The same for positions of the elements of x."""
    cdef int64_t i, j, k, start, middle, end, width, v
    cdef int64_t *source = y
    cdef int64_t *target = room
    for i in range(n):
        y[i] = i
    start = 0
    while start < n:
        end = min(start + RUN, n)
        for i in range(start + 1, end):
            v, j = y[i], i
            while j > start and less(x[v], x[y[j - 1]]):
                y[j] = y[j - 1]
                j -= 1
            y[j] = v
        start = end
    width = RUN
    while width < n:
        start = 0
        while start < n:
            middle, end = min(start + width, n), min(start + 2 * width, n)
            i, j = start, middle
            for k in range(start, end):
                if j >= end or (i < middle and not less(x[source[j]], x[source[i]])):
                    target[k] = source[i]
                    i += 1
                else:
                    target[k] = source[j]
                    j += 1
            start = end
        source, target = target, source
        width *= 2
    if source != y:
        memcpy(y, source, n * 8)


cdef void run_sort_d(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """y = the lines of b in order; a has room for one."""
    cdef const int64_t *p = <const int64_t *>ins.k0
    cdef int64_t o, length = p[1]
    cdef double *y = <double *>P[ins.y]
    memcpy(y, P[ins.b], p[0] * length * 8)
    for o in range(p[0]):
        sort_line[double](y + o * length, <double *>P[ins.a], length)


cdef void run_sort_l(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    cdef const int64_t *p = <const int64_t *>ins.k0
    cdef int64_t o, length = p[1]
    cdef int64_t *y = <int64_t *>P[ins.y]
    memcpy(y, P[ins.b], p[0] * length * 8)
    for o in range(p[0]):
        sort_line[int64_t](y + o * length, <int64_t *>P[ins.a], length)


cdef void run_argsort_d(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """y = positions that bring the lines of b in order; a has room for one."""
    cdef const int64_t *p = <const int64_t *>ins.k0
    cdef int64_t o, length = p[1]
    for o in range(p[0]):
        order_line[double](<int64_t *>P[ins.y] + o * length, <int64_t *>P[ins.a],
                           <double *>P[ins.b] + o * length, length)


cdef void run_argsort_l(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    cdef const int64_t *p = <const int64_t *>ins.k0
    cdef int64_t o, length = p[1]
    for o in range(p[0]):
        order_line[int64_t](<int64_t *>P[ins.y] + o * length, <int64_t *>P[ins.a],
                            <int64_t *>P[ins.b] + o * length, length)


cdef inline void search(int64_t *y, const number *x, const number *v,
                        const int64_t *p) noexcept nogil:
    """Where each v would be put into the ordered x: before (p[2] = 0) or after equal ones."""
    cdef int64_t i, low, high, middle
    for i in range(p[0]):
        low, high = 0, p[1]
        while low < high:
            middle = (low + high) // 2
            if less(x[middle], v[i]) or (p[2] and not less(v[i], x[middle])):
                low = middle + 1
            else:
                high = middle
        y[i] = low


cdef void run_search_d(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    search[double](<int64_t *>P[ins.y], <double *>P[ins.a], <double *>P[ins.b], <int64_t *>ins.k0)


cdef void run_search_l(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    search[int64_t](<int64_t *>P[ins.y], <int64_t *>P[ins.a], <int64_t *>P[ins.b],
                    <int64_t *>ins.k0)


# ---- products of stacks of matrices -----------------------------------------------------------

ctypedef void (*gemm_t)(char *ta, char *tb, int *m, int *n, int *k, double *alpha, double *a,
                        int *lda, double *b, int *ldb, double *beta, double *c,
                        int *ldc) noexcept nogil


cdef void run_stacked_gemm(Py_ssize_t n, char **P, const gk_ins *ins) noexcept nogil:
    """``y[i] = a[i] @ b[i]`` of matrices stored by rows, by BLAS, which counts in columns."""
    # dgemm, count, m, n, k, transposed a, lda, step of a, transposed b, ldb, step of b
    cdef const int64_t *p = <const int64_t *>ins.k0
    cdef int rows = <int>p[2], columns = <int>p[3], inner = <int>p[4]
    cdef int lda = <int>p[6], ldb = <int>p[9]
    cdef char ta = b"T" if p[5] else b"N"
    cdef char tb = b"T" if p[8] else b"N"
    cdef double one = 1.0, zero = 0.0
    cdef double *y = <double *>P[ins.y]
    cdef double *a = <double *>P[ins.a]
    cdef double *b = <double *>P[ins.b]
    cdef int64_t i
    for i in range(p[1]):
        (<gemm_t>p[0])(&tb, &ta, &columns, &rows, &inner, &one, b + i * p[10], &ldb, a + i * p[7],
                       &lda, &zero, y + i * p[2] * p[3], &columns)


def calls():
    """Addresses of the steps by name."""
    return {
        "cumsum_d": <size_t>&run_cumsum_d, "cumsum_l": <size_t>&run_cumsum_l,
        "cumprod_d": <size_t>&run_cumprod_d, "cumprod_l": <size_t>&run_cumprod_l,
        "decay_d": <size_t>&run_decay,
        "argmax_d": <size_t>&run_argmax_d, "argmax_l": <size_t>&run_argmax_l,
        "argmin_d": <size_t>&run_argmin_d, "argmin_l": <size_t>&run_argmin_l,
        "sort_d": <size_t>&run_sort_d, "sort_l": <size_t>&run_sort_l,
        "argsort_d": <size_t>&run_argsort_d, "argsort_l": <size_t>&run_argsort_l,
        "search_d": <size_t>&run_search_d, "search_l": <size_t>&run_search_l,
        "stacked_gemm": <size_t>&run_stacked_gemm,
    }
