# What is noted down about each transition of a chain.

from libc.stdint cimport int8_t, int32_t


cdef extern from "gk_clock.h" nogil:
    double gk_wall_clock()
    double gk_thread_clock()


cdef struct Stat:
    double lp
    double acceptance_rate
    double step_size
    double step_size_bar
    double energy
    double energy_error
    double max_energy_error
    double perf_counter_start
    double perf_counter_diff
    double process_time_diff
    int32_t tree_depth
    int32_t n_steps
    int32_t index_in_trajectory
    int8_t diverging
    int8_t divergence_reason
    int8_t reached_max_treedepth


cdef struct Watch:
    # Asking for the time that a thread has worked takes longer than a short transition (700 ns on
    # virtual machines), so it is asked for at times only; the transitions in between share it.
    double wall
    double first_wall
    double first_work
    int first  # the first transition that has no share yet


cdef inline void watch_start(Watch *w, int done) noexcept nogil:
    w.wall = w.first_wall = gk_wall_clock()
    w.first_work = gk_thread_clock()
    w.first = done


cdef inline void watch_transition(Watch *w, Stat *row) noexcept nogil:
    """Note when a transition began, which was when the one before ended, and how long it took."""
    cdef double now = gk_wall_clock()
    row.perf_counter_start = w.wall
    row.perf_counter_diff = now - w.wall
    w.wall = now


cdef inline void watch_share(Watch *w, Stat *rows, int done, bint last) noexcept nogil:
    """Give the transitions up to ``done`` their share of the time worked, if it is time."""
    cdef double took = w.wall - w.first_wall, work, share
    cdef int i
    if w.first == done or not (last or took > 2e-4):
        return
    work = gk_thread_clock()
    share = (work - w.first_work) / took if took > 0 else 0.0
    for i in range(w.first, done):
        rows[i].process_time_diff = share * rows[i].perf_counter_diff
    w.first, w.first_wall, w.first_work = done, w.wall, work
