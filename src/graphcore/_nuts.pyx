"""The No-U-Turn sampler: one Markov chain, run without Python and without the GIL.

The transition is current Stan's: multinomial sampling over the trajectory, progressive and biased
towards the newer half, with the generalised U-turn criterion checked over each sub-tree and across
the joint between its halves (Betancourt, arXiv:1701.02434; Stan 2.21).  Warm-up is nearly Stan's:
dual averaging of the step size, and a diagonal metric re-estimated over doubling windows, which
start earlier here.

Memory is taken once, when a :class:`Chain` is made.  The points of a trajectory are written once
and then shared by reference count, so no vector is copied while a tree is built.  Vectors are
padded with zeros to a whole number of SIMD lanes, which spares every loop its remainder and fixes
the order of every sum.
"""

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport INFINITY, exp, isfinite, log, log1p, sqrt
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy
from numpy.random cimport bitgen_t
from numpy.random.c_distributions cimport random_standard_normal_fill

from graphcore._adaptation cimport (
    StepSize, Windows, make_windows, step_size_learn, step_size_restart, windows_advance,
)
from graphcore._records cimport Stat, Watch, watch_share, watch_start, watch_transition
from graphcore._vectors cimport LANES, join_points, join_trees, kick, kick_and_drift, lanes

import numpy as np

# How a chain stands; the texts are in graphcore/sample/nuts.py.
cpdef enum Status:
    RUNNING = 0
    FINISHED = 1
    STOPPED = 2  # the stop flag was raised
    FATAL = 3  # the density returned a negative code
    NO_STEP_SIZE = 4  # no step, however small, is accepted
    IMPROPER = 5  # every step, however large, is accepted
    BAD_START = 6  # density or gradient not finite at the start point

# Why a trajectory was cut short.
cpdef enum Divergence:
    NONE = 0
    ENERGY = 1
    NOT_FINITE = 2
    RECOVERABLE = 3

cdef enum:
    EARLY = 200  # transitions with trees of their own depth, PyMC's number

cdef Stat EXAMPLE
_found = np.asarray(<Stat[:1]>&EXAMPLE).dtype
STAT_DTYPE = np.dtype([(name, _found[name]) for name in _found.names], align=True)


# ------------------------------------------------------------------------------ trees of points

cdef struct Point:
    double *q  # position
    double *p  # momentum, in units of its standard deviation
    double *g  # gradient of the log density
    double logp
    double energy
    int index  # in the trajectory, counted from where it began
    int refs

cdef struct Tree:
    # A stretch of trajectory; each of the three points is one reference.
    Point *first
    Point *last
    Point *chosen
    double *rho  # sum of the momenta: room, or the momentum of a single point
    double *room
    double log_weight


cdef class Stop:
    """A flag that makes every chain it was given to return at its next leapfrog step."""

    cdef volatile int raised

    def set(self):
        self.raised = 1

    def is_set(self):
        return bool(self.raised)


# ------------------------------------------------------------------------------ the chain

