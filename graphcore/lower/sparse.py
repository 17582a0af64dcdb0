"""Items of products with sparse matrices: one call each."""

import numpy as np

from graphcore.lower.arrays import size_of, whole
from graphcore.lower.translate import RULES
from graphcore.ops import sparse


def _product(t, node):
    """``SparseDot`` and ``SampledDot``: a call on three arrays in C order."""
    y, op = node.outputs[0], node.op
    shape = t.shapes[y]
    views = [t.of(v) for v in node.inputs]
    if not size_of(shape) or not all(v.size for v in views):
        t.view[y] = t.constant(np.zeros(shape))
        return
    views = [t.contiguous(v) for v in views]
    width = size_of(t.shapes[node.inputs[2]][1:])
    out = t.new(shape, "d")
    numbers = [op.rows, width]
    if isinstance(op, sparse.SparseDot):
        numbers += [op.trans, out.size]
    info = {
        "outs": [out],
        "functions": [],
        "numbers": numbers,
        "work": width * max(v.size for v in views[:2]),
    }
    t.add("library", op.name, (1,), views, whole(out), info=info)
    t.view[y] = whole(out)


RULES[sparse.SparseDot] = _product
RULES[sparse.SampledDot] = _product
