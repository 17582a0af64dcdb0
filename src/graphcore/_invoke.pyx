"""The short way from a Python call to a program: arguments that look as they did last time.

Everything else (conversions, errors, new shapes) is left to ``graphcore.runtime.function``.
"""
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact

cimport numpy as cnp

import math

import numpy as np

from graphcore._executor cimport Program

cnp.import_array()

cdef extern from "gk_memory.h":
    object gk_results_handler()
    object gk_new_result(int ndim, cnp.npy_intp* shape, int type, size_t n, object handler)

cdef enum:
    MOST = 64               # buffers of a call on the short way
    LARGE = 1 << 14         # bytes of a result from which on it lies in memory of our policy

cdef object policy = gk_results_handler()     # of the memory of large results


cdef class Plan:
    """A program for one set of input shapes, with what a call has to allocate.

    Parameters
    ----------
    program : Program
    inputs : sequence of tuple of int
        Shapes of the inputs, shared variables last.
    outputs : sequence of (tuple of int, dtype)
        Shape and element type of every result.
    """

    cdef readonly Program program
    cdef readonly list outputs
    cdef object arrays          # keep the memory of the pointers below
    cdef Py_ssize_t n_in, n_out
    cdef cnp.npy_intp* in_shapes    # per input: number of axes, then lengths
    cdef cnp.npy_intp* out_shapes
    cdef cnp.npy_intp* out_types
    cdef cnp.npy_intp* out_bytes

    def __init__(self, Program program, inputs, outputs):
        self.program = program
        self.outputs = list(outputs)
        self.n_in, self.n_out = len(inputs), len(outputs)
        ins = [n for shape in inputs for n in (len(shape), *shape)]
        outs = [n for shape, _ in outputs for n in (len(shape), *shape)]
        types = [np.dtype(dtype).num for _, dtype in outputs]
        sizes = [math.prod(shape) * np.dtype(dtype).itemsize for shape, dtype in outputs]
        self.arrays = [np.array([*x, 0], dtype=np.intp) for x in (ins, outs, types, sizes)]
        self.in_shapes = <cnp.npy_intp*>cnp.PyArray_DATA(self.arrays[0])
        self.out_shapes = <cnp.npy_intp*>cnp.PyArray_DATA(self.arrays[1])
        self.out_types = <cnp.npy_intp*>cnp.PyArray_DATA(self.arrays[2])
        self.out_bytes = <cnp.npy_intp*>cnp.PyArray_DATA(self.arrays[3])

    cpdef list results(self):
        """Fresh arrays for the outputs; large ones begin where a cache line begins."""
        cdef list found = []
        cdef cnp.npy_intp* shape = self.out_shapes
        cdef Py_ssize_t i
        cdef int ndim, type
        for i in range(self.n_out):
            ndim, type = <int>shape[0], <int>self.out_types[i]
            if self.out_bytes[i] >= LARGE:
                found.append(gk_new_result(ndim, shape + 1, type, self.out_bytes[i], policy))
            else:
                found.append(cnp.PyArray_EMPTY(ndim, shape + 1, type, 0))
            shape += 1 + ndim
        return found


cdef inline bint fits(object a, const cnp.npy_intp* shape):
    """Whether an array has this shape (its number of axes, then lengths)."""
    cdef int d, ndim = cnp.PyArray_NDIM(a)
    if ndim != shape[0]:
        return False
    for d in range(ndim):
        if cnp.PyArray_DIM(a, d) != shape[1 + d]:
            return False
    return True


cdef class Caller:
    """Base of ``Function``: calls the latest plan when the arguments fit it.

    A subclass has the methods ``compute(args, kwargs)``, which gives the results in every other
    case and may set ``latest``, and ``failed(plan, error)``, which raises.
    """

    cdef public bint trust_input
    cdef public Plan latest
    cdef Py_ssize_t n_inputs, n_returned
    cdef list types             # type number per input
    cdef list shared            # containers that are read
    cdef list changed           # containers that take what comes after the outputs
    cdef object form

    def setup(self, types, list shared, list changed, Py_ssize_t n_returned, form):
        """What does not change from call to call.

        Parameters
        ----------
        types : sequence of dtype
            Of the inputs.
        shared, changed : list of list
            Containers of the shared variables that are read, and of those that are set.
        n_returned : int
            How many results are returned; the others are new values of ``changed``.
        form : {"none", "bare", "list"} or list of str
            What is returned; names make a dictionary.
        """
        self.types = [np.dtype(t).num for t in types]
        self.n_inputs = len(types)
        self.shared, self.changed = shared, changed
        self.n_returned, self.form = n_returned, form

    def __call__(self, *args, **kwargs):
        cdef list results = None
        cdef Plan plan = self.latest
        cdef Py_ssize_t i, n = self.n_returned
        if plan is not None and not kwargs and len(args) == self.n_inputs:
            results = self.attempt(plan, args)
        if results is None:
            results = self.compute(args, kwargs)
        for i in range(len(self.changed)):
            (<list>self.changed[i])[0] = results[n + i]
        form = self.form
        if form == "bare":
            return results[0]
        if form == "list":
            return results[:n] if len(self.changed) else results
        return None if form == "none" else dict(zip(form, results))

    cdef list attempt(self, Plan plan, tuple args):
        """Results when every argument is what the plan was made for; else None."""
        cdef char* pointers[MOST]
        cdef double numbers[MOST]
        cdef cnp.npy_intp* shape = plan.in_shapes
        cdef Py_ssize_t i, at = 0
        cdef long type
        if plan.n_in + plan.n_out > MOST:
            return None
        for i in range(self.n_inputs):
            a = args[i]
            type = self.types[i]
            if cnp.PyArray_CheckExact(a):
                if not fits(a, shape):
                    return None
                if not self.trust_input and not (
                        cnp.PyArray_TYPE(a) == type and cnp.PyArray_ISCARRAY_RO(a)):
                    return None
                pointers[at] = <char*>cnp.PyArray_DATA(a)
            elif shape[0] == 0 and type == cnp.NPY_DOUBLE and PyFloat_CheckExact(a):
                numbers[i] = PyFloat_AS_DOUBLE(a)
                pointers[at] = <char*>&numbers[i]
            else:
                return None
            at += 1
            shape += 1 + shape[0]
        cdef list held = None
        if len(self.shared):
            held = [(<list>c)[0] for c in self.shared]  # others may replace them meanwhile
            for a in held:
                if not fits(a, shape):
                    return None
                pointers[at] = <char*>cnp.PyArray_DATA(a)
                at += 1
                shape += 1 + shape[0]
        cdef list results = plan.results()
        for a in results:
            pointers[at] = <char*>cnp.PyArray_DATA(a)
            at += 1
        error = plan.program.execute(pointers)
        if error is not None:
            self.failed(plan, error)
        return results
