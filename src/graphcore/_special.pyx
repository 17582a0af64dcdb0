"""Special functions that rows of the op table call one element at a time.

They are compiled once, not per instruction-set level; the kernels call them through their
addresses.  Importing this module imports ``scipy.special``: it is imported when the first program
needs one of them.
"""
from libc.math cimport exp, fabs, floor

from scipy.special cimport cython_special as sc

cdef extern from "gk_special.h":
    double gk_betaln(double a, double b) noexcept nogil
    double gk_gamma_density(double a, double x) noexcept nogil
    double gk_gammainc_da(double a, double x) noexcept nogil
    double gk_beta_density(double a, double b, double x) noexcept nogil
    double gk_betainc_da(double a, double b, double x) noexcept nogil
    double gk_betainc_db(double a, double b, double x) noexcept nogil
    double gk_polygamma(double n, double x) noexcept nogil

cdef enum:
    NEWTON = 3                      # steps, at most
cdef double ROUNDING = 1e-14        # of what an inverse is taken of
cdef double NEAR = 1e-2             # steps beyond are no corrections


cdef double erfinv(double a) noexcept nogil:
    return sc.erfinv(a)


cdef double erfcinv(double a) noexcept nogil:
    return sc.erfcinv(a)


cdef double ndtri(double a) noexcept nogil:
    return sc.ndtri(a)


cdef double ndtri_exp(double a) noexcept nogil:
    return sc.ndtri_exp(a)


cdef double i0(double a) noexcept nogil:
    return sc.i0(a)


cdef double i1(double a) noexcept nogil:
    return sc.i1(a)


cdef double i0e(double a) noexcept nogil:
    return sc.i0e(a)


cdef double i1e(double a) noexcept nogil:
    return sc.i1e(a)


cdef double j0(double a) noexcept nogil:
    return sc.j0(a)


cdef double j1(double a) noexcept nogil:
    return sc.j1(a)


cdef double iv(double a, double b) noexcept nogil:
    return sc.iv(a, b)


cdef double ive(double a, double b) noexcept nogil:
    return sc.ive(a, b)


cdef double kv(double a, double b) noexcept nogil:
    return sc.kv(a, b)


cdef double kve(double a, double b) noexcept nogil:
    return sc.kve(a, b)


cdef double jv(double a, double b) noexcept nogil:
    return sc.jv(a, b)


cdef double owens_t(double a, double b) noexcept nogil:
    """SciPy's loses digits for a small b: the integral over such an interval by Gauss' rule."""
    cdef double *at = [0.0, 0.5384693101056831, 0.906179845938664]
    cdef double *weight = [0.5688888888888889, 0.47862867049936647, 0.23692688505618908]
    cdef double total = 0.0, t
    cdef int k
    if fabs(b) * (1.0 + fabs(a)) >= 0.1 or b != b:
        return sc.owens_t(a, b)
    for k in range(-2, 3):
        t = 0.5 * b * (1.0 + (at[k] if k >= 0 else -at[-k]))
        total += weight[k if k >= 0 else -k] * exp(-0.5 * a * a * (1.0 + t * t)) / (1.0 + t * t)
    return 0.25 * b * total / 3.141592653589793


cdef double betaln(double a, double b) noexcept nogil:
    cdef double p = a if a < b else b
    # below zero SciPy loses digits where the other argument is large
    cdef bint ours = p > 0 or (a + b >= 10.0 and p != floor(p))
    return gk_betaln(a, b) if ours else sc.betaln(a, b)


cdef double gammainc(double a, double b) noexcept nogil:
    return sc.gammainc(a, b)


cdef double gammaincc(double a, double b) noexcept nogil:
    return sc.gammaincc(a, b)


cdef double gammaincinv(double a, double b) noexcept nogil:
    return sc.gammaincinv(a, b)


cdef double gammainccinv(double a, double b) noexcept nogil:
    return sc.gammainccinv(a, b)


cdef double betainc(double a, double b, double c) noexcept nogil:
    return sc.betainc(a, b, c)


cdef double betaincc(double a, double b, double c) noexcept nogil:
    return sc.betaincc(a, b, c)


cdef double corrected(double a, double b, double c, double x, bint upper) noexcept nogil:
    """Steps of Newton's method: of some arguments SciPy's inverses have eight digits only."""
    cdef double rest, step
    cdef int _
    for _ in range(NEWTON):
        rest = (sc.betaincc(a, b, x) if upper else sc.betainc(a, b, x)) - c
        step = rest / gk_beta_density(a, b, x)
        if not (fabs(rest) > ROUNDING * c and fabs(step) < NEAR * (x if x < 0.5 else 1.0 - x)):
            break
        x += step if upper else -step
    return x


cdef double betaincinv(double a, double b, double c) noexcept nogil:
    return corrected(a, b, c, sc.betaincinv(a, b, c), False)


cdef double betainccinv(double a, double b, double c) noexcept nogil:
    return corrected(a, b, c, sc.betainccinv(a, b, c), True)


def functions():
    """Address of every function by name."""
    return {
        "erfinv": <size_t>&erfinv,
        "erfcinv": <size_t>&erfcinv,
        "ndtri": <size_t>&ndtri,
        "ndtri_exp": <size_t>&ndtri_exp,
        "i0": <size_t>&i0,
        "i1": <size_t>&i1,
        "i0e": <size_t>&i0e,
        "i1e": <size_t>&i1e,
        "j0": <size_t>&j0,
        "j1": <size_t>&j1,
        "iv": <size_t>&iv,
        "ive": <size_t>&ive,
        "kv": <size_t>&kv,
        "kve": <size_t>&kve,
        "jv": <size_t>&jv,
        "owens_t": <size_t>&owens_t,
        "gammainc": <size_t>&gammainc,
        "gammaincc": <size_t>&gammaincc,
        "gammaincinv": <size_t>&gammaincinv,
        "gammainccinv": <size_t>&gammainccinv,
        "betainc": <size_t>&betainc,
        "betaincc": <size_t>&betaincc,
        "betaincinv": <size_t>&betaincinv,
        "betainccinv": <size_t>&betainccinv,
        "betaln": <size_t>&betaln,
        "gamma_density": <size_t>&gk_gamma_density,
        "gammainc_da": <size_t>&gk_gammainc_da,
        "beta_density": <size_t>&gk_beta_density,
        "betainc_da": <size_t>&gk_betainc_da,
        "betainc_db": <size_t>&gk_betainc_db,
        "polygamma": <size_t>&gk_polygamma,
    }
