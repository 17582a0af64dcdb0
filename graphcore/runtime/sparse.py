"""Functions of sparse matrices: these are taken apart before a call, and put together after it."""

import numpy as np

from graphcore.errors import UnusedInputError
from graphcore.graph.walk import inputs_of
from graphcore.runtime.inputs import In, Out
from graphcore.sparse import SparseVariable, csm_properties


def mentions_sparse(inputs, outputs):
    """Whether a function has sparse matrices among its inputs or outputs."""
    found = outputs.values() if isinstance(outputs, dict) else outputs
    found = found if isinstance(outputs, (list, tuple, dict)) else [outputs]
    listed = inputs if isinstance(inputs, (list, tuple)) else []
    return any(isinstance(_bare(v), SparseVariable) for v in (*listed, *found))


def _bare(v):
    return v.variable if isinstance(v, (In, Out)) else v


def _is_symbolic(v):
    return hasattr(v, "lengths")


def sparse_function(make, inputs, outputs, options):
    """What ``function`` returns, see there; ``make`` makes functions of ordinary arrays."""
    keys = list(outputs) if isinstance(outputs, dict) else None
    listed = list(outputs.values()) if keys else outputs
    single = not isinstance(listed, (list, tuple)) and outputs is not None
    listed = [] if outputs is None else [listed] if single else list(listed)
    flat, writers = [], []
    for v in map(_bare, listed):
        parts = list(csm_properties(v)[:3]) if isinstance(v, SparseVariable) else [v]
        if _is_symbolic(v):
            parts.append(v.lengths)
        writers.append((v, len(parts)))
        flat += parts
    used = _used(flat, options)
    given, readers = [], []
    for v in inputs:
        if not isinstance(v, SparseVariable):
            given.append(v)
            readers.append((getattr(_bare(v), "name", None), None, ()))
            continue
        if not _is_symbolic(v) or any(p.owner is not None for p in v.parts):
            raise TypeError(f"{v!r} is computed; inputs are made by sparse.csr_matrix, csc_matrix")
        kept = [i for i, part in enumerate(v.parts) if part in used]
        if not kept and options.get("on_unused_input") in (None, "raise"):
            raise UnusedInputError(f"nothing depends on the input {v!r}: remove it")
        given += [v.parts[i] for i in kept]
        readers.append((v.name, v, kept))
    form = "none" if outputs is None else "bare" if single else keys or "list"
    return SparseFunction(make(given, flat, **options), readers, writers, form)


def _used(outputs, options):
    pairs = [*_pairs(options.get("updates")), *_pairs(options.get("givens"))]
    return set(inputs_of([*outputs, *(v for _, v in pairs if hasattr(v, "owner"))]))


def _pairs(what):
    return list(what.items() if isinstance(what, dict) else what or ())


class SparseFunction:
    """A :class:`~graphcore.runtime.callable.Function` with sparse inputs or outputs.

    Attributes
    ----------
    function : Function
        What is called with the parts; its attributes are those of this object, too.
    """

    def __init__(self, function, readers, writers, form):
        self.function, self.readers, self.writers, self.form = function, readers, writers, form

    def __getattr__(self, name):
        if name.startswith("__") or name == "function":
            raise AttributeError(name)
        return getattr(self.function, name)

    def __call__(self, *args, **kwargs):
        if len(args) > len(self.readers):
            raise TypeError(f"the function takes {len(self.readers)} inputs, not {len(args)}")
        given, named = [], dict(kwargs)
        for i, (name, matrix, kept) in enumerate(self.readers):
            late = i >= len(args)
            if late and name not in named:
                if matrix is not None:
                    raise TypeError(f"no value for the sparse input {matrix!r}")
                break  # what follows has defaults, or is missed by the function itself
            value = named.pop(name) if late else args[i]
            given += [value] if matrix is None else _taken_apart(matrix, value, kept)
        found = iter(self.function(*given, **named))
        results = []
        for v, count in self.writers:
            parts = [next(found) for _ in range(count)]
            results.append(_matrix(v, parts) if isinstance(v, SparseVariable) else parts[0])
        if self.form == "none":
            return None
        if self.form == "bare":
            return results[0]
        return results if self.form == "list" else dict(zip(self.form, results, strict=True))


def _taken_apart(matrix, value, kept):
    """The parts of a matrix that are wanted, of one of SciPy's."""
    if not hasattr(value, "tocsr"):
        raise TypeError(
            f"input {matrix!r} needs a sparse matrix of SciPy, not {type(value).__name__}"
        )
    if value.dtype.kind not in "biuf":
        raise TypeError(f"input {matrix!r} needs real elements, not {value.dtype}")
    value = value.tocsr() if matrix.format == "csr" else value.tocsc()
    if not value.has_canonical_format:
        value = value.copy()
        value.sum_duplicates()
    dtypes = (matrix.data.type.numpy_dtype, np.int64, np.int64, np.int64)
    arrays = (value.data, value.indices, value.indptr, value.shape)
    return [np.ascontiguousarray(arrays[i], dtype=dtypes[i]) for i in kept]


def _matrix(v, parts):
    import scipy.sparse

    make = scipy.sparse.csr_matrix if v.format == "csr" else scipy.sparse.csc_matrix
    shape = tuple(map(int, parts[3])) if len(parts) == 4 else v.shape
    return make(tuple(parts[:3]), shape=shape)


__all__ = ["SparseFunction", "mentions_sparse", "sparse_function"]