cdef class Chain:
    """One Markov chain over a log density given by its C entry point.

    Parameters
    ----------
    address, user_data : int
        The function ``logp_grad`` (see ``_nuts.pxd``) and its last argument, as integers.
    start : ndarray of float64
        Start point.
    inverse_mass : ndarray of float64
        Diagonal of the first metric: a guess at the variance of each coordinate.
    bit_generator : numpy.random.BitGenerator
        Used by this chain alone.
    stop : Stop
    tune, draws : int
    target_accept : float
    max_treedepth : int
    early_max_treedepth : int or None
        What stands in its place during the first ``EARLY`` transitions of warm-up, in which step
        size and metric are still far off.
    keep_warmup : bool
        Whether ``positions`` holds the warm-up too.
    step_size : float or None
        First step size, which stays in a chain without warm-up; None searches one at the start.
    adapt_step_size, adapt_metric : bool
        What warm-up changes.
    path_length : float
        Trajectories of this length, with one accepted or rejected end, instead of trees; 0 for
        trees.
    max_steps : int
        Most leapfrog steps of such a trajectory.
    max_energy_error : float
        Beyond it a trajectory counts as divergent.
    gamma, kappa, t0 : float
        Constants of the dual averaging of the step size; Stan's by default.

    Attributes
    ----------
    positions : ndarray
        Unconstrained draws, one row each.
    stats : ndarray
        One record of ``STAT_DTYPE`` for each transition, warm-up included.
    done : int
        Transitions finished so far; may be read while the chain runs, as may ``divergences``
        (after warm-up) and ``step_size``.
    stretch : float
        Steps are so many times ``step_size``; may be changed between transitions.
    """

    cdef logp_grad_t density
    cdef const void *user_data
    cdef bitgen_t *random
    cdef volatile int *raised
    cdef readonly size_t dim
    cdef Py_ssize_t n  # length of a vector in units of lanes
    cdef readonly int tune, draws, max_treedepth, early_max_treedepth, max_steps
    cdef readonly double path_length, max_energy_error
    cdef readonly int done, divergences, status, code
    cdef readonly double step_size
    cdef public double stretch
    cdef readonly object positions, stats
    cdef double[:, ::1] position_rows
    cdef Stat[::1] stat_rows
    cdef int first_kept
    cdef tuple keep_alive

    cdef double *block  # all vectors
    cdef Point *points
    cdef Point **free
    cdef int n_free
    cdef Tree *stack
    cdef double *trajectory_room
    cdef double *scale  # square roots of the inverse mass: the sd of each coordinate
    cdef double *mean  # Welford's running mean and sum of squares
    cdef double *sum_sq
    cdef double count
    cdef Point *here
    cdef StepSize adapt
    cdef Windows windows
    cdef Watch watch
    cdef bint started, fixed_step

    # of the current transition
    cdef double energy0, sum_accept, worst
    cdef int n_steps, reason

    def __cinit__(
        self, uintptr_t address, uintptr_t user_data, const double[::1] start,
        const double[::1] inverse_mass, bit_generator, Stop stop, *, int tune, int draws,
        double target_accept=0.8, int max_treedepth=10, bint keep_warmup=False, step_size=None,
        double path_length=0, int max_steps=1024, bint adapt_step_size=True, bint adapt_metric=True,
        double max_energy_error=1000, double gamma=0.05, double kappa=0.75, double t0=10,
        early_max_treedepth=None
    ):
        cdef Py_ssize_t dim = start.shape[0], i
        if dim == 0 or inverse_mass.shape[0] != dim:
            raise ValueError("start and inverse_mass must be of one length, at least 1")
        if early_max_treedepth is None:
            early_max_treedepth = max_treedepth
        for name, depth in (
            ("max_treedepth", max_treedepth), ("early_max_treedepth", early_max_treedepth)
        ):
            if not 1 <= depth <= 30:
                raise ValueError(f"{name} must lie between 1 and 30, not {depth}")
        self.density = <logp_grad_t>address
        self.user_data = <const void *>user_data
        self.random = <bitgen_t *>PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")
        self.raised = &stop.raised
        self.keep_alive = (bit_generator, stop)
        self.dim, self.tune, self.draws = dim, tune, draws
        self.max_treedepth, self.early_max_treedepth = max_treedepth, early_max_treedepth
        self.path_length, self.max_steps = path_length, max_steps
        self.first_kept = 0 if keep_warmup else tune
        self.positions = np.empty((tune + draws - self.first_kept, dim))
        self.stats = np.zeros(tune + draws, STAT_DTYPE)
        self.position_rows = self.positions
        self.stat_rows = self.stats
        self.allocate()
        self.here = self.take()
        for i in range(dim):
            self.here.q[i] = start[i]
            self.scale[i] = sqrt(inverse_mass[i])
        self.max_energy_error = max_energy_error
        self.adapt.target = target_accept
        self.adapt.gamma, self.adapt.kappa, self.adapt.t0 = gamma, kappa, t0
        self.step_size = 0 if step_size is None else step_size
        self.stretch, self.fixed_step = 1.0, not adapt_step_size
        self.windows = make_windows(tune if adapt_metric else 0)

    def __dealloc__(self):
        PyMem_RawFree(self.block)
        PyMem_RawFree(self.points)
        PyMem_RawFree(self.free)
        PyMem_RawFree(self.stack)

    cdef int allocate(self) except -1:
        cdef int n_trees = max(self.max_treedepth, self.early_max_treedepth) + 1
        # Three for each tree on the stack and for the trajectory, one that is being written.
        cdef int n_points = 3 * (n_trees + 1) + 2
        cdef Py_ssize_t stride, i
        cdef double *v
        self.n = (self.dim + 2 * LANES - 1) // (2 * LANES) * 2
        # An odd number of 64-byte lines: rows of a power of two would fight for cache sets.
        stride = ((self.dim + 7) // 8 | 1) * 8
        self.block = <double *>PyMem_RawCalloc(
            (3 * n_points + n_trees + 4) * stride + 8, sizeof(double)
        )
        self.points = <Point *>PyMem_RawCalloc(n_points, sizeof(Point))
        self.free = <Point **>PyMem_RawCalloc(n_points, sizeof(Point *))
        self.stack = <Tree *>PyMem_RawCalloc(n_trees, sizeof(Tree))
        if not (self.block and self.points and self.free and self.stack):
            raise MemoryError(f"no memory for a chain of {self.dim} dimensions")
        v = <double *>((<uintptr_t>self.block + 63) & ~<uintptr_t>63)
        self.scale, self.trajectory_room = v, v + stride
        self.mean, self.sum_sq = v + 2 * stride, v + 3 * stride
        v += 4 * stride
        for i in range(n_trees):
            self.stack[i].room = v
            v += stride
        for i in range(n_points):
            self.points[i].q, self.points[i].p, self.points[i].g = v, v + stride, v + 2 * stride
            v += 3 * stride
            # Low points on top: a short tree stays in a few cache lines.
            self.free[n_points - 1 - i] = &self.points[i]
        self.n_free = n_points
        return 0

    def run(self, int limit=-1):
        """Run to the end, or for at most ``limit`` transitions; releases the GIL.

        Returns
        -------
        int
            The ``Status``; RUNNING when the limit was reached first.
        """
        if self.status == RUNNING:
            with nogil:
                self.loop(limit)
        return self.status

    def renew(self):
        """Take the density at the present point again, after something it depends on changed."""
        if self.started:
            self.code = self.density(
                self.dim, self.here.q, self.here.g, &self.here.logp, self.user_data
            )

    @property
    def position(self):
        """Where the chain is now."""
        return np.array(<double[:self.dim]>self.here.q)

    @property
    def inverse_mass(self):
        """Diagonal of the metric in use."""
        return np.square(<double[:self.dim]>self.scale)

    # -------------------------------------------------------------------------- points

    cdef inline Point *take(self) noexcept nogil:
        self.n_free -= 1
        return self.free[self.n_free]

    cdef inline void release(self, Point *a) noexcept nogil:
        a.refs -= 1
        if a.refs == 0:
            self.free[self.n_free] = a
            self.n_free += 1

    cdef inline double uniform(self) noexcept nogil:
        return self.random.next_double(self.random.state)

    cdef double draw_momentum(self, Point *a) noexcept nogil:
        """Fresh momentum; the energy with it."""
        cdef Py_ssize_t i
        cdef double kinetic = 0
        random_standard_normal_fill(self.random, self.dim, a.p)
        for i in range(<Py_ssize_t>self.dim):
            kinetic += a.p[i] * a.p[i]
        a.energy = 0.5 * kinetic - a.logp
        return a.energy

    cdef void leapfrog(self, Point *a, double eps, Point *b) noexcept nogil:
        """One step from ``a``, written to ``b``; its energy is infinite when it failed."""
        cdef int code
        cdef double kinetic
        kick_and_drift(
            self.n, eps, <lanes *>self.scale, <lanes *>a.q, <lanes *>a.p, <lanes *>a.g,
            <lanes *>b.q, <lanes *>b.p,
        )
        code = self.density(self.dim, b.q, b.g, &b.logp, self.user_data)
        if code == 0:
            kinetic = kick(
                self.n, 0.5 * eps, <lanes *>self.scale, <lanes *>b.g, <lanes *>b.p
            )
            b.energy = kinetic - b.logp
            if isfinite(b.energy):
                return
            self.reason = NOT_FINITE
        else:
            self.reason = RECOVERABLE
            self.code = code
            if code < 0:
                self.status = FATAL
        b.energy = INFINITY

    # -------------------------------------------------------------------------- trajectory

    cdef bint merge(self, Tree *a, Tree *b, bint biased) noexcept nogil:
        """Append ``b`` to ``a``; False if the result makes a U-turn.

        The chosen point comes from ``b`` with its share of the weight, or, when ``biased``, with
        the ratio of the weights: that is what lets a trajectory forget where it began.
        """
        cdef bint ok
        cdef double gap = b.log_weight - a.log_weight
        cdef double ratio = exp(-abs(gap))
        cdef double accept = ratio if gap < 0 else 1.0
        if a.first == a.last and b.first == b.last:
            ok = join_points(self.n, <lanes *>a.rho, <lanes *>b.rho, <lanes *>a.room)
        else:
            ok = join_trees(
                self.n, <lanes *>a.rho, <lanes *>b.rho,
                <lanes *>a.first.p, <lanes *>a.last.p, <lanes *>b.first.p, <lanes *>b.last.p,
                <lanes *>a.room,
            )
        a.rho = a.room
        a.log_weight = max(a.log_weight, b.log_weight) + log1p(ratio)
        if not biased:
            accept /= 1 + ratio
        if self.uniform() < accept:
            self.release(a.chosen)
            a.chosen = b.chosen
        else:
            self.release(b.chosen)
        self.release(a.last)
        self.release(b.first)
        a.last = b.last
        return ok

    cdef void drop(self, Tree *a) noexcept nogil:
        self.release(a.first)
        self.release(a.last)
        self.release(a.chosen)

    cdef bint leaf(self, Point *before, double eps, Tree *out) noexcept nogil:
        """One leapfrog step as a tree; False if the trajectory diverged there."""
        cdef Point *a = self.take()
        cdef double error
        a.refs = 3
        out.first = out.last = out.chosen = a
        out.rho = a.p
        self.leapfrog(before, eps, a)
        self.n_steps += 1
        a.index = before.index + (1 if eps > 0 else -1)
        error = a.energy - self.energy0
        if abs(error) > abs(self.worst):
            self.worst = error
        out.log_weight = -error
        self.sum_accept += exp(-error) if error > 0 else 1.0
        if error > self.max_energy_error:
            if self.reason == NONE:
                self.reason = ENERGY
            return False
        return True

    cdef bint grow(self, Point *edge, int depth, double eps) noexcept nogil:
        """Build ``2**depth`` points beyond ``edge`` into ``stack[0]``.

        Neighbouring trees of equal size on the stack are merged as soon as both are there, which
        is the order of the usual recursion.  False, with nothing held, if the tree is not valid.
        """
        cdef int i, top = 0, bits
        cdef bint ok = True
        for i in range(1 << depth):
            ok = self.leaf(edge, eps, &self.stack[top]) and self.raised[0] == 0
            top += 1
            bits = i
            while ok and bits & 1:
                top -= 1
                ok = self.merge(&self.stack[top - 1], &self.stack[top], False)
                bits >>= 1
            if not ok:
                break
            edge = self.stack[top - 1].last
        if not ok:
            for i in range(top):
                self.drop(&self.stack[i])
        return ok

    cdef void begin(self, Point *a) noexcept nogil:
        """Forget the transition before, and give the present point a momentum."""
        self.reason = NONE
        self.n_steps = a.index = 0
        self.sum_accept = self.worst = 0
        self.energy0 = self.draw_momentum(a)

    cdef void transition(self, Stat *stat) noexcept nogil:
        cdef Tree path
        cdef int depth = 0
        cdef bint early = self.done < EARLY and self.done < self.tune
        cdef int deepest = self.early_max_treedepth if early else self.max_treedepth
        cdef double eps = self.stretch * self.step_size
        cdef bint turned = False
        cdef Point *a = self.here
        self.begin(a)
        a.refs += 2
        path.first = path.last = path.chosen = a
        path.rho = a.p
        path.room = self.trajectory_room
        path.log_weight = 0
        while depth < deepest and not turned:
            if self.uniform() < 0.5:  # grow the other end
                path.first, path.last = path.last, path.first
                eps = -eps
            if not self.grow(path.last, depth, eps):
                turned = True
                break
            depth += 1
            turned = not self.merge(&path, &self.stack[0], True)
        self.here = path.chosen
        self.release(path.first)
        self.release(path.last)
        self.describe(stat, self.sum_accept / self.n_steps, depth, not turned)

    cdef void walk(self, Stat *stat) noexcept nogil:
        """A trajectory of fixed length whose end is accepted or not (Duane et al. 1987)."""
        cdef Point *edge = self.here
        cdef Point *after
        cdef double error, rate, eps = self.stretch * self.step_size
        cdef double wanted = self.path_length / eps
        cdef int n = self.max_steps if wanted >= self.max_steps else max(1, <int>wanted)
        self.begin(edge)
        edge.refs += 1
        # Only a point without energy ends it early: the way back from beyond would meet it too.
        while self.n_steps < n and isfinite(edge.energy) and self.raised[0] == 0:
            after = self.take()
            after.refs = 1
            self.leapfrog(edge, eps, after)
            self.release(edge)
            edge = after
            self.n_steps += 1
        edge.index = self.n_steps
        error = self.worst = edge.energy - self.energy0
        if error > self.max_energy_error and self.reason == NONE:
            self.reason = ENERGY
        rate = exp(-error) if error > 0 else 1.0
        if self.uniform() < rate:
            self.release(self.here)
            self.here = edge
        else:
            self.release(edge)
        self.describe(stat, rate, 0, False)

    cdef void describe(self, Stat *stat, double rate, int depth, bint cut) noexcept nogil:
        """The statistics of a transition that has ended."""
        stat.lp = self.here.logp
        stat.energy = self.here.energy
        stat.energy_error = self.here.energy - self.energy0
        stat.max_energy_error = self.worst
        stat.index_in_trajectory = self.here.index
        stat.acceptance_rate = rate
        stat.step_size = self.step_size
        stat.tree_depth = depth
        stat.n_steps = self.n_steps
        stat.diverging = self.reason != NONE
        stat.divergence_reason = self.reason
        stat.reached_max_treedepth = cut

    # -------------------------------------------------------------------------- warm-up

    cdef void find_step_size(self) noexcept nogil:
        """Double or halve the step until one step changes the energy by about log(0.8)."""
        cdef Point *b = self.take()
        cdef double change, eps = self.step_size if self.step_size > 0 else 1.0
        cdef int direction = 0
        cdef double start_energy
        b.refs = 1
        while self.status == RUNNING and self.raised[0] == 0:
            start_energy = self.draw_momentum(self.here)
            self.leapfrog(self.here, eps, b)
            change = start_energy - b.energy
            if direction == 0:
                direction = 1 if change > log(0.8) else -1
            elif (direction == 1) != (change > log(0.8)):
                break
            eps = 2 * eps if direction == 1 else 0.5 * eps
            if eps > 1e100:
                self.status = IMPROPER
            elif eps < 1e-100:
                self.status = NO_STEP_SIZE
        self.step_size = eps
        self.release(b)

    cdef void learn(self, double accept) noexcept nogil:
        """What warm-up does after transition number ``done``."""
        cdef Windows *w = &self.windows
        if not self.fixed_step:
            self.step_size = step_size_learn(&self.adapt, accept)
        if w.begin <= self.done < w.end:
            self.observe(self.here.q)
            if self.done == w.next:
                windows_advance(w)
                self.set_scale()
                if not self.fixed_step:
                    self.find_step_size()
                    step_size_restart(&self.adapt, self.step_size)
        if self.done == self.tune - 1:
            self.step_size = self.adapt.mean

    cdef void observe(self, const double *q) noexcept nogil:
        cdef Py_ssize_t i
        cdef double d
        self.count += 1
        for i in range(<Py_ssize_t>self.dim):
            d = q[i] - self.mean[i]
            self.mean[i] += d / self.count
            self.sum_sq[i] += d * (q[i] - self.mean[i])

    cdef void set_scale(self) noexcept nogil:
        """Variances of the window, shrunk towards 1e-3 as in Stan; start the next window."""
        cdef size_t i
        cdef double variance, c = self.count
        for i in range(self.dim):
            variance = self.sum_sq[i] / (c - 1)
            self.scale[i] = sqrt((c / (c + 5)) * variance + 1e-3 * (5 / (c + 5)))
            self.mean[i] = self.sum_sq[i] = 0
        self.count = 0

    cdef bint start(self) noexcept nogil:
        """Density at the start point and a first step size."""
        cdef size_t i
        cdef double total = 0
        self.started = True
        self.here.refs = 1
        self.code = self.density(
            self.dim, self.here.q, self.here.g, &self.here.logp, self.user_data
        )
        for i in range(self.dim):
            total += abs(self.here.g[i])
        if self.code < 0:
            self.status = FATAL
        elif self.code > 0 or not isfinite(self.here.logp) or not isfinite(total):
            self.status = BAD_START
        elif self.step_size == 0:
            self.find_step_size()
        step_size_restart(&self.adapt, self.step_size)
        return self.status == RUNNING

    cdef void loop(self, int limit) noexcept nogil:
        cdef int last = self.tune + self.draws
        if 0 <= limit < last - self.done:
            last = self.done + limit
        if not self.started and not self.start():
            return
        watch_start(&self.watch, self.done)
        self.advance(last)
        watch_share(&self.watch, &self.stat_rows[0], self.done, True)

    cdef void advance(self, int last) noexcept nogil:
        """Transitions until ``last`` are done, or something ends them."""
        cdef Stat stat
        while self.done < last:
            if self.path_length > 0:
                self.walk(&stat)
            else:
                self.transition(&stat)
            if self.status == FATAL:
                return
            if self.raised[0]:
                self.status = STOPPED
                return
            watch_transition(&self.watch, &stat)
            self.stat_rows[self.done] = stat
            if self.done >= self.first_kept:
                memcpy(
                    &self.position_rows[self.done - self.first_kept, 0], self.here.q,
                    self.dim * sizeof(double),
                )
            if self.done < self.tune:
                self.learn(stat.acceptance_rate)
                if self.status != RUNNING:
                    return
            else:
                self.divergences += stat.diverging
            self.stat_rows[self.done].step_size_bar = self.adapt.mean
            self.done += 1
            watch_share(&self.watch, &self.stat_rows[0], self.done, False)
        if self.done == self.tune + self.draws:
            self.status = FINISHED
