# How warm-up learns: the step size by dual averaging, and the windows in which the metric is
# estimated.

from libc.math cimport exp, log, pow, sqrt


cdef struct StepSize:
    # Dual averaging (Hoffman and Gelman 2014, section 3.2).
    double target
    double gamma
    double kappa
    double t0
    double mu
    double s_bar
    double x_bar
    double count
    double mean  # of the step sizes so far, as which warm-up ends


cdef inline void step_size_restart(StepSize *a, double eps) noexcept nogil:
    a.mu = log(10 * eps)
    a.s_bar = a.x_bar = a.count = 0
    a.mean = eps


cdef inline double step_size_learn(StepSize *a, double accept) noexcept nogil:
    """Step size of the next transition."""
    cdef double eta, x, weight
    a.count += 1
    eta = 1 / (a.count + a.t0)
    a.s_bar = (1 - eta) * a.s_bar + eta * (a.target - min(1.0, accept))
    x = a.mu - a.s_bar * sqrt(a.count) / a.gamma
    weight = pow(a.count, -a.kappa)
    a.x_bar = (1 - weight) * a.x_bar + weight * x
    a.mean = exp(a.x_bar)
    return exp(x)


cdef struct Windows:
    # Transitions [begin, end) of the warm-up feed the metric, in windows of doubling length.
    int begin
    int end
    int length
    int next  # the transition that closes the current window


cdef inline Windows make_windows(int tune) noexcept nogil:
    """15 transitions to arrive, windows of 15, 30, ..., 50 transitions to settle the step size.

    Stan arrives for 75 and starts with a window of 25.  An early metric, even a rough one, makes
    the long trees of the beginning short: up to 45% fewer gradients in the whole warm-up, and
    draws of the same quality (docs/adr/0006-warm-up-windows.md).
    """
    cdef Windows w
    cdef int settle = 50
    w.begin, w.length = 15, 15
    if tune < 20:
        w.begin = w.end = w.next = tune
        return w
    if tune < w.begin + w.length + settle:
        w.begin, settle = <int>(0.15 * tune), <int>(0.1 * tune)
        w.length = tune - w.begin - settle
    w.end = tune - settle
    w.next = w.begin + w.length - 1
    if w.end - w.next < 20:  # too little for a second window; Stan would adapt to a few draws
        w.next = w.end - 1
    return w


cdef inline void windows_advance(Windows *w) noexcept nogil:
    """The next window is twice as long, or takes all that is left if another would not fit."""
    if w.next == w.end - 1:
        return
    w.length *= 2
    w.next += w.length
    if w.next + 2 * w.length >= w.end:
        w.next = w.end - 1
