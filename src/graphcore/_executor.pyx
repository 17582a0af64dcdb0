"""Running programs: a program is a list of kernel calls over a table of pointers.

A program is immutable.  Whatever changes during a run lives in a *work area*: the error record,
the scalar cells, planned arrays, block registers and the pointer table.  A work area belongs to
one run at a time, so one program serves any number of threads.
"""
from cpython.ref cimport PyObject, Py_INCREF, Py_DECREF
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

cimport numpy as cnp

import numpy as np

from graphcore._linalg import calls as linalg_calls
from graphcore._lines import calls as line_calls
from graphcore.kernels import cell_reads, threaded

cnp.import_array()

cdef extern from *:
    """
    #include <stdlib.h>
    #if defined(_MSC_VER)
    #include <malloc.h>
    #define gk_free_aligned _aligned_free
    static void *gk_alloc_aligned(size_t n) { return _aligned_malloc(n, 64); }
    #else
    #define gk_free_aligned free
    static void *gk_alloc_aligned(size_t n) { return aligned_alloc(64, (n + 63) / 64 * 64); }
    #endif
    /* ask for a part of a stream, into the first cache or the second; GCC removes calls of
     * functions that only ask, hence the empty instruction */
    #if defined(__GNUC__) || defined(__clang__)
    static inline void gk_prefetch(const char *p, int64_t n, int cache) {
      const char *end = p + n;
      if (cache == 1)
        for (; p < end; p += 64) __builtin_prefetch(p, 0, 3);
      else
        for (; p < end; p += 64) __builtin_prefetch(p, 0, 2);
      __asm__ volatile("");
    }
    #else
    #define gk_prefetch(p, n, cache) ((void)0)
    #endif
    /* what was written past the caches comes before what is written from here on */
    #if defined(__x86_64__)
    #define gk_fence() __asm__ volatile("sfence" ::: "memory")
    #else
    #define gk_fence() ((void)0)
    #endif
    #include <time.h>
    static double gk_now(void) {
      struct timespec t;
      timespec_get(&t, TIME_UTC);
      return t.tv_sec + 1e-9 * t.tv_nsec;
    }
    #include "gk_threads.h"
    """
    void gk_fence() noexcept nogil
    void gk_prefetch(const char* p, int64_t n, int cache) noexcept nogil
    double gk_now() noexcept nogil
    void gk_team_run(void (*share)(void*, int) noexcept nogil, void* work, int n) noexcept nogil
    void gk_team_start(int n) noexcept nogil
    enum: GK_MOST_THREADS
    void* gk_alloc_aligned(size_t n) noexcept nogil
    void gk_free_aligned(void* p) noexcept nogil

cdef extern from "gk_owner.h":
    int64_t gk_next(int64_t* p) noexcept nogil
    bint gk_claim(int64_t* owner, int64_t thread) noexcept nogil

cdef enum:
    FAR = 1 << 23           # bytes of streams beyond which asking ahead pays
    FEW = 5                 # calls, and
    WIDE = 64               # bytes per row, up to which the processor foresees enough by itself
    NEAR = 1 << 14          # bytes of streams per block for which the first cache has room
    AHEAD = 4096            # bytes of a stream, at least, that are asked into the second cache
    LINE = 64               # bytes that come at once
    ERROR_BYTES = 64        # size of an error record
    ERR_PYTHON = 2          # an exception object waits in the error record


MOST_THREADS = GK_MOST_THREADS


# ---- the calls that are not kernels --------------------------------------------------

include "loops.pxi"


cdef void call_python(char** P, PyObject* pointer, int64_t* err) noexcept with gil:
    step = <object>pointer
    try:
        step(tuple([<size_t>P[<int32_t>slot] for slot in step.slots]))
    except BaseException as error:
        Py_INCREF(error)
        err[0] = ERR_PYTHON
        err[1] = <int64_t><PyObject*>error


