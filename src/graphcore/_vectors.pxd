# The loops over momenta and positions that a trajectory consists of.
#
# A momentum is kept in units of its standard deviation, so that the metric (scale: the square root
# of the inverse mass) appears where it meets a gradient or a position, and nowhere else.  Vectors
# are padded with zeros to an even number of lanes, which n counts: no loop has a remainder, and two
# sums that run side by side wait less for each other's additions.

cdef extern from *:
    """
    /* Two doubles that add up separately: the sums vectorise, in one order on every machine. */
    typedef double gc_lanes __attribute__((vector_size(16), may_alias));
    typedef gc_lanes *restrict gc_out;
    typedef const gc_lanes *restrict gc_in;
    #define GC_ZERO ((gc_lanes){0, 0})
    static inline double gc_total(const gc_lanes *s) {
        return (*s)[0] + (*s)[1];
    }
    """
    ctypedef double lanes "gc_lanes"
    ctypedef lanes *out_t "gc_out"
    ctypedef const lanes *in_t "gc_in"
    lanes ZERO "GC_ZERO"
    double total "gc_total"(const lanes *s) noexcept nogil

cdef enum:
    LANES = 2


cdef inline void kick_and_drift(
    Py_ssize_t n, double eps, in_t scale, in_t q0, in_t p0, in_t g0, out_t q, out_t p
) noexcept nogil:
    """Half a step of the momentum, then a step of the position."""
    cdef Py_ssize_t i
    cdef double half = 0.5 * eps
    for i in range(n):
        p[i] = p0[i] + half * (scale[i] * g0[i])
        q[i] = q0[i] + eps * (scale[i] * p[i])


cdef inline double kick(Py_ssize_t n, double half, in_t scale, in_t g, out_t p) noexcept nogil:
    """Half a step of the momentum; the kinetic energy after it."""
    cdef Py_ssize_t i
    cdef lanes s = ZERO, t = ZERO
    for i in range(0, n, 2):
        p[i] += half * (scale[i] * g[i])
        p[i + 1] += half * (scale[i + 1] * g[i + 1])
        s += p[i] * p[i]
        t += p[i + 1] * p[i + 1]
    s += t
    return 0.5 * total(&s)


cdef inline bint join_points(Py_ssize_t n, in_t a, in_t b, out_t rho) noexcept nogil:
    """``rho = a + b`` for the momenta of two single points; False if they make a U-turn."""
    cdef Py_ssize_t i
    cdef lanes w, v, s = ZERO, t = ZERO, s1 = ZERO, t1 = ZERO
    for i in range(0, n, 2):
        w, v = a[i] + b[i], a[i + 1] + b[i + 1]
        rho[i], rho[i + 1] = w, v
        s += w * a[i]
        s1 += v * a[i + 1]
        t += w * b[i]
        t1 += v * b[i + 1]
    s += s1
    t += t1
    return (total(&s) > 0) & (total(&t) > 0)


cdef inline bint join_trees(
    Py_ssize_t n, const lanes *rho_a, in_t rho_b, in_t a_first, in_t a_last, in_t b_first,
    in_t b_last, lanes *rho
) noexcept nogil:
    """``rho = rho_a + rho_b``; False if the whole, or either half with the point beyond the
    joint, makes a U-turn.  ``rho`` may be ``rho_a``."""
    cdef Py_ssize_t i
    cdef lanes whole, left, right
    cdef lanes w0 = ZERO, w1 = ZERO, l0 = ZERO, l1 = ZERO, r0 = ZERO, r1 = ZERO
    for i in range(n):
        left = rho_a[i] + b_first[i]
        right = rho_b[i] + a_last[i]
        whole = rho_a[i] + rho_b[i]
        rho[i] = whole
        w0 += whole * a_first[i]
        w1 += whole * b_last[i]
        l0 += left * a_first[i]
        l1 += left * b_first[i]
        r0 += right * a_last[i]
        r1 += right * b_last[i]
    return (
        (total(&w0) > 0) & (total(&w1) > 0) & (total(&l0) > 0) & (total(&l1) > 0)
        & (total(&r0) > 0) & (total(&r1) > 0)
    )
