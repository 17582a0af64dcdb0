"""A program run once for every row of a matrix: unconstrained draws in, named variables out."""

from libc.stdint cimport int64_t

from graphcore._executor cimport (
    Place, Pool, Program, plan_run, pool_acquire, pool_release, take_error,
)


def expand_rows(Program program, const double[:, ::1] rows, double[:, ::1] out):
    """Write to each row of ``out`` what the program makes of the same row of ``rows``.

    Parameters
    ----------
    program : Program
        Its buffers are one row of input and one row of output.
    rows, out : ndarray of float64
    """
    cdef Pool *pool = &program.pool
    cdef char *buffers[2]
    cdef Py_ssize_t i, n = rows.shape[0]
    cdef int status = 0
    cdef Place *place
    cdef char *work
    if out.shape[0] != n:
        raise ValueError(f"{n} rows cannot be written to {out.shape[0]}")
    if n == 0 or out.shape[1] == 0:
        return
    work = pool_acquire(pool, &place)
    if work == NULL:
        raise MemoryError("no room for the work memory of the program")
    try:
        with nogil:
            for i in range(n):
                buffers[0] = <char *>&rows[i, 0] if rows.shape[1] else NULL
                buffers[1] = <char *>&out[i, 0]
                status = plan_run(pool.plan, work, buffers)
                if status:
                    break
        if status:
            error = take_error(<int64_t *>work)
            raise IndexError(f"index {error[2]} is out of range for an axis of length {error[3]}")
    finally:
        pool_release(place, work)
