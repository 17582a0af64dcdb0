# Loop steps: blocks of rows, parts of loops that threads share, recurrences, choices.
# Included by _executor.pyx.

cdef inline void ask_ahead(const Loop* loop, Py_ssize_t call, char** P) noexcept nogil:
    """Before a call of the body, ask for its share of what a later block reads or writes.

    All of a block at once is more than the processor keeps in flight: it would wait.
    """
    cdef Py_ssize_t i
    cdef int64_t start, left
    cdef const Cursor* cur
    for i in range(loop.n_cursors):
        cur = &loop.cursors[i]
        start = call * cur.share
        left = loop.block * cur.step - start
        gk_prefetch(P[cur.slot] + cur.ahead + start, min(left, cur.share), loop.far)


cdef void run_blocks(const Loop* loop, int64_t at, int64_t end, char** P) noexcept nogil:
    """The body once per block of the rows from ``at`` to ``end``; the cursors stand at ``at``."""
    cdef int64_t m
    cdef Py_ssize_t i
    cdef bint asks
    cdef const gk_ins* op
    cdef const Cursor* cur
    while at < end:
        m = end - at
        if m > loop.block:
            m = loop.block
        asks = loop.far and at + m < end
        for i in range(loop.n_body):
            if asks:
                ask_ahead(loop, i, P)
            op = &loop.body[i]
            op.fn(m, P, op)
        for i in range(loop.n_cursors):
            cur = &loop.cursors[i]
            P[cur.slot] += m * cur.step
        at += m
    if loop.streams:
        gk_fence()


cdef void run_loop(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    """Nested outer axes around a blocked inner axis; the body once per block."""
    cdef const Loop* loop = <const Loop*>ins.k0
    cdef int64_t at[MAX_OUTER]
    cdef Py_ssize_t i, d
    cdef const Cursor* cur
    for d in range(loop.n_outer):
        at[d] = 0
    while True:
        for i in range(loop.n_cursors):
            cur = &loop.cursors[i]
            P[cur.slot] = P[cur.base]
            for d in range(loop.n_outer):
                P[cur.slot] += at[d] * cur.outer[d]
        run_blocks(loop, 0, loop.n, P)
        d = loop.n_outer - 1
        while d >= 0:
            at[d] += 1
            if at[d] < loop.outer[d]:
                break
            at[d] = 0
            d -= 1
        if d < 0:
            return


cdef struct Job:            # one run of a divided loop
    const Loop* loop
    char** P
    int64_t next            # how many parts were taken
    bint back               # from the last one to the first


cdef void take_parts(void* work, int who) noexcept nogil:
    """Work on parts of a loop until none is left, with a pointer table and registers of one's own.

    What a part computes depends on nothing but its number: results are the same for any number of
    threads.
    """
    cdef Job* job = <Job*>work
    cdef const Parts* parts = job.loop.parts
    cdef char** P = job.P
    cdef char* own = P[0] + parts.helpers_at + who * parts.helper_bytes
    cdef char** Q = <char**>own
    cdef const Cursor* cur
    cdef const Sum* sum
    cdef char* memory
    cdef int64_t k, start, end
    cdef Py_ssize_t i
    for i in range(parts.n_used):
        Q[parts.used[i]] = P[parts.used[i]]
    for i in range(parts.n_registers):
        Q[parts.registers[i].slot] = own + parts.registers[i].offset
    while True:
        k = gk_next(&job.next)
        if k >= parts.n:
            return
        if job.back:
            k = parts.n - 1 - k
        memory = P[parts.slot] + k * parts.part_bytes
        memset(memory, 0, parts.part_bytes)
        Q[0] = memory
        for i in range(parts.n_sums):
            sum = &parts.sums[i]
            Q[sum.begin.y] = memory + sum.offset
            if sum.begin.fn != NULL:
                sum.begin.fn(0, Q, &sum.begin)
        start = k * parts.rows
        end = start + parts.rows
        if end > job.loop.n:
            end = job.loop.n
        for i in range(job.loop.n_cursors):
            cur = &job.loop.cursors[i]
            Q[cur.slot] = Q[cur.base] + start * cur.step
        run_blocks(job.loop, start, end, Q)


cdef void run_divided(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    """A loop whose rows are divided in parts; sums of the parts are added up in their order.

    Each run begins with the part that the run before it ended with: what of its rows is still in
    the caches, or was written there by another loop, is used before it is driven out.
    """
    cdef int64_t* back = <int64_t*>P[0] + BACK
    cdef Job job
    cdef const Parts* parts
    cdef const Sum* sum
    cdef gk_ins call
    cdef char* pair[2]
    cdef char* memory
    cdef int64_t k
    cdef Py_ssize_t i
    job.loop, job.P, job.next = <const Loop*>ins.k0, P, 0
    parts = job.loop.parts
    job.back = back[0]
    back[0] = not job.back
    gk_team_run(&take_parts, &job, parts.threads)
    memset(&call, 0, sizeof(gk_ins))
    call.a = 1
    for k in range(parts.n):
        memory = P[parts.slot] + k * parts.part_bytes
        if (<int64_t*>P[0])[0] == 0 and (<int64_t*>memory)[0]:
            memcpy(P[0], memory, ERROR_BYTES)
        for i in range(parts.n_sums):
            sum = &parts.sums[i]
            pair[0], pair[1] = P[sum.begin.y], memory + sum.offset
            sum.join(sum.count, pair, &call)


cdef void start_recurrence(const Recurrence* rec, char** P) noexcept nogil:
    """Pointers to what the first repetition reads and writes."""
    cdef Py_ssize_t i
    for i in range(rec.n_shifts):
        P[rec.shifts[i].slot] = P[rec.shifts[i].base]


cdef inline void repeat(const Recurrence* rec, char** P) noexcept nogil:
    """The calls of one repetition."""
    cdef Py_ssize_t i
    cdef const Call* call
    for i in range(rec.n_calls):
        call = &rec.calls[i]
        call.ins.fn(call.n, P, &call.ins)


cdef inline void move_on(const Recurrence* rec, char** P) noexcept nogil:
    """Pointers to what the next repetition reads and writes."""
    cdef Py_ssize_t i
    for i in range(rec.n_shifts):
        P[rec.shifts[i].slot] += rec.shifts[i].step


cdef void run_recurrence(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    """The same calls ``n`` times, on pointers that move after each time."""
    cdef const Recurrence* rec = <const Recurrence*>ins.k0
    cdef Py_ssize_t _
    start_recurrence(rec, P)
    for _ in range(n):
        repeat(rec, P)
        move_on(rec, P)


cdef void run_until(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    """:func:`run_recurrence` to the first time that a condition holds; how often that was."""
    cdef const Recurrence* rec = <const Recurrence*>ins.k0
    cdef Py_ssize_t done = 0
    start_recurrence(rec, P)
    while done < n:
        repeat(rec, P)
        done += 1
        if (<int64_t*>P[ins.a])[0]:
            break
        move_on(rec, P)
    (<int64_t*>P[ins.y])[0] = done


cdef void run_choice(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    """One of two lists of calls."""
    cdef const Choice* choice = <const Choice*>ins.k0
    cdef int which = (<int64_t*>P[ins.a])[0] == 0
    cdef Py_ssize_t i
    cdef const Call* call
    for i in range(choice.n_calls[which]):
        call = &choice.calls[which][i]
        call.ins.fn(call.n, P, &call.ins)