cdef void run_python(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    """Call back into Python with the addresses of the operands."""
    cdef int64_t* err = <int64_t*>P[0]
    if err[0] == 0:
        call_python(P, <PyObject*>ins.k0, err)


ctypedef void (*dgemm_t)(char* ta, char* tb, int* m, int* n, int* k, double* alpha, double* a,
                         int* lda, double* b, int* ldb, double* beta, double* c,
                         int* ldc) noexcept nogil


cdef void run_gemm(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    """Row-major ``y = a @ b`` by BLAS, which counts in columns: the transposed product."""
    cdef const int64_t* p = <const int64_t*>ins.k0     # m, n, k, ta, lda, tb, ldb, dgemm
    cdef int rows = <int>p[0], cols = <int>p[1], inner = <int>p[2]
    cdef int lda = <int>p[4], ldb = <int>p[6]
    cdef char ta = b"T" if p[3] else b"N"
    cdef char tb = b"T" if p[5] else b"N"
    cdef double one = 1.0, zero = 0.0
    (<dgemm_t>p[7])(&tb, &ta, &cols, &rows, &inner, &one, <double*>P[ins.b], &ldb,
                    <double*>P[ins.a], &lda, &zero, <double*>P[ins.y], &cols)


def builtin_calls():
    """Addresses of the calls that are not kernels."""
    return {"loop": <size_t>&run_loop, "python": <size_t>&run_python, "gemm": <size_t>&run_gemm}


# ---- plans ------------------------------------------------------------------------------------

cdef char* plan_new_work(const Plan* plan) noexcept nogil:
    """A fresh work area; NULL when memory is short.  Free with ``gk_free_aligned``."""
    cdef char* work = <char*>gk_alloc_aligned(plan.work_bytes)
    cdef char** P
    cdef Py_ssize_t i, n_slots
    if work == NULL:
        return NULL
    memcpy(work, plan.image, plan.image_bytes)
    # slots of the work area hold offsets in the image: make them pointers
    P = <char**>(work + plan.table_offset)
    cdef int64_t* kind = <int64_t*>(plan.image + plan.image_bytes)
    n_slots = kind[0]
    for i in range(n_slots):
        if kind[1 + i]:
            P[i] = work + <size_t>P[i]
    return work


cdef Place* pool_claim(Pool* pool, int64_t thread) noexcept nogil:
    """A place that from now on belongs to this thread, with a new work area; NULL if there is none.

    Places are not given back: a thread that starts later often has the number of one that ended.
    """
    cdef int i
    cdef Place* place
    for i in range(MAX_POOL):
        if gk_claim(&pool.owner[i], thread):
            place = &pool.places[i]
            place.work = plan_new_work(pool.plan)
            place.busy = place.work == NULL
            return place if place.work != NULL else NULL
    return NULL


cdef char* pool_search(Pool* pool, Place** at) noexcept nogil:
    """``pool_acquire`` where the first place is not that of this thread."""
    cdef int64_t thread = gk_thread(), owner
    cdef int i
    cdef Place* place
    for i in range(MAX_POOL):
        place = &pool.places[i]
        owner = gk_owner(&pool.owner[i])
        if owner == thread and not place.busy:
            break
        if owner == 0:
            place = pool_claim(pool, thread)
            break
    else:
        place = NULL
    at[0] = place
    if place == NULL:
        return plan_new_work(pool.plan)
    place.busy = True
    return place.work


cdef void work_free(char* work) noexcept nogil:
    gk_free_aligned(work)


cdef class Program:
    """A chain of kernel calls with its constants and its memory plan.

    Built by ``graphcore.lower``; immutable and re-entrant.
    """

    def __cinit__(self):
        self.owned = []
        memset(&self.pool, 0, sizeof(Pool))
        self.pool.plan = &self.plan

    def __dealloc__(self):
        cdef int i
        for i in range(MAX_POOL):
            if self.pool.places[i].work != NULL:
                gk_free_aligned(self.pool.places[i].work)

    cdef void* take(self, Py_ssize_t size) except NULL:
        """Zeroed memory that lives as long as the program."""
        block = np.zeros(max(size, 8) // 8 + 9, dtype=np.int64)
        self.owned.append(block)
        cdef size_t address = <size_t>cnp.PyArray_DATA(block)
        return <void*>((address + 63) // 64 * 64)

    def __init__(self, spec, dict kernels, dict opcodes, size_t scalar_run, far):
        """
        Parameters
        ----------
        spec : graphcore.lower.spec.ProgramSpec
            Calls by name, slots, constants and sizes.
        kernels, opcodes : dict
            Addresses of the kernels and of the scalar handlers of the active instruction-set level.
        scalar_run : int
            Address of that level's scalar interpreter.
        far : callable
            Gives the address of the kernel that replaces the one of a name in a long loop of it
            alone, or None.
        """
        self.spec = spec
        self.keep = (spec.constants, spec.steps)
        self.heavy = spec.heavy
        table = {**kernels, **builtin_calls(), **linalg_calls(), **line_calls()}
        self._build_image(spec)
        self.reads = cell_reads(spec)
        self.far = far
        self.plan.calls = self._calls(spec.steps, spec, table, opcodes, scalar_run)
        self.plan.n_calls = len(spec.steps)
        self.reads = self.far = None

    def _build_image(self, spec):
        cdef Py_ssize_t n_slots = len(spec.slots), n_cells = len(spec.cells), i
        cdef Py_ssize_t cells_at = 64
        cdef Py_ssize_t table_at = (cells_at + 8 * n_cells + 63) // 64 * 64
        cdef Py_ssize_t image_bytes = (table_at + 8 * n_slots + 63) // 64 * 64
        cdef char* image = <char*>self.take(image_bytes + 8 * (n_slots + 1))
        cdef int64_t* table = <int64_t*>(image + table_at)
        cdef int64_t* relative = <int64_t*>(image + image_bytes)
        cdef External* ext
        if n_cells:
            cells = np.ascontiguousarray(spec.cells, dtype=np.int64)
            memcpy(image + cells_at, cnp.PyArray_DATA(cells), 8 * n_cells)
        relative[0] = n_slots
        external = [(i, index, offset) for i, (kind, index, offset) in enumerate(spec.slots)
                    if kind == "external"]
        ext = <External*>self.take(sizeof(External) * max(1, len(external)))
        for i, (slot, buffer, offset) in enumerate(external):
            ext[i].slot, ext[i].buffer, ext[i].offset = slot, buffer, offset
        for i in range(n_slots):
            kind, index, offset = spec.slots[i]
            if kind == "error":
                table[i], relative[1 + i] = 0, 1
            elif kind == "cell":
                table[i], relative[1 + i] = cells_at + 8 * <int64_t>index, 1
            elif kind == "work":
                table[i], relative[1 + i] = image_bytes + <int64_t>offset, 1
            elif kind == "constant":
                table[i] = <int64_t><size_t>cnp.PyArray_DATA(spec.constants[index])
                table[i] += <int64_t>offset
        self.plan.image = image
        self.plan.image_bytes = image_bytes
        self.plan.table_offset = table_at
        self._plan_helpers(spec, image_bytes + spec.work_bytes)
        self.plan.external = ext
        self.plan.n_external = len(external)

    def _plan_helpers(self, spec, Py_ssize_t used):
        """Memory of the threads that share loops: a pointer table and registers for each."""
        divided = [s for s in spec.steps if s.kind == "loop" and s.parts is not None]
        self.plan.helpers_at = (used + 63) // 64 * 64
        if divided:
            registers = max([sum(size for _, size in s.parts.registers) for s in divided])
            self.plan.helper_bytes = (8 * len(spec.slots) + 63) // 64 * 64 + registers
            used = self.plan.helpers_at + spec.threads * self.plan.helper_bytes
            gk_team_start(spec.threads)
        self.plan.work_bytes = used

    cdef Call* _calls(self, list steps, spec, dict table, dict opcodes,
                      size_t scalar_run) except NULL:
        cdef Py_ssize_t n = len(steps), i
        cdef Call* calls = <Call*>self.take(sizeof(Call) * max(1, n))
        cdef Py_ssize_t n_slots = len(spec.slots), n_cells = len(spec.cells)
        for i in range(n):
            step = steps[i]
            kind = step.kind
            if kind == "call":
                calls[i].n = step.n
                self._fill(&calls[i].ins, step, table, n_slots)
            elif kind == "scalar":
                calls[i].n = len(step.code)
                calls[i].ins.fn = <gk_kernel>scalar_run
                calls[i].ins.k0 = <int64_t>self._scalar(step.code, opcodes, n_slots, n_cells)
            elif kind == "loop":
                calls[i].n = step.n
                calls[i].ins.fn = run_loop if step.parts is None else run_divided
                calls[i].ins.k0 = <int64_t>self._loop(step, table, n_slots)
            elif kind == "recurrence":
                calls[i].n = step.n
                calls[i].ins.fn = run_recurrence
                if step.until is not None:
                    if not all([0 <= slot < n_slots for slot in step.until]):
                        raise ValueError("the condition of a recurrence is out of range")
                    calls[i].ins.fn = run_until
                    calls[i].ins.a, calls[i].ins.y = step.until
                calls[i].ins.k0 = <int64_t>self._recurrence(step, spec, table, opcodes, scalar_run)
            elif kind == "choice":
                if not 0 <= step.condition < n_slots:
                    raise ValueError("the condition of a choice is out of range")
                calls[i].n = 1
                calls[i].ins.fn = run_choice
                calls[i].ins.a = step.condition
                calls[i].ins.k0 = <int64_t>self._choice(step, spec, table, opcodes, scalar_run)
            elif kind == "python":
                calls[i].n = 0
                calls[i].ins.fn = run_python
                calls[i].ins.k0 = <int64_t><PyObject*>step
            else:
                raise ValueError(f"unknown step {kind!r}")
        return calls

    cdef gk_sins* _scalar(self, list code, dict opcodes, Py_ssize_t n_slots,
                          Py_ssize_t n_cells) except NULL:
        cdef Py_ssize_t limit_y, limit_a, y, a, b, c, i = 0
        cdef gk_sins* run = <gk_sins*>self.take(sizeof(gk_sins) * (len(code) + 1))
        for op, y, a, b, c in code:
            limit_y = n_slots if op == "store" else n_cells
            limit_a = n_slots if op == "load" else n_cells
            if not (0 <= y < limit_y and 0 <= a < limit_a and 0 <= b < n_cells
                    and 0 <= c < n_cells):
                raise ValueError(f"scalar instruction {op} has an operand out of range")
        for go, y, a, b, c in threaded(code, opcodes, self.reads):
            run[i].go = <const void*><size_t>go
            run[i].y, run[i].a, run[i].b, run[i].c = y, a, b, c
            i += 1
        return run

    cdef Recurrence* _recurrence(self, step, spec, dict table, dict opcodes,
                                 size_t scalar_run) except NULL:
        cdef Recurrence* rec = <Recurrence*>self.take(sizeof(Recurrence))
        cdef Py_ssize_t n_slots = len(spec.slots), i
        rec.n_calls, rec.n_shifts = len(step.body), len(step.cursors)
        rec.calls = self._calls(step.body, spec, table, opcodes, scalar_run)
        rec.shifts = <Shift*>self.take(sizeof(Shift) * max(1, rec.n_shifts))
        for i, (slot, base, distance) in enumerate(step.cursors):
            if not (0 <= slot < n_slots and 0 <= base < n_slots):
                raise ValueError("a cursor of a recurrence is out of range")
            rec.shifts[i].slot, rec.shifts[i].base, rec.shifts[i].step = slot, base, distance
        return rec

    cdef Choice* _choice(self, step, spec, dict table, dict opcodes,
                         size_t scalar_run) except NULL:
        cdef Choice* choice = <Choice*>self.take(sizeof(Choice))
        cdef int i
        for i, body in enumerate(step.bodies):
            choice.n_calls[i] = len(body)
            choice.calls[i] = self._calls(body, spec, table, opcodes, scalar_run)
        return choice

    cdef int _fill(self, gk_ins* ins, step, dict table, Py_ssize_t n_slots) except -1:
        name = step.name
        if name not in table:
            raise ValueError(f"no kernel is called {name!r} at this instruction-set level")
        for slot in step.slots:
            if not 0 <= slot < n_slots:
                raise ValueError(f"kernel {name} has an operand out of range: slot {slot}")
        ins.fn = <gk_kernel><size_t>table[name]
        ins.y, ins.a, ins.b, ins.c = step.y, step.a, step.b, step.c
        ins.k0, ins.k1, ins.k2 = step.k0, step.k1, step.k2
        if step.more:
            more = [*step.more, *[0] * (6 - len(step.more))]
            ins.k0, ins.k1, ins.k2 = [a | b << 32 for a, b in zip(more[::2], more[1::2])]
        return 0

    cdef Loop* _loop(self, step, dict table, Py_ssize_t n_slots) except NULL:
        cdef Loop* loop = <Loop*>self.take(sizeof(Loop))
        cdef Py_ssize_t i, d
        if len(step.outer) > MAX_OUTER:
            raise ValueError(f"a loop has {len(step.outer)} outer axes; at most {MAX_OUTER} fit")
        loop.n, loop.block = step.n, step.block
        moved = sum([abs(inner) for _, _, inner, _ in step.cursors])
        if step.n * moved <= FAR or len(step.body) <= FEW and moved <= WIDE:
            loop.far = 0
        else:
            loop.far = 1 if step.block * moved <= NEAR else 2
        loop.n_outer, loop.n_body = len(step.outer), len(step.body)
        loop.n_cursors = len(step.cursors)
        for d, length in enumerate(step.outer):
            loop.outer[d] = length
        loop.body = <gk_ins*>self.take(sizeof(gk_ins) * max(1, len(step.body)))
        for i, ins in enumerate(step.body):
            self._fill(&loop.body[i], ins, table, n_slots)
        if len(step.body) == 1:
            address = self.far(step.body[0].name)
            if address is not None:
                loop.body[0].fn = <gk_kernel><size_t>address
        loop.cursors = <Cursor*>self.take(sizeof(Cursor) * max(1, len(step.cursors)))
        streams = {ins.y for ins in step.body if ins.name == "stream"}
        loop.streams = bool(streams)
        for i, (slot, base, inner, outer) in enumerate(step.cursors):
            if not (0 <= slot < n_slots and 0 <= base < n_slots):
                raise ValueError("a loop cursor is out of range")
            loop.cursors[i].slot, loop.cursors[i].base, loop.cursors[i].step = slot, base, inner
            passed = step.block * inner
            loop.cursors[i].ahead = passed if loop.far == 1 else max(AHEAD, passed)
            if slot not in streams:  # else nothing is read
                loop.cursors[i].share = -(-passed // (LINE * loop.n_body)) * LINE
            for d, stride in enumerate(outer):
                loop.cursors[i].outer[d] = stride
        if step.parts is not None:
            loop.parts = self._parts(step, table, n_slots)
        return loop

    cdef Parts* _parts(self, step, dict table, Py_ssize_t n_slots) except NULL:
        cdef Parts* parts = <Parts*>self.take(sizeof(Parts))
        cdef Py_ssize_t i
        cdef int64_t at = ERROR_BYTES
        plan = step.parts
        parts.n, parts.rows, parts.slot = plan.n, plan.rows, plan.slot
        parts.threads = self.spec.threads
        parts.helpers_at, parts.helper_bytes = self.plan.helpers_at, self.plan.helper_bytes
        parts.n_sums = len(plan.sums)
        parts.sums = <Sum*>self.take(sizeof(Sum) * max(1, parts.n_sums))
        for i, (slot, count, begin, join) in enumerate(plan.sums):
            parts.sums[i].count, parts.sums[i].offset = count, at
            parts.sums[i].begin.y = slot
            if begin is not None:
                parts.sums[i].begin.fn = <gk_kernel><size_t>table[begin]
            parts.sums[i].join = <gk_kernel><size_t>table[join]
            at += 8 * count
        parts.part_bytes = plan.part_bytes
        if at > plan.part_bytes or parts.rows % step.block or parts.n * parts.rows < step.n:
            raise ValueError("a loop is divided in parts that do not fit")
        own = {slot for slot, _ in plan.registers} | {slot for slot, _, _, _ in plan.sums}
        own |= {slot for slot, _, _, _ in step.cursors}
        used = {slot for _, slot, _, _ in step.cursors}
        used |= {slot for op in step.body for slot in op.slots}
        used = sorted(used - own)
        parts.n_used, parts.n_registers = len(used), len(plan.registers)
        parts.used = <int32_t*>self.take(sizeof(int32_t) * max(1, parts.n_used))
        parts.registers = <Register*>self.take(sizeof(Register) * max(1, parts.n_registers))
        for i, slot in enumerate(used):
            parts.used[i] = slot
        at = (8 * n_slots + 63) // 64 * 64
        for i, (slot, size) in enumerate(plan.registers):
            parts.registers[i].slot, parts.registers[i].offset = slot, at
            at += size
        return parts

    @property
    def work_bytes(self):
        """Bytes of work memory one run needs."""
        return self.plan.work_bytes

    def run(self, tuple buffers):
        """Run on arrays given by the caller, in the order of the program's buffers.

        Nothing is checked here: ``graphcore.runtime`` has checked dtypes, shapes and layout.

        Returns
        -------
        None or tuple
            None when all went well, else ``(code, node, value, length)``.
        """
        cdef char* pointers[64]
        cdef char** ext = pointers
        cdef Py_ssize_t i, n = len(buffers)
        if n > 64:
            big = np.empty(n, dtype=np.intp)
            ext = <char**>cnp.PyArray_DATA(big)
        for i in range(n):
            ext[i] = <char*>cnp.PyArray_DATA(buffers[i])
        return self.execute(ext)

    cdef object execute(self, char** buffers):
        """:meth:`run` on bare pointers."""
        cdef int status
        cdef Place* place
        cdef char* work = pool_acquire(&self.pool, &place)
        if work == NULL:
            raise MemoryError(f"no room for {self.plan.work_bytes} bytes of work memory")
        try:
            if self.heavy:
                with nogil:
                    status = plan_run(&self.plan, work, buffers)
            else:
                status = plan_run(&self.plan, work, buffers)
            if status == 0:
                return None
            return take_error(<int64_t*>work)
        finally:
            pool_release(place, work)

    def times(self, tuple buffers, double seconds=0.02):
        """Seconds that each step takes, measured by repeating it on its own.

        Parameters
        ----------
        buffers : tuple of ndarray
            As for :meth:`run`; outputs are overwritten with meaningless numbers.
        seconds : float
            Time spent per step, about.

        Returns
        -------
        list of float
        """
        cdef char* pointers[64]
        cdef Py_ssize_t i, n = len(buffers)
        cdef Place* place
        cdef double once
        cdef int64_t repeats
        if n > 64:
            raise ValueError("a program with more than 64 buffers cannot be profiled")
        for i in range(n):
            pointers[i] = <char*>cnp.PyArray_DATA(buffers[i])
        cdef char* work = pool_acquire(&self.pool, &place)
        if work == NULL:
            raise MemoryError(f"no room for {self.plan.work_bytes} bytes of work memory")
        found = []
        try:
            if plan_run(&self.plan, work, pointers):
                take_error(<int64_t*>work)
                raise ValueError("the program does not run at this point, so it has no times")
            for i in range(self.plan.n_calls):
                once = seconds_of(&self.plan, work, i, 3)
                repeats = <int64_t>(seconds / max(once, 1e-9)) + 1
                found.append(seconds_of(&self.plan, work, i, min(repeats, 1_000_000)))
        finally:
            pool_release(place, work)
        return found


cdef double seconds_of(const Plan* plan, char* work, Py_ssize_t step,
                       int64_t repeats) noexcept nogil:
    """Mean time of one step, repeated on the memory that a whole run has left."""
    cdef char** P = <char**>(work + plan.table_offset)
    cdef const Call* call = &plan.calls[step]
    cdef int64_t _
    cdef double start = gk_now()
    for _ in range(repeats):
        call.ins.fn(call.n, P, &call.ins)
    return (gk_now() - start) / repeats


cdef object take_error(int64_t* err):
    """The error record as a tuple; a waiting Python exception is raised."""
    if err[0] == ERR_PYTHON:
        error = <object><PyObject*>err[1]
        Py_DECREF(error)
        raise error
    return (err[0], err[1], err[2], err[3])
