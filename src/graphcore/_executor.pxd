# Structures of a program in memory and the functions other compiled modules may call.
from libc.stdint cimport int32_t, int64_t


from graphcore._kernel cimport gk_ins, gk_kernel, gk_sins


cdef enum:
    MAX_OUTER = 8           # outer axes of a loop after merging
    MAX_POOL = 64           # work areas kept for concurrent calls of one entry point
    # entry of the error record that is set when a matrix of a density was not positive definite
    NOT_POSITIVE = 4
    # entry that says whether the next loop that is divided runs from its last part to its first
    BACK = 5


cdef struct Call:           # one kernel call: the program is a list of these
    int64_t n
    gk_ins ins


cdef struct Cursor:         # a pointer that moves with the loop
    int32_t slot, base
    int64_t step            # bytes per inner element
    int64_t ahead           # bytes between what is worked on and what is asked for meanwhile
    int64_t share           # bytes that are asked for before each call of the body
    int64_t outer[MAX_OUTER]   # bytes per step of each outer axis


cdef struct Sum:            # what every part of a loop adds up for itself
    gk_ins begin            # its first content; zeros when there is no such kernel
    gk_kernel join          # adds the content of one part to the whole
    int64_t count, offset   # numbers, and where they lie in the memory of a part


cdef struct Register:       # a block register of a thread: its place in the memory of the thread
    int64_t slot, offset


cdef struct Parts:          # how the inner axis of a loop is divided, whoever works on the parts
    int64_t n, rows         # parts, and rows of each but the last
    int64_t part_bytes      # memory of one part: an error record and its sums
    int64_t helpers_at, helper_bytes   # work area of each thread: a pointer table, registers
    int32_t slot            # where the memory of the parts begins
    int32_t threads, n_sums, n_used, n_registers
    Sum* sums
    int32_t* used           # slots that the body refers to
    Register* registers


cdef struct Loop:
    int64_t n, block        # inner length, elements per pass
    int32_t n_outer, n_body, n_cursors
    bint streams            # it writes past the caches
    int32_t far             # 0, or the cache that the streams are asked into: 1, 2
    int64_t outer[MAX_OUTER]
    gk_ins* body
    Cursor* cursors
    Parts* parts            # NULL: undivided


cdef struct Shift:          # a pointer that moves with a recurrence
    int32_t slot, base
    int64_t step            # bytes per repetition


cdef struct Recurrence:     # calls that are repeated
    int32_t n_calls, n_shifts
    Call* calls
    Shift* shifts


cdef struct Choice:         # calls of which one list runs
    int32_t n_calls[2]
    Call* calls[2]


cdef struct External:       # a slot that points into a buffer given by the caller
    int32_t slot, buffer
    int64_t offset


cdef struct Plan:           # everything a run needs, read only
    Py_ssize_t n_calls, n_external, work_bytes, table_offset
    Call* calls
    External* external
    const char* image       # initial content of a work area (err record, cells, pointer table)
    Py_ssize_t image_bytes
    Py_ssize_t helpers_at, helper_bytes  # memory of the threads that share a loop


cdef struct Place:          # a work area; only the thread that owns it reads or writes here
    char* work
    bint busy
    char[48] apart          # threads do not share cache lines


cdef struct Pool:           # work areas of one plan, one per run under way
    const Plan* plan
    char[56] apart
    int64_t[MAX_POOL] owner     # threads, 0 where a place belongs to nobody yet
    Place[MAX_POOL] places


cdef extern from "gk_owner.h":
    int64_t gk_thread() noexcept nogil
    int64_t gk_owner(int64_t* p) noexcept nogil


cdef char* pool_search(Pool* pool, Place** place) noexcept nogil
cdef void work_free(char* work) noexcept nogil


cdef inline char* pool_acquire(Pool* pool, Place** at) noexcept nogil:
    """A work area nobody else uses; NULL when memory is short.  Allocates only the first time.

    A thread finds its own place again without waiting for others: only the thread itself reads or
    writes what is in its place.  ``busy`` is for a program that, called back into Python, calls
    itself.
    """
    cdef Place* place = &pool.places[0]
    if gk_owner(&pool.owner[0]) != gk_thread() or place.busy:
        return pool_search(pool, at)
    at[0] = place
    place.busy = True
    return place.work


cdef inline void pool_release(Place* place, char* work) noexcept nogil:
    if place == NULL:
        work_free(work)
    else:
        place.busy = False


cdef inline int plan_run(const Plan* plan, char* work, char** buffers) noexcept nogil:
    """Run; 0, or the code in the error record."""
    cdef char** P = <char**>(work + plan.table_offset)
    cdef int64_t* err = <int64_t*>work
    cdef const External* ext = plan.external
    cdef const External* last = ext + plan.n_external
    cdef const Call* call = plan.calls
    cdef const Call* end = call + plan.n_calls
    while ext != last:
        P[ext.slot] = buffers[ext.buffer] + ext.offset
        ext += 1
    err[0] = err[NOT_POSITIVE] = 0
    while call != end:
        call.ins.fn(call.n, P, &call.ins)
        call += 1
    return <int>err[0]


cdef class Program:
    cdef Plan plan
    cdef Pool pool
    cdef readonly object spec
    cdef object reads           # how often cells are read; while it is built,
    cdef object far             # as what finds other kernels
    cdef object keep
    cdef list owned
    cdef readonly bint heavy
    cdef void* take(self, Py_ssize_t size) except NULL
    cdef object execute(self, char** buffers)
    cdef Call* _calls(self, list steps, spec, dict table, dict opcodes,
                      size_t scalar_run) except NULL
    cdef gk_sins* _scalar(self, list code, dict opcodes, Py_ssize_t n_slots,
                          Py_ssize_t n_cells) except NULL
    cdef Recurrence* _recurrence(self, step, spec, dict table, dict opcodes,
                                 size_t scalar_run) except NULL
    cdef Choice* _choice(self, step, spec, dict table, dict opcodes,
                         size_t scalar_run) except NULL
    cdef int _fill(self, gk_ins* ins, step, dict table, Py_ssize_t n_slots) except -1
    cdef Loop* _loop(self, step, dict table, Py_ssize_t n_slots) except NULL
    cdef Parts* _parts(self, step, dict table, Py_ssize_t n_slots) except NULL


cdef object take_error(int64_t* err)
